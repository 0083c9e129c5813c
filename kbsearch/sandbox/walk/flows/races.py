"""Races of product.md §3.3 a person can walk into: repeated, early, late, forged and altered decisions, and a base that moved."""

from __future__ import annotations

import uuid
from typing import Any

from kbsearch.sandbox.misbehaviour import LONGEST_HOLD, Fault, Rule
from kbsearch.sandbox.walk.desk import PAGE, global_id
from kbsearch.sandbox.walk.documents import ALARMS, INBOX
from kbsearch.sandbox.walk.groundwork import approve_at_hq, draft_publish, last_log, put_in_force, send_to_hq, wording
from kbsearch.sandbox.walk.stage import Stage
from kbsearch.sandbox.walk.stepping import Flow, step

_FORGED = "whsec_Zm9yZ2VkLWJ5LXNvbWVib2R5LWVsc2UtMDEyMzQ1Njc="


def approval_of(submission: PAGE, distribution: list[str], number: int | None = None) -> dict[str, Any]:
    """Headquarters' approval of a submission's present round, written by hand."""
    values = {name: submission[source] for name, source in (("submissionId", "rawId"), ("round", "round"))}
    values |= {"submissionHash": submission["submissionHash"], "distribution": distribution}
    return values if number is None else values | {"number": number}


def _discarded(stage: Stage, row: PAGE, why: str) -> PAGE:
    """A reviewer sets a quarantined message aside, which also ends its alarm."""
    return stage.reviewer.act("discardQuarantined", inboxId=row["id"], lockVersion=row["lockVersion"], reasonText=why)


class RepeatedApproval(Flow):
    """Headquarters says yes twice."""

    @step("race-duplicate-approval", "总部的审批通过来两次，结局相同")
    def approved_twice(self) -> None:
        """The second, under a new webhook-id, is a DUPLICATE."""
        draft = draft_publish(self.stage, self.stage.author, wording(self.stage.word(), self.stage.word()))
        waiting = send_to_hq(self.stage, self.stage.author, draft)
        first = approve_at_hq(self.stage, waiting, [self.stage.chosen])
        self.expect("第一次回执", first["receipt"]["result"], "APPLIED")
        before = self.stage.until(
            lambda: self.stage.author.submission(waiting["id"]), lambda seen: {row["status"] for row in seen["transport"]} == {"DELIVERED"}
        )
        self.stage.hq.resend(first["id"])
        again = self.stage.hq.wait_receipt(waiting["rawId"], "hqApprove", timeout=self.stage.patience)
        self.expect_that("同一决定换了编号再来", again["webhookId"] != first["webhookId"])
        self.expect("回执", again["receipt"]["result"], "DUPLICATE")
        self.expect_that("申请（状态、锁版本、流转记录）与之前完全相同", self.stage.author.submission(waiting["id"]) == before)
        page = self.stage.agent.knowledge(waiting["knowledgeRawId"])
        self.expect("版本", [each["number"] for each in page["history"]], [1])


