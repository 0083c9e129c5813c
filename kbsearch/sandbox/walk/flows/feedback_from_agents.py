"""Feedback of our own agents: on what they read, and on what they searched for in vain; headquarters has no part in it."""

from __future__ import annotations

from kbsearch.sandbox.walk.desk import PAGE, Refused, global_id
from kbsearch.sandbox.walk.documents import ME
from kbsearch.sandbox.walk.feedback_desk import looked_at, mine, opened, told
from kbsearch.sandbox.walk.groundwork import local_leaf, pass_locally, put_in_force_locally, wording
from kbsearch.sandbox.walk.stage import Stage
from kbsearch.sandbox.walk.stepping import Flow, step


class FeedbackFromAgents(Flow):
    """The same way as a province's, and the agent sees what became of it."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.title, self.new, self.missing = stage.word(), stage.word(), stage.word()
        self.item = ""
        self.given: PAGE = {}

    def prepare(self) -> None:
        """A local item in force."""
        self.item = put_in_force_locally(self.stage, wording(self.title, self.stage.word()))["knowledgeRawId"]

    @step("feedback-local", "本地座席提反馈：钉在所读版本，知识管理员得到提醒")
    def agent_gives(self) -> None:
        """Once; a second click is not a second order."""
        said = {"knowledgeId": global_id("Knowledge", self.item), "text": f"每月应为 30 元（{self.title}）。", "searchQuery": self.title}
        self.given = self.stage.agent.act("giveFeedback", **said)
        seen = tuple(self.given[name] for name in ("origin", "state", "versionNumber", "allowedActions"))
        self.expect("所提反馈", seen, ("LOCAL", "RECEIVED", 1, []))
        self.expect("马上再提一次", self._refused(said), "FEEDBACK_JUST_GIVEN")
        self.expect("知识管理员得到提醒", [each["kind"] for each in told(self.stage.reviewer, self.given)], ["FEEDBACK"])
        self.expect("与它无关的作者打开它", looked_at(self.stage.author, self.given), {})

    @step("feedback-local-adopted", "由它开出的更新生效：座席看到采纳已更新和新版本")
    def agent_hears(self) -> None:
        """In the agent's own list, and as a notice."""
        draft = opened(self.stage, looked_at(self.stage.reviewer, self.given), self.stage.author)
        body = wording(self.title, self.new, 30)["body"]
        ended = pass_locally(self.stage, self.stage.author.on(draft, "editSubmission", content={"body": body}))
        self.expect("申请状态", ended["state"], "EFFECTIVE")
        seen = mine(self.stage.agent, self.given)
        became = (seen["state"], seen["resolution"], seen["resolvedVersion"]["number"])
        self.expect("座席在自己的反馈中看到", became, ("RESOLVED", "ADOPTED", 2))
        self.expect_that("新口径可由此打开", self.new in seen["resolvedVersion"]["body"])
        self.expect("座席得到提醒", [each["kind"] for each in told(self.stage.agent, self.given)], ["FEEDBACK"])
        self.expect("发往总部的", seen["transport"], [])

    @step("feedback-search-in-vain", "没有搜到的检索提成反馈，开出新知识，座席得知并搜到")
    def search_answered(self) -> None:
        """An order for knowledge that was missing."""
        self.expect("座席检索到的", self.stage.agent.found(self.missing), {})
        given = self.stage.agent.act("giveFeedback", text=f"客户常问，没有口径（{self.missing}）。", searchQuery=self.missing)
        self.expect("所记的检索词与版本", (given["searchQuery"], given["versionNumber"]), (self.missing, None))
        author = self.stage.author.ask(ME)["me"]["person"]["id"]
        order = {"feedbackId": given["id"], "lockVersion": given["lockVersion"], "authorId": author}
        category = global_id("Category", local_leaf(self.stage))
        draft = self.stage.reviewer.act("openUpdateFromFeedback", **order, categoryId=category)
        self.expect("开出的申请", (draft["kind"], draft["content"]["title"]), ("PUBLISH", self.missing))
        content = {name: value for name, value in wording(self.missing, self.stage.word()).items() if name != "title"}
        ended = pass_locally(self.stage, self.stage.author.on(draft, "editSubmission", content=content))
        self.expect("申请状态", ended["state"], "EFFECTIVE")
        self.expect_that("座席再搜即得", self.stage.seconds_until_found(self.missing, ended["knowledgeRawId"], 1) is not None)
        self.expect("座席得到提醒", [each["kind"] for each in told(self.stage.agent, given)], ["ANSWERED_SEARCH"])

    def _refused(self, said: dict[str, str]) -> str | None:
        try:
            self.stage.agent.act("giveFeedback", **said)
        except Refused as refused:
            return str(refused.first.get("rule"))
        return None
