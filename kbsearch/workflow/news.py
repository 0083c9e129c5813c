"""Who is told what about a submission, with what to do next: one table, and the sentence it makes; pure, and tells nobody itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kbsearch.workflow.actions import Action
from kbsearch.workflow.labels import Labelled
from kbsearch.workflow.notices import NoticeKind
from kbsearch.workflow.states import SubjectKind, SubmissionKind, SubmissionState


class Party(Labelled):
    """Whom news of a submission concerns; whoever brought it about is not told."""

    AUTHOR = "AUTHOR", "作者"
    REVIEWER = "REVIEWER", "审核人", "通过它的、被指派审核它的知识管理员"


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to a submission. `amended`: headquarters approved a text of its own; `reasons` as people read them."""

    action: Action
    source: SubmissionState
    target: SubmissionState
    subject: SubjectKind
    kind: SubmissionKind
    title: str
    reasons: tuple[str, ...] = ()
    reason_text: str = ""
    amended: bool = False


@dataclass(frozen=True, slots=True)
class News:
    """One sentence for one party, with what to do next."""

    party: Party
    kind: NoticeKind
    title: str
    text: str
    next_step: str


@dataclass(frozen=True, slots=True)
class NewsRow:
    """One row: after `action` has led to `target` those of `steps` are told `sentence`, each with their next step."""

    action: Action
    target: SubmissionState
    kind: NoticeKind
    sentence: str
    steps: Mapping[Party, str]


def _row(action: Action, target: SubmissionState, kind: NoticeKind, sentence: str, *, author: str, reviewer: str | None = None) -> NewsRow:
    steps = {Party.AUTHOR: author} if reviewer is None else {Party.AUTHOR: author, Party.REVIEWER: reviewer}
    return NewsRow(action, target, kind, sentence, steps)


A, S, N = Action, SubmissionState, NoticeKind
_NOTHING = "不须操作"
_CHECK = "请核对页面所示"
_MEND = "请按原因修改后重新提交审核，不再需要则作废"

# {done}: what came of it (发布, 更新 …). A decision for which there is no row is no news: only claims, edits and submissions are not.
# fmt: off
NEWS: tuple[NewsRow, ...] = (
    _row(A.APPROVE,              S.APPROVED,         N.RESULT,   "本地审核通过，待提交总部",         author="等知识管理员提交总部，不须操作",  reviewer="请提交总部"),
    _row(A.APPROVE,              S.SCHEDULED,        N.RESULT,   "本地审核通过，到生效时间{done}",   author="到时自动生效；要改请先撤回",      reviewer=_NOTHING),
    _row(A.APPROVE,              S.EFFECTIVE,        N.RESULT,   "本地审核通过，已{done}",           author=_CHECK,                            reviewer=_NOTHING),
    _row(A.RETURN,               S.RETURNED,         N.RETURNED, "本地审核退回",                     author=_MEND,                             reviewer="等作者修改后重新提交审核"),
    _row(A.HQ_APPROVE,           S.EFFECTIVE,        N.RESULT,   "总部审批通过，已{done}",           author=_CHECK,                            reviewer=_NOTHING),
    _row(A.HQ_APPROVE,           S.SCHEDULED,        N.RESULT,   "总部审批通过，到生效时间{done}",   author="到时自动生效；要改请先申请撤回",  reviewer=_NOTHING),
    _row(A.HQ_RETURN,            S.HQ_RETURNED,      N.RETURNED, "总部退回",                         author="请按总部的原因修改后重新提交审核（下一轮），不再需要则作废", reviewer="等作者修改后重新审核"),
    _row(A.HQ_REJECT,            S.HQ_REJECTED,      N.RESULT,   "总部否决，流程结束",               author="仍有必要请另行起草",              reviewer=_NOTHING),
    _row(A.HQ_GRANT_WITHDRAWAL,  S.WITHDRAWN,        N.RESULT,   "总部同意撤回，流程结束",           author="仍有必要请另行起草",              reviewer=_NOTHING),
    _row(A.HQ_REFUSE_WITHDRAWAL, S.PENDING_HQ,       N.RESULT,   "总部不同意撤回，继续审批",         author="请等总部审批",                    reviewer=_NOTHING),
    _row(A.HQ_REFUSE_WITHDRAWAL, S.SCHEDULED,        N.RESULT,   "总部不同意撤回，到生效时间{done}", author="到时自动生效，请另行起草更改",    reviewer=_NOTHING),
    _row(A.TAKE_EFFECT,          S.EFFECTIVE,        N.RESULT,   "生效时间已到，已{done}",           author=_CHECK,                            reviewer=_NOTHING),
    _row(A.BASE_MOVED,           S.BASE_CONFLICT,    N.CONFLICT, "现行版本已变，本轮作废",           author="请换基线，逐项取舍后重新提交审核", reviewer="审核通过已作废，等作者换基线后重新审核"),
    _row(A.SUPERSEDE,            S.SUPERSEDED,       N.RESULT,   "已被取代，流程结束",               author="仍有必要请另行起草",              reviewer=_NOTHING),
    _row(A.CLOSE_STALE,          S.CLOSED_STALE,     N.IDLE,     "长期无人处理，已自动关闭",         author="仍有必要请另行起草",              reviewer=None),
    _row(A.VOID,                 S.VOIDED,           N.RESULT,   "已作废，流程结束",                 author="仍有必要请另行起草",              reviewer=_NOTHING),
    _row(A.WITHDRAW,             S.WITHDRAWN,        N.RESULT,   "已撤回，流程结束",                 author="仍有必要请另行起草",              reviewer=_NOTHING),
    _row(A.WITHDRAW,             S.WITHDRAW_PENDING, N.RESULT,   "已申请撤回，等总部答复",           author="请等总部答复",                    reviewer="请等总部答复"),
)
# fmt: on
_ROWS = {(row.action, row.target): row for row in NEWS}

