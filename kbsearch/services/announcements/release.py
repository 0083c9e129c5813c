"""A reviewer gives a received announcement to local users, to those chosen here; headquarters' wording stays as it is."""

from __future__ import annotations

from kbsearch.errors import Refused
from kbsearch.services.announcements.reading import status_of
from kbsearch.services.announcements.rules import audience_problems, people_of_ours, unknown_logins
from kbsearch.services.people import require_role, who
from kbsearch.services.receipts.announcing import announce
from kbsearch.services.refusals import not_found, stale, violated
from kbsearch.store.lives import load_life
from kbsearch.store.submissions import lock_subject
from kbsearch.store.tables import DocumentType, Subject
from kbsearch.store.unit import Unit
from kbsearch.workflow.actions import Role
from kbsearch.workflow.announcements import AnnouncementAction, decide_release
from kbsearch.workflow.audience import OURS, Addressee, Audience
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.states import SubjectKind


def release(
    unit: Unit, actor: Actor, announcement_id: str, *, lock_version: int, audience: Audience | None = None, must_read: bool | None = None
) -> Subject:
    """发布给本地使用者: at once, to `audience` of ours (None: as headquarters addressed it, or as chosen before).

    `must_read` None leaves it as headquarters, or an earlier release, says. Raises Refused.
    """
    require_role(actor, Role.REVIEWER)
    subject = lock_subject(unit.session, announcement_id)
    life = load_life(unit.session, announcement_id)
    if subject is None or life is None or subject.kind is not SubjectKind.ANNOUNCEMENT or not life.versions:
        raise not_found("公告", "announcementId")
    if subject.lock_version != lock_version:
        raise stale("公告", subject.lock_version)
    before = status_of(life, unit.now)
    refusal = decide_release(subject.owner, before)
    if refusal is not None:
        raise Refused(refusal)
    if audience is not None:
        subject.local_audience = _local(unit, audience).document()
    if must_read is not None:
        subject.local_must_read = must_read
    if subject.released_at is None:
        subject.released_at, subject.released_by = unit.now, actor.id
    subject.lock_version += 1
    unit.touch(subject.id)
    unit.session.flush()
    unit.log(
        who(actor),
        DocumentType.ANNOUNCEMENT,
        subject.id,
        AnnouncementAction.RELEASE.value,
        from_state=before.value,
        to_state=status_of(life, unit.now).value,
        lock_version=subject.lock_version,
        details={"audience": subject.local_audience, "mustRead": subject.local_must_read},
    )
    announce(unit, life)
    return subject


def _local(unit: Unit, audience: Audience) -> Audience:
    """An audience of only our people who exist, under the roster's names."""
    if audience.empty or not audience.only_ours:
        raise violated("BAD_AUDIENCE", f"本地对象须是本平台（{OURS}）或其中的人，且不能为空。", "audience")
    problems = audience_problems(audience)
    if problems:
        raise violated("BAD_AUDIENCE", problems[0][1], "audience")
    unknown = unknown_logins(unit.session, audience)
    if unknown:
        raise violated("BAD_AUDIENCE", f"没有这些工号或已不在岗：{'、'.join(unknown[:5])}。请核对后再发布。", "audience")
    roster = people_of_ours(unit.session, (p.id for p in audience.people))
    return Audience(audience.organisations, frozenset(Addressee(OURS, p.id, roster[p.id].name) for p in audience.people))