class ApprovalBeforeReceipt(Flow):
    """Headquarters decides, and its acknowledgement comes after the decision."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.seen: PAGE = {}
        self.first: dict[str, Any] = {}

    @step("race-approval-first", "审批通过先于接收确认到达，结局相同")
    def approved_first(self) -> None:
        """Approval implies receipt. Headquarters is told to keep its acknowledgement back until its decision has arrived."""
        draft = draft_publish(self.stage, self.stage.author, wording(self.stage.word(), self.stage.word()))
        handed = self.stage.author.on(draft, "submitForReview")
        with self.stage.misbehaviour.also(Rule(Fault.EARLY_APPROVAL, seconds=min(self.stage.patience, LONGEST_HOLD))):
            sent = self.stage.reviewer.approve(handed, and_submit=True)
            self.stage.hq.wait_submission(sent["rawId"], "PENDING", timeout=self.stage.patience)
            self.first = approve_at_hq(self.stage, sent, [self.stage.chosen])
            late = self.stage.hq.wait_receipt(sent["rawId"], "hqAcknowledge", timeout=self.stage.patience)["receipt"]
        self.seen = self.stage.author.submission(sent["id"])
        self.expect("审批通过时的状态", last_log(self.seen, "HQ_APPROVE").get("fromState"), "SUBMITTED")
        self.expect("回执", self.first["receipt"]["result"], "APPLIED")
        self.expect("迟到的接收确认的回执", late["result"], "OUT_OF_DATE")
        reference = self.stage.hq.submission(self.seen["rawId"])["hqReference"]
        self.expect("状态与总部编号", (self.seen["state"], self.seen["hqReference"]), ("EFFECTIVE", reference))

    @step("race-same-delivery", "同一编号同一内容重发，只答原回执")
    def delivered_again(self) -> None:
        """Nothing happens twice."""
        values = self.first["body"]["variables"]["input"]
        again = self.stage.signed.receipt("hqApprove", values, webhook_id=self.first["webhookId"])
        self.expect("回执与收件编号", (again["result"], again["inboxId"]), ("APPLIED", self.first["receipt"]["inboxId"]))
        page = self.stage.agent.knowledge(self.seen["knowledgeRawId"])
        self.expect("版本", [each["number"] for each in page["history"]], [1])


class BaseConflict(Flow):
    """Headquarters pushes its own version while our update is under its review."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.title, self.ours, self.theirs = stage.word(), stage.word(), stage.word()
        self.seen: PAGE = {}

    @property
    def item(self) -> str:
        """The raw knowledge id."""
        return str(self.seen["knowledgeRawId"])

    def prepare(self) -> None:
        """Version 1 in force, an update of it at headquarters."""
        first = put_in_force(self.stage, self.stage.author, wording(self.title, self.stage.word()), [self.stage.chosen])
        knowledge = global_id("Knowledge", first["knowledgeRawId"])
        content = {"script": f"您好，星驰流量包每月 25 元，{self.ours}。"}
        self.seen = send_to_hq(self.stage, self.stage.author, self.stage.author.act("draftUpdate", knowledgeId=knowledge, content=content))

    @step("race-base-conflict", "本地更新途中总部下发新版本：版本冲突，请总部放行")
    def base_moves(self) -> None:
        """Our round ends, headquarters is told, readers get headquarters' version."""
        body = wording(self.title, self.theirs, 30)["body"]
        draft = self.stage.hq.make_update(self.item, {"body": body}, distribution=[self.stage.chosen])
        self.stage.hq.decide_draft(draft["id"], "approve")
        receipt = self.stage.hq.wait_receipt(draft["id"], "hqPushVersion", timeout=self.stage.patience)["receipt"]
        self.expect("总部下发的回执", receipt["result"], "APPLIED")
        moved = self.stage.reaches(self.stage.author, self.seen["id"], "BASE_CONFLICT")
        self.expect("我方状态与基线是否已变", (moved["state"], moved["baseMoved"]), ("BASE_CONFLICT", True))
        case = self.stage.hq.wait_submission(moved["rawId"], "WITHDRAWN", timeout=self.stage.patience)
        told = [(each["reason"], each["answer_expected"]) for each in case["withdrawals"]]
        self.expect("总部收到放行告知（原因，是否须答复）", told, [("BASE_CONFLICT", False)])
        self.expect_that("座席检索到总部的第 2 版", self.stage.seconds_until_found(self.theirs, self.item, 2) is not None)

    @step("race-late-approval", "已作废一轮的审批通过迟到：隔离、告警，由知识管理员弃置")
    def late_approval(self) -> None:
        """Quarantined, seen by the operator, discarded by a reviewer; nothing changes."""
        receipt = self.stage.signed.receipt("hqApprove", approval_of(self.seen, [self.stage.chosen]))
        self.expect("回执", receipt["result"], "QUARANTINED")
        self.note(str(receipt["reason"]))
        rows = self.stage.operator.listed(INBOX, submission=self.seen["rawId"])
        row = next((each for each in rows if each["rawId"] == receipt["inboxId"]), {})
        self.expect("运维在收件箱看到", row.get("status"), "QUARANTINED")
        alarms = [each for each in self.stage.operator.listed(ALARMS) if each["subjectId"] == row["rawId"]]
        self.expect("告警（种类，解除时间）", [(each["kind"], each["closedAt"]) for each in alarms], [("QUARANTINE", None)])
        gone = _discarded(self.stage, row, "该轮已因版本冲突作废。")
        self.expect("弃置后", gone["status"], "DISCARDED")
        self.expect("申请状态仍为", self.stage.author.submission(self.seen["id"])["state"], "BASE_CONFLICT")

    @step("race-rebase", "作者在新版本上逐项重做，第二轮通过")
    def author_rebases(self) -> None:
        """Headquarters' body and our script together become version 3."""
        stuck = self.stage.author.submission(self.seen["id"])
        theirs = self.stage.author.knowledge(self.item)["currentVersion"]["body"]
        rebased = self.stage.author.on(stuck, "rebaseSubmission", content={"body": theirs})
        changed = [each["field"] for each in rebased["differencesToBase"]]
        self.expect("换基线后的基线与差异", (rebased["baseNumber"], changed), (2, ["script"]))
        waiting = send_to_hq(self.stage, self.stage.author, rebased)
        self.expect("总部待审的轮次", waiting["round"], 2)
        self.expect("审批通过的回执", approve_at_hq(self.stage, waiting, [self.stage.chosen])["receipt"]["result"], "APPLIED")
        self.expect_that("座席检索到第 3 版", self.stage.seconds_until_found(self.ours, self.item, 3) is not None)
        current = self.stage.agent.knowledge(self.item)["currentVersion"]
        self.expect("现行版本", current["number"], 3)
        self.expect_that("其正文为总部第 2 版的", self.theirs in current["body"], current["body"])


