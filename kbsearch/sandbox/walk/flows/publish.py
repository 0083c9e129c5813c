"""3.1.1.1 知识发布, steps 1 to 11.1, with N1: a new item travels to the agent's search and the chosen province."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.walk.desk import PAGE
from kbsearch.sandbox.walk.flows.journey import Journey
from kbsearch.sandbox.walk.groundwork import deliveries, draft_publish, take_in_province, waiting_delivery, wording
from kbsearch.sandbox.walk.stage import Stage
from kbsearch.sandbox.walk.stepping import step

SEARCHABLE_WITHIN = 1.0


class Publish(Journey):
    """Nobody can read it before headquarters approved it."""

    section = "3.1.1.1"
    noun = "知识"
    message = "knowledge.publish"

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.title, self.body = stage.word(), stage.word()

    def begin(self) -> PAGE:
        """Draft a new item."""
        return draft_publish(self.stage, self.writer, wording(self.title, self.body))

    def rewrite(self, note: str) -> PAGE:
        """Add a line to the text, mending both returns' complaints."""
        body = f"{self.seen['content']['body']}\n{note}：营业厅、掌上营业厅均可办理。"
        return self.writer.on(self.seen, "editSubmission", content={"body": body}, changeNote=note)

    def check_unchanged(self) -> None:
        """Neither search nor page know it."""
        self.expect("座席检索到的", sorted(self.stage.agent.found(self.title)), [])
        self.expect("座席打开所见", self.stage.agent.knowledge(self.knowledge_id), {})

    def check_at_hq(self, case: dict[str, Any]) -> None:
        """The whole wording, proven by its hash."""
        self.expect("总部所见内容哈希", case["data"]["contentHash"], self.seen["contentHash"])
        self.expect_that("总部所见正文与我方一致", case["content"]["body"] == self.seen["content"]["body"])

    @step("-6", "{noun}审核结果：第二轮通过，走步骤 7")
    def hq_approves(self) -> None:
        """In force, and found within a second."""
        self.hq_says_yes([self.stage.chosen])
        seconds, limit = self.stage.seconds_until_found(self.title, self.knowledge_id, 1), self.stage.within(SEARCHABLE_WITHIN)
        self.expect_that(f"从总部审批生效到座席检索到不超过 {limit:g} 秒", seconds is not None and seconds <= limit, seconds)
        self.note(f"实测 {seconds:.2f} 秒")
        self.expect("以“星驰流量包”加编号检索到", self.stage.agent.found(f"星驰流量包 {self.title}").get(self.knowledge_id), 1)
        self.expect("申请状态", self.refresh()["state"], "EFFECTIVE")
        page = self.stage.agent.knowledge(self.knowledge_id)
        self.expect("知识", (page["status"], page["currentVersion"]["number"]), ("PUBLISHED", 1))
        self.expect("现行内容哈希", page["currentVersion"]["contentHash"], self.seen["contentHash"])

    @step("N1", "发布审批结果通知：作者与知识管理员均可见")
    def result_told(self) -> None:
        """审批结果通知."""
        self.check_result()

    @step("-7", "{noun}发布给指定省公司")
    def hq_distributes(self) -> None:
        """Only the chosen province is sent anything."""
        held = self.stage.hq.knowledge(self.knowledge_id)
        self.expect("总部发布给", held["distribution"], [self.stage.chosen])
        page = self.stage.agent.knowledge(self.knowledge_id)
        self.expect("我方所存指定省公司", page["currentVersion"]["distribution"], [self.stage.chosen])
        self.check_steps([self.stage.chosen])

    @step("-8", "{noun}接收（省公司）")
    def province_receives(self) -> None:
        """It waits for the province's own reviewer."""
        waiting = waiting_delivery(self.stage, self.stage.chosen, self.knowledge_id)
        self.expect(f"{self.stage.chosen} 收到", (waiting.get("kind"), waiting.get("number")), ("knowledge.publish", 1))
        self.expect("本省审核前本省检索到", self.stage.provinces[self.stage.chosen].search(self.title), [])

    @step("-9", "{noun}审核（省公司）")
    def province_reviews(self) -> None:
        """The province's reviewer approves."""
        decided = take_in_province(self.stage, self.stage.chosen, self.knowledge_id)
        self.expect(f"{self.stage.chosen} 审核后", decided["state"], "PUBLISHED")

    @step("-10", "{noun}发布给本省使用者")
    def province_publishes(self) -> None:
        """The chosen province finds it; the other received nothing."""
        hits = self.stage.provinces[self.stage.chosen].search(self.title)
        found = [(hit["id"], hit["number"], hit["contentHash"]) for hit in hits]
        self.expect(f"{self.stage.chosen} 检索到", found, [(self.knowledge_id, 1, self.seen["contentHash"])])
        self.expect(f"{self.stage.other} 收到的", deliveries(self.stage, self.stage.other, self.knowledge_id), [])
        self.expect(f"{self.stage.other} 打开所见", self.stage.provinces[self.stage.other].knowledge(self.knowledge_id), None)
        self.check_province_steps(self.stage.chosen)
