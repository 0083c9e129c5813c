"""状态 M5 撤销 with each typed reason, which decides what readers see, and M6 归档 from 撤销."""

from __future__ import annotations

from kbsearch.sandbox.walk.desk import PAGE, global_id
from kbsearch.sandbox.walk.flows.watching import Watching
from kbsearch.sandbox.walk.groundwork import pass_locally, put_in_force, put_in_force_locally, send_to_hq, take_in_province, wording
from kbsearch.sandbox.walk.stage import Stage
from kbsearch.sandbox.walk.stepping import step

_LEFT = ["ARCHIVE", "MARK_STILL_IN_USE"]


class RevokeReasons(Watching):
    """One item for each reason, all through headquarters, and one of 本地 scope without it."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.titles = {
            name: stage.word() for name in ("PUBLISHED_IN_ERROR", "MERGED", "SERVICE_RETIRED", "NO_LONGER_USEFUL", "kept", "local")
        }
        self.items: dict[str, str] = {}

    def prepare(self) -> None:
        """All in force, the nationwide ones in one province too."""
        for name, title in self.titles.items():
            content = wording(title, self.stage.word())
            if name == "local":
                made = put_in_force_locally(self.stage, content)
            else:
                made = put_in_force(self.stage, self.stage.author, content, [self.stage.chosen])
            self.items[name] = made["knowledgeRawId"]
        self.check_found({title: self.items[name] for name, title in self.titles.items()})

    @step("M5", "撤销：发布错误，只剩标题与通知，途中的更新被取代")
    def published_in_error(self) -> None:
        """Hidden on every path, history included."""
        item = self.items["PUBLISHED_IN_ERROR"]
        given = {"knowledgeId": global_id("Knowledge", item), "content": {"summary": "改写中。"}}
        under_way = self.stage.author.act("draftUpdate", **given)
        page = self._revoked("PUBLISHED_IN_ERROR", "资费写错。", hidden=True)
        self.expect_that(
            "标题仍在，历史中也没有正文", self.titles["PUBLISHED_IN_ERROR"] in page["title"] and not page["history"][0]["body"]
        )
        ended = self.stage.author.submission(under_way["id"])
        self.expect("作者途中的更新", ended["state"], "SUPERSEDED")

    @step("M5", "撤销：已合并，指向替代知识")
    def merged(self) -> None:
        """Readable by id, and it says where to go."""
        page = self._revoked("MERGED", "并入另一条。", hidden=False, replacementId=global_id("Knowledge", self.items["kept"]))
        self.expect("页面所指的替代知识", page["replacement"], {"rawId": self.items["kept"]})
        kept = self.stage.agent.knowledge(self.items["kept"])
        self.expect("替代知识", (kept["status"], self.stage.agent.found(self.titles["kept"]).get(self.items["kept"])), ("PUBLISHED", 1))

    @step("M5", "撤销：业务下线，按编号仍可读")
    def service_retired(self) -> None:
        """Under a banner, out of default search."""
        self._revoked("SERVICE_RETIRED", "业务已下线。", hidden=False)

    @step("M5", "撤销：内容无用，按编号仍可读")
    def no_longer_useful(self) -> None:
        """The same."""
        self._revoked("NO_LONGER_USEFUL", "已无人咨询。", hidden=False)

    @step("M5", "撤销（本地）：本地审核即生效，不经总部")
    def local_revoked(self) -> None:
        """Headquarters never heard of the item and hears nothing of its end."""
        draft = self._draft("local", "SERVICE_RETIRED", "活动结束。")
        self.expect("审核后申请状态", pass_locally(self.stage, draft)["state"], "EFFECTIVE")
        self._expect_gone("local", "SERVICE_RETIRED", "活动结束。", hidden=False)
        self.expect("写往总部的", self.stage.author.submission(draft["id"])["transport"], [])

    @step("M6", "归档：从已撤销，隐藏的仍隐藏，不可逆")
    def archived(self) -> None:
        """The archive opens nothing that was hidden."""
        self.expect("归档已发布的", self.refused(self.items["kept"], "archiveKnowledge"), "ILLEGAL_TRANSITION")
        for name, hidden in (("PUBLISHED_IN_ERROR", True), ("NO_LONGER_USEFUL", False)):
            item = self.items[name]
            self.expect(f"{name} 归档后状态", self.act_on(item, "archiveKnowledge")["status"], "ARCHIVED")
            page = self.check_all_see(item, "ARCHIVED", hidden=hidden, may=[])
            self.expect_that(f"页面通知：{page['notice']}", "撤销" in page["notice"])
            self.check_author_may_not_change(item, "ARCHIVED")
        self.expect("总部所见仍为撤销", self.stage.hq.knowledge(self.items["NO_LONGER_USEFUL"])["status"], "REVOKED")

    def _draft(self, name: str, reason: str, text: str, **given: str) -> PAGE:
        knowledge = global_id("Knowledge", self.items[name])
        return self.stage.author.act("draftRevoke", knowledgeId=knowledge, reason=reason, reasonText=text, **given)

    def _revoked(self, reason: str, text: str, *, hidden: bool, **given: str) -> PAGE:
        """Through headquarters, here and in the province; returns the agent's page."""
        waiting = send_to_hq(self.stage, self.stage.author, self._draft(reason, reason, text, **given))
        self.stage.hq.decide(waiting["rawId"], "approve")
        receipt = self.stage.hq.wait_receipt(waiting["rawId"], "hqApprove", round_=1, timeout=self.stage.patience)["receipt"]
        self.expect("总部审批的回执", receipt["result"], "APPLIED")
        page = self._expect_gone(reason, reason, text, hidden=hidden)
        self.expect("总部所见", self.stage.hq.knowledge(self.items[reason])["status"], "REVOKED")
        ended = take_in_province(self.stage, self.stage.chosen, self.items[reason])
        self.expect(f"{self.stage.chosen} 审核后", ended["state"], "REVOKED")
        return page

    def _expect_gone(self, name: str, reason: str, text: str, *, hidden: bool) -> PAGE:
        item = self.items[name]
        page = self.check_all_see(item, "REVOKED", hidden=hidden, may=_LEFT)
        self.expect("撤销原因与标记", (page["revokeReason"], page["badges"]), (reason, ["REVOKED"]))
        self.expect_that(f"页面通知：{page['notice']}", "撤销" in page["notice"] and text in page["notice"])
        self.expect_that("座席默认检索不到了", self.stage.vanished(self.titles[name], item))
        return page
