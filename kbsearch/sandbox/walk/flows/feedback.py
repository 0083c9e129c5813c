"""3.1.1.4 知识反馈, steps 1 to 11: a province's opinion leads to an update, and everybody learns what became of it."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.client import SandboxApiError
from kbsearch.sandbox.walk.desk import PAGE
from kbsearch.sandbox.walk.documents import MY_WORK
from kbsearch.sandbox.walk.feedback_desk import looked_at, on_item, opened, ours, told
from kbsearch.sandbox.walk.groundwork import approve_at_hq, last_log, put_in_force, send_to_hq, take_in_province, wording
from kbsearch.sandbox.walk.stage import Stage
from kbsearch.sandbox.walk.stepping import Flow, step

OPINION = "请核实月费，营业厅反映与系统不符。"


class FeedbackWithUpdate(Flow):
    """Headquarters answers the province at once; ours is the update."""

    section = "3.1.1.4"
    noun = "反馈意见"

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.title, self.old, self.new = stage.word(), stage.word(), stage.word()
        self.item = ""
        self.text = f"每月应为 30 元（{stage.word()}）。"
        self.vague = f"说得不清楚（{stage.word()}）。"
        self.province = stage.provinces[stage.chosen]
        self.made: dict[str, Any] = {}
        self.unfit: dict[str, Any] = {}
        self.at_hq: dict[str, Any] = {}
        self.seen: PAGE = {}
        self.update: PAGE = {}

    def prepare(self) -> None:
        """An item in force here and in the chosen province."""
        first = put_in_force(self.stage, self.stage.author, wording(self.title, self.old), [self.stage.chosen])
        self.item = first["knowledgeRawId"]

    @step("-1", "{noun}生成（省公司）")
    def province_user_writes(self) -> None:
        """On what is published there, and on nothing else."""
        self.expect(f"{self.stage.other} 没有收到这条知识，对它反馈", self._refused_where_unknown(), 404)
        self.made = self.province.make_feedback(self.item, self.text, reporter="省座席赵小满")
        self.unfit = self.province.make_feedback(self.item, self.vague)
        self.expect(f"{self.stage.chosen} 生成后", (self.made["state"], self.made["number"]), ("PENDING_REVIEW", 1))

    @step("-2", "{noun}审核（省公司）")
    def province_reviews(self) -> None:
        """One passes; the other ends at home, with a reason."""
        self.expect("不写理由的不通过", self._refused_without_reason(), 422)
        ended = self.province.review_feedback(self.unfit["id"], "refuse", "请写明是哪项资费。")
        self.expect("不通过的一条", (ended["state"], ended["reason"]), ("REFUSED", "请写明是哪项资费。"))
        self.made = self.province.review_feedback(self.made["id"], "approve")
        self.expect("通过的一条", self.made["reason"], None)

    @step("-3", "{noun}提交（省公司）")
    def province_submits(self) -> None:
        """What passed goes to headquarters, what did not stays."""
        self.expect("状态", self.made["state"], "SUBMITTED")
        sent = {each["about"] for each in self.province.sent() if each["kind"] == "feedback.submit"}
        self.expect("发往总部的（通过的，不通过的）", (self.made["id"] in sent, self.unfit["id"] in sent), (True, False))

    @step("-4", "{noun}接收（总部）")
    def hq_receives(self) -> None:
        """With the version it speaks of."""
        self.at_hq = self.stage.hq.wait_feedback(self.made["id"], "RECEIVED", timeout=self.stage.patience)
        told_hq = tuple(self.at_hq[name] for name in ("province", "knowledgeId", "number", "text", "reporter"))
        self.expect("总部收到", told_hq, (self.stage.chosen, self.item, 1, self.text, "省座席赵小满"))
        here = [each["provinceId"] for each in self.stage.hq.feedbacks() if each["provinceId"] == self.unfit["id"]]
        self.expect("本省不通过的一条到总部", here, [])

    @step("-5", "{noun}审核（总部）：通过，同时走步骤 6 和步骤 8")
    def hq_reviews(self) -> None:
        """Nothing has been dispatched when the province is answered."""
        self.at_hq = self.stage.hq.review_feedback(self.at_hq["id"], accepted=True, text="意见属实，已采纳。")
        self.expect("总部状态", (self.at_hq["state"], self.at_hq["dispatch"]), ("ACCEPTED", 0))
        self.expect("我方收到的反馈", on_item(self.stage, self.item), [])

    @step("-6", "{noun}回复（总部），不等二线处理")
    def hq_answers(self) -> None:
        """The answer leaves before we know of anything."""
        done = [each["step"] for each in self.stage.hq.feedback(self.at_hq["id"])["steps"]]
        self.expect("总部记下的步骤", done, ["3.1.1.4-4", "3.1.1.4-5", "3.1.1.4-6"])

    @step("-7", "{noun}回复接收（省公司）")
    def province_hears(self) -> None:
        """The province has its answer while we have received nothing."""
        answered = self.province.wait_feedback(self.made["id"], "ANSWERED", timeout=self.stage.patience)
        seen = (answered["accepted"], answered["answer"], answered["hqFeedbackId"])
        self.expect(f"{self.stage.chosen} 收到的回复", seen, (True, "意见属实，已采纳。", self.at_hq["id"]))
        self.expect("此时我方收到的反馈", on_item(self.stage, self.item), [])

    @step("-8", "总部判断：需二线客服更新知识，走步骤 9")
    def hq_judges(self) -> None:
        """Its reviewer says so."""
        self.at_hq = self.stage.hq.judge_feedback(self.at_hq["id"], update_needed=True, opinion=OPINION)
        judged = next(each for each in self.at_hq["steps"] if each["step"] == "3.1.1.4-8")
        self.expect("总部记下", judged["detail"], "需二线客服更新知识，走步骤 9")

    @step("-9", "{noun}下发（总部）")
    def hq_dispatches(self) -> None:
        """Dispatch 1, applied here."""
        self.expect("总部状态与第几次下发", (self.at_hq["state"], self.at_hq["dispatch"]), ("DISPATCHED", 1))
        receipt = self.stage.hq.wait_receipt(self.at_hq["id"], "hqDispatchFeedback", round_=1, timeout=self.stage.patience)["receipt"]
        self.expect("我方回执", receipt["result"], "APPLIED")

    @step("-10", "{noun}接收（二线客服）")
    def we_receive(self) -> None:
        """Pinned to the version; a reviewer's matter, and a mark on the page for everybody."""
        self.seen = ours(self.stage, self.item, self.at_hq["id"])
        self.expect("状态与第几次下发", (self.seen["state"], self.seen["dispatch"]), ("RECEIVED", 1))
        said = tuple(self.seen[name] for name in ("province", "versionNumber", "text", "opinion", "reporterName"))
        self.expect("我方所见", said, (self.stage.chosen, 1, self.text, OPINION, "省座席赵小满"))
        self.expect_that("钉在所指版本的原文上", self.old in self.seen["version"]["body"])
        self.expect("知识管理员得到提醒", [each["kind"] for each in told(self.stage.reviewer, self.seen)], ["FEEDBACK"])
        self.expect("座席页面的标记", "FEEDBACK_OPEN" in self.stage.agent.knowledge(self.item)["badges"], True)
        self.expect("座席打开这条反馈", looked_at(self.stage.agent, self.seen), {})

    @step("-11", "知识更新：知识管理员由反馈发起更新，指派作者")
    def reviewer_opens_update(self) -> None:
        """Prefilled and linked, in the author's hands."""
        self.update = opened(self.stage, self.seen, self.stage.author)
        self.expect("开出的申请", tuple(self.update[name] for name in ("kind", "state", "baseNumber")), ("UPDATE", "DRAFT", 1))
        self.expect_that("已填入现行口径", self.old in self.update["content"]["body"])
        mine = {each["id"] for each in self.stage.author.listed(MY_WORK)}
        self.expect_that("在所指派作者的工作列表中", self.update["id"] in mine)
        self.expect("作者得到的提醒", [each["kind"] for each in told(self.stage.author, self.update)], ["ASSIGNED"])
        self.seen = looked_at(self.stage.reviewer, self.seen)
        self.expect("反馈状态", (self.seen["state"], self.seen["submission"]["id"] == self.update["id"]), ("IN_PROGRESS", True))

    @step("-11", "知识更新：走 3.1.1.2 至生效，反馈随之办结")
    def update_takes_effect(self) -> None:
        """Who opened it reviews it: opening is not editing."""
        body = wording(self.title, self.new, 30)["body"]
        edited = self.stage.author.on(self.update, "editSubmission", content={"body": body})
        waiting = send_to_hq(self.stage, self.stage.author, edited)
        self.expect("审核人即开出人", last_log(waiting, "APPROVE")["actorName"], self.seen["handler"]["name"])
        self.expect("总部审批前反馈状态", looked_at(self.stage.reviewer, self.seen)["state"], "IN_PROGRESS")
        self.expect("总部审批的回执", approve_at_hq(self.stage, waiting, [self.stage.chosen])["receipt"]["result"], "APPLIED")
        self.expect("申请状态", self.stage.reaches(self.stage.author, waiting["id"], "EFFECTIVE")["state"], "EFFECTIVE")
        wanted = {"3.1.1.2-4", "3.1.1.2-5", "3.1.1.2-6"}
        self.expect("总部记下的更新步骤", sorted(wanted & {each["step"] for each in self.stage.hq.steps(waiting["rawId"])}), sorted(wanted))
        self.seen = looked_at(self.stage.reviewer, self.seen)
        ended = (self.seen["state"], self.seen["resolution"], self.seen["resolvedVersion"]["number"])
        self.expect("反馈", ended, ("RESOLVED", "ADOPTED", 2))
        self.expect_that("座席检索到新口径", self.stage.seconds_until_found(self.new, self.item, 2) is not None)
        self.expect("座席页面仍有在途反馈的标记", "FEEDBACK_OPEN" in self.stage.agent.knowledge(self.item)["badges"], False)

    @step("-11", "处理结果告知总部，并由总部告知提出的省公司，流程结束")
    def everybody_hears(self) -> None:
        """Headquarters has the result, and the province its new wording."""
        ended = self.stage.hq.wait_feedback(self.made["id"], "ANSWERED", timeout=self.stage.patience)
        seen = [tuple(each[name] for name in ("dispatch", "resolution", "number", "submissionId")) for each in ended["results"]]
        self.expect("总部收到的结果", seen, [(1, "ADOPTED", 2, self.update["rawId"])])
        heard = self.province.wait_feedback(self.made["id"], "RESOLVED", timeout=self.stage.patience)
        results = [tuple(each[name] for name in ("dispatch", "resolution", "number")) for each in heard["results"]]
        self.expect(f"{self.stage.chosen} 收到的结果", results, [(1, "ADOPTED", 2)])
        take_in_province(self.stage, self.stage.chosen, self.item)
        found = [(hit["id"], hit["number"]) for hit in self.province.search(self.new)]
        self.expect(f"{self.stage.chosen} 检索到新口径", found, [(self.item, 2)])
        numbered = [each["step"] for each in self.province.steps(self.made["id"]) if each["step"].startswith(self.section)]
        self.expect(f"{self.stage.chosen} 记下的步骤", numbered, [f"3.1.1.4-{number}" for number in (1, 2, 3, 7, 11)])
        at_hq = [each["step"] for each in ended["steps"] if each["step"].startswith(self.section)]
        self.expect("总部记下的步骤", at_hq, [f"3.1.1.4-{number}" for number in (4, 5, 6, 8, 9, 11)])

    def _refused_where_unknown(self) -> int | None:
        try:
            self.stage.provinces[self.stage.other].make_feedback(self.item, self.text)
        except SandboxApiError as refused:
            return refused.status
        return None

    def _refused_without_reason(self) -> int | None:
        try:
            self.province.review_feedback(self.unfit["id"], "refuse")
        except SandboxApiError as refused:
            return refused.status
        return None
