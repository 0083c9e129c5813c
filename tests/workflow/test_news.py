"""Every headquarters decision on every kind of submission, with the sentence expected written out by hand; and that none is forgotten."""

from __future__ import annotations

import pytest

from kbsearch.workflow.actions import HQ_ACTIONS, Action
from kbsearch.workflow.news import NEWS, Event, Party, news_of
from kbsearch.workflow.notices import NoticeKind
from kbsearch.workflow.states import SubjectKind, SubmissionKind, SubmissionState
from kbsearch.workflow.table import TABLE

A, S, K, N = Action, SubmissionState, SubmissionKind, NoticeKind
KNOWLEDGE, ANNOUNCEMENT, REPLY = SubjectKind.KNOWLEDGE, SubjectKind.ANNOUNCEMENT, SubjectKind.REPLY
NOT_NEWS = {
    Action.CREATE, Action.EDIT, Action.REBASE, Action.SUBMIT_FOR_REVIEW, Action.RECALL, Action.CLAIM, Action.RELEASE,
    Action.REASSIGN,  # told by services/notices/telling.py, which knows the new person
    Action.SUBMIT_TO_HQ, Action.HQ_ACKNOWLEDGE,  # steps on the way, nobody decided anything
}  # fmt: skip


def told(action: Action, target: SubmissionState, subject: SubjectKind, kind: SubmissionKind) -> str:
    """The author's headline."""
    news = news_of(Event(action, S.PENDING_HQ, target, subject, kind, "流量包"))
    return next(one.title for one in news if one.party is Party.AUTHOR)


EXPECTED = [
    (A.HQ_APPROVE, S.EFFECTIVE, KNOWLEDGE, K.PUBLISH, "总部审批通过，已发布：知识发布《流量包》"),
    (A.HQ_APPROVE, S.EFFECTIVE, KNOWLEDGE, K.UPDATE, "总部审批通过，已更新：知识更新《流量包》"),
    (A.HQ_APPROVE, S.EFFECTIVE, KNOWLEDGE, K.REVOKE, "总部审批通过，已撤销：知识撤销《流量包》"),
    (A.HQ_APPROVE, S.EFFECTIVE, ANNOUNCEMENT, K.PUBLISH, "总部审批通过，已发布：公告发布《流量包》"),
    (A.HQ_APPROVE, S.EFFECTIVE, ANNOUNCEMENT, K.CORRECT, "总部审批通过，已更正：公告更正《流量包》"),
    (A.HQ_APPROVE, S.EFFECTIVE, ANNOUNCEMENT, K.RECALL, "总部审批通过，已撤回：公告撤回《流量包》"),
    (A.HQ_APPROVE, S.EFFECTIVE, REPLY, K.PUBLISH, "总部审批通过，已采纳：公告回复《流量包》"),
    (A.HQ_APPROVE, S.SCHEDULED, KNOWLEDGE, K.PUBLISH, "总部审批通过，到生效时间发布：知识发布《流量包》"),
    (A.HQ_APPROVE, S.SCHEDULED, KNOWLEDGE, K.UPDATE, "总部审批通过，到生效时间更新：知识更新《流量包》"),
    (A.HQ_APPROVE, S.SCHEDULED, KNOWLEDGE, K.REVOKE, "总部审批通过，到生效时间撤销：知识撤销《流量包》"),
    (A.HQ_APPROVE, S.SCHEDULED, ANNOUNCEMENT, K.PUBLISH, "总部审批通过，到生效时间发布：公告发布《流量包》"),
    (A.HQ_APPROVE, S.SCHEDULED, ANNOUNCEMENT, K.CORRECT, "总部审批通过，到生效时间更正：公告更正《流量包》"),
    (A.HQ_APPROVE, S.SCHEDULED, ANNOUNCEMENT, K.RECALL, "总部审批通过，到生效时间撤回：公告撤回《流量包》"),
    (A.HQ_RETURN, S.HQ_RETURNED, KNOWLEDGE, K.PUBLISH, "总部退回：知识发布《流量包》"),
    (A.HQ_RETURN, S.HQ_RETURNED, KNOWLEDGE, K.UPDATE, "总部退回：知识更新《流量包》"),
    (A.HQ_RETURN, S.HQ_RETURNED, KNOWLEDGE, K.REVOKE, "总部退回：知识撤销《流量包》"),
    (A.HQ_RETURN, S.HQ_RETURNED, ANNOUNCEMENT, K.PUBLISH, "总部退回：公告发布《流量包》"),
    (A.HQ_RETURN, S.HQ_RETURNED, ANNOUNCEMENT, K.CORRECT, "总部退回：公告更正《流量包》"),
    (A.HQ_RETURN, S.HQ_RETURNED, ANNOUNCEMENT, K.RECALL, "总部退回：公告撤回《流量包》"),
    (A.HQ_RETURN, S.HQ_RETURNED, REPLY, K.PUBLISH, "总部退回：公告回复《流量包》"),
    (A.HQ_REJECT, S.HQ_REJECTED, KNOWLEDGE, K.PUBLISH, "总部否决，流程结束：知识发布《流量包》"),
    (A.HQ_REJECT, S.HQ_REJECTED, KNOWLEDGE, K.UPDATE, "总部否决，流程结束：知识更新《流量包》"),
    (A.HQ_REJECT, S.HQ_REJECTED, KNOWLEDGE, K.REVOKE, "总部否决，流程结束：知识撤销《流量包》"),
    (A.HQ_REJECT, S.HQ_REJECTED, ANNOUNCEMENT, K.PUBLISH, "总部否决，流程结束：公告发布《流量包》"),
    (A.HQ_REJECT, S.HQ_REJECTED, ANNOUNCEMENT, K.CORRECT, "总部否决，流程结束：公告更正《流量包》"),
    (A.HQ_REJECT, S.HQ_REJECTED, ANNOUNCEMENT, K.RECALL, "总部否决，流程结束：公告撤回《流量包》"),
    (A.HQ_REJECT, S.HQ_REJECTED, REPLY, K.PUBLISH, "总部否决，流程结束：公告回复《流量包》"),
    (A.HQ_GRANT_WITHDRAWAL, S.WITHDRAWN, KNOWLEDGE, K.PUBLISH, "总部同意撤回，流程结束：知识发布《流量包》"),
    (A.HQ_GRANT_WITHDRAWAL, S.WITHDRAWN, KNOWLEDGE, K.UPDATE, "总部同意撤回，流程结束：知识更新《流量包》"),
    (A.HQ_GRANT_WITHDRAWAL, S.WITHDRAWN, KNOWLEDGE, K.REVOKE, "总部同意撤回，流程结束：知识撤销《流量包》"),
    (A.HQ_GRANT_WITHDRAWAL, S.WITHDRAWN, ANNOUNCEMENT, K.RECALL, "总部同意撤回，流程结束：公告撤回《流量包》"),
    (A.HQ_REFUSE_WITHDRAWAL, S.PENDING_HQ, KNOWLEDGE, K.PUBLISH, "总部不同意撤回，继续审批：知识发布《流量包》"),
    (A.HQ_REFUSE_WITHDRAWAL, S.PENDING_HQ, KNOWLEDGE, K.REVOKE, "总部不同意撤回，继续审批：知识撤销《流量包》"),
    (A.HQ_REFUSE_WITHDRAWAL, S.SCHEDULED, KNOWLEDGE, K.UPDATE, "总部不同意撤回，到生效时间更新：知识更新《流量包》"),
    (A.HQ_REFUSE_WITHDRAWAL, S.SCHEDULED, ANNOUNCEMENT, K.CORRECT, "总部不同意撤回，到生效时间更正：公告更正《流量包》"),
]
STEPS = {
    (A.HQ_APPROVE, S.EFFECTIVE): ("请核对页面所示", "不须操作"),
    (A.HQ_APPROVE, S.SCHEDULED): ("到时自动生效；要改请先申请撤回", "不须操作"),
    (A.HQ_RETURN, S.HQ_RETURNED): ("请按总部的原因修改后重新提交审核（下一轮），不再需要则作废", "等作者修改后重新审核"),
    (A.HQ_REJECT, S.HQ_REJECTED): ("仍有必要请另行起草", "不须操作"),
    (A.HQ_GRANT_WITHDRAWAL, S.WITHDRAWN): ("仍有必要请另行起草", "不须操作"),
    (A.HQ_REFUSE_WITHDRAWAL, S.PENDING_HQ): ("请等总部审批", "不须操作"),
    (A.HQ_REFUSE_WITHDRAWAL, S.SCHEDULED): ("到时自动生效，请另行起草更改", "不须操作"),
}


