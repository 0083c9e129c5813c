"""What an announcement's readers are told: status, marks and the reviewer's release; all derived, stored nowhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from kbsearch.errors import Refusal, RefusalCode
from kbsearch.workflow.in_force import Timeline
from kbsearch.workflow.labels import Labelled
from kbsearch.workflow.states import Owner, Scope, SubmissionKind, SubmissionState, Urgency

S = SubmissionState


class AnnouncementStatus(Labelled):
    """What a reader is told about an announcement; derived at the given time, never stored."""

    UNPUBLISHED = "UNPUBLISHED", "未发布", "尚无通过的版本"
    RECEIVED = "RECEIVED", "已接收", "总部已下发，等知识管理员发布给本地使用者"
    SCHEDULED = "SCHEDULED", "待发布", "已通过，发布时间未到"
    PUBLISHED = "PUBLISHED", "已发布", "在有效期内"
    EXPIRED = "EXPIRED", "已过期", "已过有效期"
    RECALLED = "RECALLED", "已撤回", "发布者已撤回，勿再依据"


class AnnouncementBadge(Labelled):
    """A derived mark on an announcement; never a state."""

    URGENT = "URGENT", "紧急"
    MUST_READ = "MUST_READ", "必读"
    NEEDS_REPLY = "NEEDS_REPLY", "须回复"
    REPLY_OVERDUE = "REPLY_OVERDUE", "已逾期", "回复期限已过，我方尚未交出回复；逾期的回复仍可提交"
    PENDING_HQ = "PENDING_HQ", "待总部审核", "紧急公告，本地已通过而总部尚未审核，先给本平台的人看"
    EXPIRING_SOON = "EXPIRING_SOON", "即将到期", "七天内失效"
    COMING = "COMING", "将有更正", "有已通过而未生效的版本"
    CHANGING = "CHANGING", "变更中", "有在途的更正或撤回"


class AnnouncementAction(Labelled):
    """What a reviewer can do to an announcement directly, without a submission."""

    RELEASE = "RELEASE", "发布给本地使用者", "核定本地对象和必读；已发布的可再核定"


@dataclass(frozen=True, slots=True)
class AnnouncementFacts:
    """Everything the derived status needs. `recalled_from`: start of a recall in force; `released_at` of received ones."""

    timeline: Timeline
    owner: Owner
    released_at: datetime | None = None
    recalled_from: datetime | None = None


def released(owner: Owner, released_at: datetime | None, at: datetime) -> bool:
    """Whether local users may see it: ours by being in force, headquarters' from its release on."""
    return owner is Owner.LOCAL or (released_at is not None and released_at <= at)


def _recalled(facts: AnnouncementFacts, at: datetime) -> bool:
    return facts.recalled_from is not None and facts.recalled_from <= at and facts.timeline.current(at) is None


# The first that holds.
_STATUS: tuple[tuple[AnnouncementStatus, Callable[[AnnouncementFacts, datetime], bool]], ...] = (
    (AnnouncementStatus.RECALLED, _recalled),
    (AnnouncementStatus.UNPUBLISHED, lambda f, _: not f.timeline.intervals and not f.timeline.takeovers),
    (AnnouncementStatus.EXPIRED, lambda f, at: f.timeline.base(at) is not None and f.timeline.current(at) is None),
    (AnnouncementStatus.RECEIVED, lambda f, at: not released(f.owner, f.released_at, at)),
    (AnnouncementStatus.SCHEDULED, lambda f, at: f.timeline.current(at) is None),
    (AnnouncementStatus.PUBLISHED, lambda _, __: True),
)


def announcement_status(facts: AnnouncementFacts, at: datetime) -> AnnouncementStatus:
    """The status readers are told at `at`."""
    return next(status for status, holds in _STATUS if holds(facts, at))


_RELEASABLE = frozenset({AnnouncementStatus.RECEIVED, AnnouncementStatus.SCHEDULED, AnnouncementStatus.PUBLISHED})


def allowed_announcement_actions(owner: Owner, now: AnnouncementStatus) -> list[AnnouncementAction]:
    """What a reviewer may do to an announcement of this status."""
    return [AnnouncementAction.RELEASE] if owner is Owner.HQ and now in _RELEASABLE else []


def decide_release(owner: Owner, now: AnnouncementStatus) -> Refusal | None:
    """None when a reviewer may set its local audience and release it, otherwise the refusal."""
    if owner is not Owner.HQ:
        return Refusal(
            RefusalCode.RULE_VIOLATED,
            "本平台自己的公告通过即按所填对象发布，不须再发布；要改对象请起草更正。",
            rule="OWN_ANNOUNCEMENT",
            field=("announcementId",),
        )
    if now in _RELEASABLE:
        return None
    return Refusal(
        RefusalCode.ILLEGAL_TRANSITION,
        f"公告现在是“{now.label}”，不能{AnnouncementAction.RELEASE.label}。",
        details={"state": now.value, "allowedActions": []},
    )


PREVIEWED = frozenset({S.APPROVED, S.SUBMITTED, S.PENDING_HQ})


def shown_before_hq(kind: SubmissionKind, scope: Scope, urgency: Urgency, state: SubmissionState) -> bool:
    """Whether our own addressed people may see an urgent new announcement before headquarters decided (product.md §3.1)."""
    return kind is SubmissionKind.PUBLISH and scope is Scope.NATIONAL and urgency is Urgency.URGENT and state in PREVIEWED


# A reply standing here is still with its author, or came to nothing: the announcement still waits for an answer.
UNANSWERED = frozenset(
    {
        S.DRAFT,
        S.RETURNED,
        S.HQ_RETURNED,
        S.BASE_CONFLICT,
        S.WITHDRAWN,
        S.VOIDED,
        S.HQ_REJECTED,
        S.SUPERSEDED,
        S.CLOSED_STALE,
    }
)
