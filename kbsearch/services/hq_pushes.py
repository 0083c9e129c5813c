"""What headquarters makes itself: pushed versions, pushed revocations, the pushed taxonomy."""

from __future__ import annotations

from kbsearch.content import Content, canonical_hash
from kbsearch.hq.callbacks import PushRevocation, PushVersion
from kbsearch.services.acceptance import add_version, live_from
from kbsearch.services.hq_outcome import Outcome, applied, deferred, duplicate, quarantined, rejected
from kbsearch.services.hq_submissions import approve_as, content_problem, unknown_provinces
from kbsearch.services.transitions import Approval, current_facts, settle_knowledge
from kbsearch.store.lives import Life, load_life
from kbsearch.store.submissions import lock_knowledge, lock_submission
from kbsearch.store.tables import Category, CategoryOrigin, DocumentType, Knowledge, KnowledgeVersion, Revocation, Submission, VersionSource
from kbsearch.store.unit import HQ, Unit
from kbsearch.workflow.actions import Action
from kbsearch.workflow.decide import find_row
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.states import Owner, Scope, SubmissionKind


def _category_missing(unit: Unit, category_id: str) -> Outcome | None:
    category = unit.session.get(Category, category_id)
    if category is None:
        return deferred(f"category:{category_id}", f"栏目 {category_id} 尚未下发")
    if category.origin is not CategoryOrigin.HQ or category.id == "HQ":
        return rejected(f"栏目 {category_id} 不是总部的下级栏目")
    return None


def _origin(unit: Unit, message: PushVersion) -> Submission | Outcome | None:
    """The submission of ours a push says it stems from, if it says so."""
    if message.origin_submission_id is None:
        return None
    submission = lock_submission(unit.session, message.origin_submission_id)
    if submission is None or submission.knowledge_id != message.knowledge_id or submission.kind is SubmissionKind.REVOKE:
        return rejected("originSubmissionId 所指的申请不存在，或不是这条知识的发布、更新申请")
    if message.origin_round is None:
        return rejected("有 originSubmissionId 就须有 originRound")
    return submission


def _as_approval(unit: Unit, submission: Submission, message: PushVersion, content: Content) -> Outcome:
    """A push that names the round it stems from is that round's approval, judged as one."""
    approval = Approval(
        number=message.number,
        distribution=tuple(message.distribution),
        content=content,
        category_id=message.category_id,
    )
    return approve_as(unit, submission, message.origin_round or 0, approval, submission_hash=None)


def _awaits_approval(unit: Unit, submission: Submission, round_: int | None) -> bool:
    return submission.round == round_ and find_row(current_facts(unit, submission), Action.HQ_APPROVE) is not None


def push_version(unit: Unit, message: PushVersion) -> Outcome:
    """总部下发知识版本: confirmation, approval of our round, new version, or history."""
    content = message.content.to_content()
    problem = content_problem(content, message.content_hash) or unknown_provinces(message.distribution)
    if problem:
        return rejected(problem)
    if message.effective_from is not None:
        content = content.moved_to(message.effective_from)
    knowledge = lock_knowledge(unit.session, message.knowledge_id)
    if knowledge is not None and knowledge.scope is Scope.LOCAL:
        return quarantined("这个编号在我方是本地知识")
    missing = _category_missing(unit, message.category_id)
    if missing is not None:
        return missing
    origin = _origin(unit, message)
    if isinstance(origin, Outcome):
        return origin
    if origin is not None and _awaits_approval(unit, origin, message.origin_round):
        return _as_approval(unit, origin, message, content)
    life = load_life(unit.session, message.knowledge_id) if knowledge is not None else None
    held = life.versions.get(message.number) if life is not None else None
    if life is not None and held is not None:
        return _held_already(unit, message, life, held, content)
    if origin is not None:  # that round takes no approval any more
        return _as_approval(unit, origin, message, content)
    history = life is not None and _is_history(unit, life, message.number)
    if message.base is not None and not history and (life is None or message.base not in life.versions):
        return deferred(f"version:{message.knowledge_id}:{message.base}", f"基线第 {message.base} 版未到")
    return _add(unit, message, knowledge, life, content)


def _is_history(unit: Unit, life: Life, number: int) -> bool:
    """Numbered below the version last in force, or ended by a revocation already: it comes too late to be anything else."""
    return number < (life.base(unit.now) or 0) or number <= life.timeline.ended_up_to(unit.now)