@pytest.mark.parametrize(("action", "target", "subject", "kind", "title"), EXPECTED)
def test_what_the_author_is_told(action: Action, target: SubmissionState, subject: SubjectKind, kind: SubmissionKind, title: str) -> None:
    assert told(action, target, subject, kind) == title


@pytest.mark.parametrize(("action", "target"), STEPS)
def test_author_and_reviewer_are_each_told_what_to_do_next(action: Action, target: SubmissionState) -> None:
    news = news_of(Event(action, S.PENDING_HQ, target, KNOWLEDGE, K.UPDATE, "流量包"))
    assert [one.party for one in news] == [Party.AUTHOR, Party.REVIEWER]
    assert tuple(one.next_step for one in news) == STEPS[action, target]
    assert {one.kind for one in news} == {N.RETURNED if action is A.HQ_RETURN else N.RESULT}


def test_every_decision_in_the_workflows_table_is_news() -> None:
    ways = {(row.action, target) for row in TABLE for target in ([row.target] if row.target else row.sources)}
    told_of = {(row.action, row.target) for row in NEWS}
    assert {way for way in ways if way[0] not in NOT_NEWS} == told_of
    assert {action for action, _ in told_of} & HQ_ACTIONS == HQ_ACTIONS - {A.HQ_ACKNOWLEDGE}


def test_reasons_amendments_and_withdrawals_that_came_to_nothing_are_told() -> None:
    event = Event(A.HQ_RETURN, S.WITHDRAW_PENDING, S.HQ_RETURNED, KNOWLEDGE, K.UPDATE, "流量包", ("内容有误",), "资费写错")
    text = news_of(event)[0].text
    assert text == "总部退回。原因：内容有误；资费写错。在此之前申请的撤回因此作罢。"
    amended = news_of(Event(A.HQ_APPROVE, S.PENDING_HQ, S.EFFECTIVE, KNOWLEDGE, K.UPDATE, "流量包", amended=True))
    assert amended[0].text == "总部审批通过，已更新。总部改动了内容，以总部的文本为准。"
    assert [one.next_step for one in amended] == ["请看总部改动了哪些内容", "请核对总部改动的内容"]


def test_steps_on_the_way_are_no_news() -> None:
    for action in NOT_NEWS:
        assert news_of(Event(action, S.DRAFT, S.PENDING_REVIEW, KNOWLEDGE, K.UPDATE, "流量包")) == ()
