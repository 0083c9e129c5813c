"""What headquarters makes itself, as it tells us: pushed knowledge versions and revocations; judged in hq_pushed.py."""

from __future__ import annotations

from kbsearch.content import canonical_hash
from kbsearch.hq.callbacks import PushRevocation, PushVersion
from kbsearch.services.hq_outcome import Outcome, deferred, rejected
from kbsearch.services.hq_pushed import PushedEnding, PushedVersion, judge_ending, judge_version
from kbsearch.services.hq_wording import content_problem, distribution_problem
from kbsearch.services.taxonomy.tree import mirrored_version
from kbsearch.store.unit import Unit
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.states import SubjectKind


def push_version(unit: Unit, message: PushVersion) -> Outcome:
    """总部下发知识版本: confirmation, approval of our round, new version, or history."""
    content = message.content.to_content()
    problem = content_problem(content, message.content_hash) or distribution_problem(message.distribution)
    if problem:
        return rejected(problem)
    if message.tree_version is not None and message.tree_version > mirrored_version(unit.session):
        return deferred(f"tree:{message.tree_version}", f"结构第 {message.tree_version} 版未到")
    if message.effective_from is not None:
        content = content.moved_to(message.effective_from)
    pushed = PushedVersion(
        kind=SubjectKind.KNOWLEDGE,
        subject_id=message.knowledge_id,
        number=message.number,
        content=content,
        base=message.base,
        distribution=tuple(message.distribution),
        category_id=message.category_id,
        origin_submission_id=message.origin_submission_id,
        origin_round=message.origin_round,
        change_note=message.change_note,
        material=message.material,
    )
    return judge_version(unit, pushed)


def push_revocation(unit: Unit, message: PushRevocation) -> Outcome:
    """总部下发撤销: ends what is in force up to `number`; what comes first leaves a tombstone."""
    if (message.reason is RevokeReason.MERGED) != (message.replacement_id is not None):
        return rejected("原因为 MERGED 时须有 replacementId，其他原因不能有")
    pushed = PushedEnding(
        kind=SubjectKind.KNOWLEDGE,
        subject_id=message.knowledge_id,
        number=message.number,
        reason=message.reason,
        reason_text=message.reason_text,
        replacement_id=message.replacement_id,
        effective_from=message.effective_from,
    )
    return judge_ending(unit, pushed)


def fingerprint(kind: str, payload: dict[str, object]) -> str:
    """What makes two deliveries the same content under different ids."""
    return canonical_hash({"kind": kind, "payload": payload})