class ForgedAndRejected(Flow):
    """Forged and altered deliveries change nothing; then headquarters rejects in earnest."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.seen: PAGE = {}

    def prepare(self) -> None:
        """A submission under headquarters' review."""
        draft = draft_publish(self.stage, self.stage.author, wording(self.stage.word(), self.stage.word()))
        self.seen = send_to_hq(self.stage, self.stage.author, draft)

    @step("race-forged", "签名不符的审批通过被拒收")
    def forged(self) -> None:
        """401, and not even stored."""
        answer = self.stage.signed.post("hqApprove", approval_of(self.seen, []), secret=_FORGED)
        self.expect("HTTP", answer.status_code, 401)
        self.expect("状态仍为", self.stage.author.submission(self.seen["id"])["state"], "PENDING_HQ")
        approvals = [each for each in self.stage.operator.listed(INBOX, submission=self.seen["rawId"]) if each["kind"] == "hqApprove"]
        self.expect("收件箱中的审批通过", approvals, [])

    @step("race-altered", "同一编号换了内容：隔离，先到的为准")
    def altered(self) -> None:
        """The operator sees it; the submission does not move."""
        webhook_id = f"walk_{uuid.uuid4()}"
        known = {"submissionId": self.seen["rawId"], "round": 1, "hqReference": self.seen["hqReference"]}
        self.expect("先到的接收确认的回执", self.stage.signed.receipt("hqAcknowledge", known, webhook_id=webhook_id)["result"], "DUPLICATE")
        other = {"submissionId": self.seen["rawId"], "round": 1, "reasonCodes": ["OTHER"], "reasonText": "换了内容。"}
        self.expect("同一编号的否决的回执", self.stage.signed.receipt("hqReject", other, webhook_id=webhook_id)["result"], "QUARANTINED")
        held = [each for each in self.stage.operator.listed(INBOX, submission=self.seen["rawId"]) if each["kind"] == "hqReject"]
        self.expect("运维在收件箱看到", [each["status"] for each in held], ["QUARANTINED"])
        gone = _discarded(self.stage, held[0], "与先到的消息编号相同而内容不同。")
        self.expect("知识管理员弃置后", gone["status"], "DISCARDED")
        self.expect("状态仍为", self.stage.author.submission(self.seen["id"])["state"], "PENDING_HQ")

    @step("reject", "总部否决，流程结束")
    def rejected(self) -> None:
        """Author and reviewer see why."""
        self.stage.hq.decide(self.seen["rawId"], "reject", reasonCodes=["NOT_NATIONWIDE"], reasonText="不属全网知识。")
        receipt = self.stage.hq.wait_receipt(self.seen["rawId"], "hqReject", timeout=self.stage.patience)["receipt"]
        self.expect("回执", receipt["result"], "APPLIED")
        for desk in (self.stage.author, self.stage.reviewer):
            ended = desk.submission(self.seen["id"])
            told = (ended["state"], ended["returns"][-1]["reasonCodes"], ended["returns"][-1]["reasonText"])
            self.expect(f"{desk.name}所见", told, ("HQ_REJECTED", ["NOT_NATIONWIDE"], "不属全网知识。"))
        self.expect("座席打开所见", self.stage.agent.knowledge(self.seen["knowledgeRawId"]), {})