_DONE = {
    SubmissionKind.PUBLISH: "发布",
    SubmissionKind.UPDATE: "更新",
    SubmissionKind.REVOKE: "撤销",
    SubmissionKind.CORRECT: "更正",
    SubmissionKind.RECALL: "撤回",
}
_HQ_DECIDES = frozenset({A.HQ_APPROVE, A.HQ_RETURN, A.HQ_REJECT})
_LONGEST_TITLE = 200


def named(subject: SubjectKind, kind: SubmissionKind, title: str) -> str:
    """How a submission is called in a headline: 知识更新《流量包》."""
    what = "公告回复" if subject is SubjectKind.REPLY else f"{subject.label}{_DONE[kind]}"
    return f"{what}《{title}》"


def news_of(event: Event) -> tuple[News, ...]:
    """What to tell whom; nothing where no row covers it (a refused withdrawal that changes no state is news too)."""
    row = _ROWS.get((event.action, event.target))
    if row is None:
        return ()
    done = "采纳" if event.subject is SubjectKind.REPLY else _DONE[event.kind]
    sentence = row.sentence.format(done=done)
    text = f"{sentence}。{_remarks(event)}"
    title = f"{sentence}：{named(event.subject, event.kind, event.title)}"[:_LONGEST_TITLE]
    return tuple(News(party, row.kind, title, text, _step(event, party, step)) for party, step in row.steps.items())


def _remarks(event: Event) -> str:
    said = []
    if event.reasons or event.reason_text:
        reasons = (part for part in ("、".join(event.reasons), event.reason_text.rstrip("。")) if part)
        said.append(f"原因：{'；'.join(reasons)}。")
    if event.amended:
        said.append("总部改动了内容，以总部的文本为准。")
    if event.source is SubmissionState.WITHDRAW_PENDING and event.action in _HQ_DECIDES:
        said.append("在此之前申请的撤回因此作罢。")
    return "".join(said)


def _step(event: Event, party: Party, step: str) -> str:
    if event.amended and party is Party.AUTHOR:
        return "请看总部改动了哪些内容"
    if event.amended:
        return "请核对总部改动的内容"
    return step