def _places(life: Life, number: int) -> bool:
    """Whether a push of this number says where the item hangs: the highest does, in whatever order they come."""
    return number >= max(life.versions, default=0)


def _held_already(unit: Unit, message: PushVersion, life: Life, held: KnowledgeVersion, content: Content) -> Outcome:
    """What we hold already: a confirmation takes category and distribution over; other content contradicts."""
    if held.content_hash != content.hash:
        return quarantined(f"第 {message.number} 版我方已有而内容不同")
    provinces = sorted(set(message.distribution))
    category = message.category_id if _places(life, held.number) else life.knowledge.category_id
    if life.knowledge.category_id == category and sorted(held.distribution) == provinces:
        return duplicate("与我方所存一致")
    life.knowledge.category_id = category
    held.distribution = provinces
    unit.touch(life.knowledge.id)
    return applied("与我方所存一致，栏目与下发省份以总部为准")


def _add(unit: Unit, message: PushVersion, knowledge: Knowledge | None, life: Life | None, content: Content) -> Outcome:
    if knowledge is None:
        knowledge = Knowledge(id=message.knowledge_id, owner=Owner.HQ, scope=Scope.NATIONAL, created_at=unit.now)
        unit.session.add(knowledge)
        unit.session.flush()
    history = life is not None and _is_history(unit, life, message.number)
    if life is None or _places(life, message.number):
        knowledge.category_id = message.category_id
    add_version(
        unit,
        knowledge,
        content,
        number=message.number,
        live_from=live_from(content.effective_from, unit.now),
        source=VersionSource.HQ_PUSH,
        base_number=message.base,
        history_only=history,
        distribution=tuple(message.distribution),
        change_note=message.change_note,
        material=message.material,
    )
    unit.log(HQ, DocumentType.KNOWLEDGE, knowledge.id, "PUSH_VERSION", details={"number": message.number, "history": history})
    settle_knowledge(unit, knowledge.id)
    return applied("只作历史保存，现行版本不变" if history else "")


def push_revocation(unit: Unit, message: PushRevocation) -> Outcome:
    """总部下发撤销: ends what is in force up to `number`; what comes first leaves a tombstone."""
    if (message.reason is RevokeReason.MERGED) != (message.replacement_id is not None):
        return rejected("原因为 MERGED 时须有 replacementId，其他原因不能有")
    knowledge = lock_knowledge(unit.session, message.knowledge_id)
    if knowledge is not None and knowledge.scope is Scope.LOCAL:
        return quarantined("这个编号在我方是本地知识")
    if knowledge is None:
        knowledge = Knowledge(id=message.knowledge_id, owner=Owner.HQ, scope=Scope.NATIONAL, created_at=unit.now)
        unit.session.add(knowledge)
        unit.session.flush()
    life = load_life(unit.session, knowledge.id)
    if life is None:
        raise RuntimeError("a knowledge row just stored has no life")
    moment = live_from(message.effective_from, unit.now)
    for known in life.revocations:  # one that lies ahead still gives way to an earlier day
        if known.number == message.number and (known.live_from <= unit.now or known.live_from == moment):
            same = known.reason is message.reason and known.replacement_id == message.replacement_id
            return duplicate("这个撤销已收到过") if same else quarantined(f"第 {message.number} 版已撤销而原因不同")
    revocation = Revocation(
        id=unit.new_id(),
        knowledge_id=knowledge.id,
        number=message.number,
        live_from=moment,
        reason=message.reason,
        reason_text=message.reason_text,
        replacement_id=message.replacement_id,
        source=VersionSource.HQ_PUSH,
        created_at=unit.now,
    )
    unit.session.add(revocation)
    unit.touch(knowledge.id)
    unit.log(
        HQ,
        DocumentType.KNOWLEDGE,
        knowledge.id,
        "PUSH_REVOCATION",
        reason_codes=[message.reason.value],
        reason_text=message.reason_text,
        details={"number": message.number},
    )
    unit.session.flush()
    settle_knowledge(unit, knowledge.id)
    return applied()


def fingerprint(kind: str, payload: dict[str, object]) -> str:
    """What makes two deliveries the same content under different ids."""
    return canonical_hash({"kind": kind, "payload": payload})
