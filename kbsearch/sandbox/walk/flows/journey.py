"""The way every kind of submission takes through steps 2 to 11.1: local review with its refusals, headquarters, round two."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

from kbsearch.sandbox.walk.desk import PAGE, Desk, Refused
from kbsearch.sandbox.walk.documents import MY_WORK, OUTBOX, REVIEW_QUEUE
from kbsearch.sandbox.walk.groundwork import last_log
from kbsearch.sandbox.walk.stage import Stage
from kbsearch.sandbox.walk.stepping import Flow, step

RETURNED_BY_REVIEWER = "请写明办理渠道。"
RETURNED_BY_HQ = "请补充生效日期后重新提交。"


class Journey(Flow):
    """Steps 1 to 6 and 11.1 in the order they happen. Kinds say how they begin, are edited, and what headquarters must see."""

    message: ClassVar[str] = ""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.seen: PAGE = {}
        self.stale_hash = ""

    @property
    def writer(self) -> Desk:
        """Who writes it."""
        return self.stage.both

    @property
    def flow(self) -> str:
        """What headquarters calls the kind of submission."""
        return self.message.rpartition(".")[2].upper()

    @property
    def knowledge_id(self) -> str:
        """The raw id of the item it is about."""
        return str(self.seen["knowledgeRawId"])

    @property
    def case_id(self) -> str:
        """The submission's raw id, as headquarters knows it."""
        return str(self.seen["rawId"])

    def begin(self) -> PAGE:
        """Step 1: the draft."""
        raise NotImplementedError

    def rewrite(self, note: str) -> PAGE:
        """The author takes reasons into account; returns the edited submission."""
        raise NotImplementedError

    def check_unchanged(self) -> None:
        """While it is under way readers see what they saw before."""
        raise NotImplementedError

    def check_at_hq(self, case: dict[str, Any]) -> None:
        """What headquarters' reviewer has before him."""
        raise NotImplementedError

    def refresh(self, desk: Desk | None = None) -> PAGE:
        """Look at the submission again."""
        self.seen = (desk or self.writer).submission(self.seen["id"])
        return self.seen

    def at_hq(self) -> dict[str, Any] | None:
        """Headquarters' case, None when it has received none."""
        known = [case for case in self.stage.hq.submissions() if case["id"] == self.case_id]
        return self.stage.hq.submission(self.case_id) if known else None

    @step("-1", "{noun}生成")
    def author_drafts(self) -> None:
        """Draft and hand over to the reviewers."""
        self.seen = self.begin()
        self.expect("起草后状态", self.seen["state"], "DRAFT")
        self.seen = self.writer.on(self.seen, "submitForReview")
        self.expect("提交审核后状态", self.seen["state"], "PENDING_REVIEW")
        queue = [each["id"] for each in self.stage.reviewer.listed(REVIEW_QUEUE)]
        self.expect_that("已在知识管理员的审核队列中", self.seen["id"] in queue)
        self.check_unchanged()

    @step("-2", "{noun}审核：自审被拒绝")
    def own_approval_refused(self) -> None:
        """Four eyes; an author without the role has no right at all."""
        told = self.writer.refusal(self.seen, "approveSubmission", submissionHash=self.seen["submissionHash"])
        if self.writer is self.stage.both:
            self.expect("兼任两职者自审的拒绝", (told["code"], told.get("rule")), ("RULE_VIOLATED", "FOUR_EYES"))
        else:
            self.expect("作者审核的拒绝", told["code"], "PERMISSION_DENIED")
        self.note(told["message"])
        self.expect("状态仍为", self.refresh()["state"], "PENDING_REVIEW")

    @step("-2", "{noun}审核：退回附原因，作者修改后再交")
    def reviewer_returns(self) -> None:
        """A return with reasons, seen and answered by the author."""
        seen = self.stage.reviewer.submission(self.seen["id"])
        told = self.stage.reviewer.refusal(seen, "returnSubmission", reasonCodes=[], reasonText="")
        self.expect("不写原因的退回", told["code"], "RULE_VIOLATED")
        returned = self.stage.reviewer.on(seen, "returnSubmission", reasonCodes=["INCOMPLETE"], reasonText=RETURNED_BY_REVIEWER)
        self.expect("退回后状态", returned["state"], "RETURNED")
        mine = {each["id"]: each["state"] for each in self.writer.listed(MY_WORK)}
        self.expect("作者的工作列表中", mine.get(self.seen["id"]), "RETURNED")
        why = self.refresh()["returns"][-1]
        self.expect("作者看到的原因", (why["reasonCodes"], why["reasonText"]), (["INCOMPLETE"], RETURNED_BY_REVIEWER))
        before = self.seen["submissionHash"]
        self.seen = self.writer.on(self.rewrite("已写明办理渠道"), "submitForReview")
        self.expect("修改再交后状态", self.seen["state"], "PENDING_REVIEW")
        self.expect_that("申请哈希已随内容改变", self.seen["submissionHash"] != before)
        self.stale_hash = before

    @step("-2", "{noun}审核：凭旧哈希审核被拒绝")
    def stale_hash_refused(self) -> None:
        """What was approved must be what was seen."""
        told = self.stage.reviewer.refusal(self.seen, "approveSubmission", submissionHash=self.stale_hash)
        self.expect("拒绝", told["code"], "STALE_OBJECT")
        self.note(told["message"])
        self.expect("状态仍为", self.refresh()["state"], "PENDING_REVIEW")

    @step("-2", "{noun}审核：两位知识管理员同时审核，一位成功")
    def one_reviewer_wins(self) -> None:
        """One lockVersion, two reviewers: one approval; nothing leaves."""
        reviewers = (self.stage.reviewer, self.stage.second_reviewer)
        with ThreadPoolExecutor(len(reviewers)) as both:
            answers = list(both.map(self._approval_by, reviewers))
        codes = sorted(str(told.get("code", "通过")) for told in answers)
        self.expect("两个答复", codes, ["STALE_OBJECT", "通过"])
        late = next(told for told in answers if told.get("code"))
        self.expect("后到者被告知的状态", late["currentState"], "APPROVED")
        self.expect("状态", self.refresh()["state"], "APPROVED")
        fresh = late["fresh"]
        self.expect_that(
            "后到者同时得到最新的申请", fresh["lockVersion"] == self.seen["lockVersion"] == late["lockVersion"], fresh["lockVersion"]
        )
        self.expect("审核通过时已写的发件", [row["kind"] for row in self.seen["transport"]], [])
        self.expect("总部收到的", self.at_hq(), None)

    def _approval_by(self, reviewer: Desk) -> PAGE:
        try:
            reviewer.approve(self.seen)
        except Refused as refused:
            return refused.first
        return {}

    @step("-3", "{noun}提交")
    def reviewer_submits(self) -> None:
        """SubmitToHq writes the message in the same transaction."""
        handed = self.stage.reviewer.submit_to_hq(self.seen)
        self.expect("提交后状态", handed["state"], "SUBMITTED")
        self.expect("写入发件箱的报文", [row["kind"] for row in handed["transport"]], [self.message])

    @step("-4", "{noun}接收")
    def hq_receives(self) -> None:
        """Received once, proven by its hash, acknowledged with headquarters' number."""
        case = self.stage.hq.wait_submission(self.case_id, "PENDING", round_=1, timeout=self.stage.patience)
        self.expect("总部收到的申请哈希", case["data"]["submissionHash"], self.seen["submissionHash"])
        self.seen = self.stage.reaches(self.writer, self.seen["id"], "PENDING_HQ")
        self.expect("我方状态", self.seen["state"], "PENDING_HQ")
        self.expect("我方所存的总部编号", self.seen["hqReference"], case["hqReference"])
        sent = self.stage.until(self._outbox, lambda rows: [status for _, status in rows] == ["DELIVERED"])
        self.expect("运维在发件箱看到", sent, [(self.message, "DELIVERED")])

    def _outbox(self) -> list[tuple[str, str]]:
        """Kinds and states; headquarters may have it while its answer was lost, and then it is sent once more."""
        return [(row["kind"], row["status"]) for row in self.stage.operator.listed(OUTBOX, submission=self.case_id)]

    @step("-5", "{noun}审核（总部）")
    def hq_reviews(self) -> None:
        """Headquarters' reviewer has it before him; readers notice nothing."""
        case = self.stage.hq.submission(self.case_id)
        self.expect("总部待审的种类", case["flow"], self.flow)
        self.check_at_hq(case)
        self.check_unchanged()

    @step("-6", "{noun}审核结果：总部退回，走 11.1")
    def hq_returns(self) -> None:
        """Returned with reasons, which author and reviewer see."""
        self.stage.hq.decide(self.case_id, "return", reasonCodes=["INCOMPLETE"], reasonText=RETURNED_BY_HQ, approver="总部审核员")
        receipt = self.stage.hq.wait_receipt(self.case_id, "hqReturn", round_=1, timeout=self.stage.patience)["receipt"]
        self.expect("回执", receipt["result"], "APPLIED")
        self.expect("状态", self.refresh()["state"], "HQ_RETURNED")
        for desk in (self.writer, self.stage.reviewer):
            why = desk.submission(self.seen["id"])["returns"][-1]
            self.expect(f"{desk.name}看到的原因", (why["actorKind"], why["reasonText"]), ("HQ", RETURNED_BY_HQ))

    @step("-11.1", "{noun}修改（二线客服），重新提交审核，走步骤 2")
    def author_amends(self) -> None:
        """Edit, local review again, round two."""
        self.seen = self.rewrite("已补充生效日期")
        self.expect("修改后状态", self.seen["state"], "HQ_RETURNED")
        self.seen = self.writer.on(self.seen, "submitForReview")
        self.expect("重新提交后", (self.seen["state"], self.seen["round"]), ("PENDING_REVIEW", 2))
        handed = self.stage.second_reviewer.approve(self.stage.second_reviewer.submission(self.seen["id"]), and_submit=True)
        actions = [entry["action"] for entry in handed["timeline"]][-2:]
        self.expect("再次本地审核并提交，流转记录", actions, ["APPROVE", "SUBMIT_TO_HQ"])
        case = self.stage.hq.wait_submission(self.case_id, "PENDING", round_=2, timeout=self.stage.patience)
        self.seen = self.stage.reaches(self.writer, self.seen["id"], "PENDING_HQ")
        self.expect("总部收到的轮次与编号", (case["round"], case["hqReference"]), (2, self.seen["hqReference"]))

    def hq_says_yes(self, distribution: list[str] | None = None) -> None:
        """Headquarters approves round two; our side has applied it when this returns."""
        self.stage.hq.decide(self.case_id, "approve", distribution=distribution)
        receipt = self.stage.hq.wait_receipt(self.case_id, "hqApprove", round_=2, timeout=self.stage.patience)["receipt"]
        self.expect("总部审批通过的回执", receipt["result"], "APPLIED")

    def check_result(self) -> None:
        """N1 to N3: author and reviewer see headquarters' approval."""
        for desk in (self.writer, self.stage.reviewer, self.stage.second_reviewer):
            seen = desk.submission(self.seen["id"])
            told = last_log(seen, "HQ_APPROVE")
            self.expect(f"{desk.name}看到", (seen["state"], told.get("actorKind"), told.get("round")), ("EFFECTIVE", "HQ", 2))

    def check_steps(self, distributed_to: list[str]) -> None:
        """Headquarters' own record names the steps it took, once for each province told."""
        wanted = {f"{self.section}-{number}" for number in ("4", "5", "6", "7")}

        def look() -> list[str]:
            return [each["step"] for each in self.stage.hq.knowledge(self.knowledge_id)["steps"]]

        done = self.stage.until(look, lambda steps: steps.count(f"{self.section}-7") == len(distributed_to))
        self.expect("总部记下的步骤", sorted(wanted & set(done)), sorted(wanted))
        self.expect("其中送达省公司的次数", done.count(f"{self.section}-7"), len(distributed_to))

    def check_province_steps(self, code: str) -> None:
        """The province's own record names the steps it took."""
        done = [each["step"] for each in self.stage.provinces[code].steps(self.knowledge_id) if each["step"].startswith(self.section)]
        self.expect(f"{code} 记下的步骤", done, [f"{self.section}-{number}" for number in ("8", "9", "10")])
