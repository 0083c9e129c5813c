"""What stands around the three flows: 停用恢复 M1 M2, and withdrawals that headquarters grants or refuses."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.walk.desk import PAGE, global_id
from kbsearch.sandbox.walk.flows.watching import Watching
from kbsearch.sandbox.walk.groundwork import approve_at_hq, draft_publish, last_log, put_in_force, send_to_hq, wording
from kbsearch.sandbox.walk.stage import Stage
from kbsearch.sandbox.walk.stepping import Flow, Unexpected, step


class Suspension(Watching):
    """One reviewer's brake; headquarters is told of both ends."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.title, self.new = stage.word(), stage.word()
        self.item = ""

    def prepare(self) -> None:
        """An item in force."""
        first = put_in_force(self.stage, self.stage.author, wording(self.title, self.stage.word()), [self.stage.chosen])
        self.item = first["knowledgeRawId"]
        self.check_found({self.title: self.item})

    @step("M1", "停用")
    def reviewer_suspends(self) -> None:
        """Hidden at once, on page and in search."""
        self.expect("不写原因的停用", self.refused(self.item, "suspendKnowledge", reasonText=" "), "RULE_VIOLATED")
        self._suspend("资费有疑问，核对中。")
        self.expect_that("座席检索不到了", self.stage.vanished(self.title, self.item))
        self.expect("再停用", self.refused(self.item, "suspendKnowledge", reasonText="再停。"), "ILLEGAL_TRANSITION")

    @step("M2", "恢复")
    def reviewer_resumes(self) -> None:
        """Readable and found again."""
        self.act_on(self.item, "resumeKnowledge", reasonText="核对无误。")
        page = self.check_all_see(self.item, "PUBLISHED", hidden=False, may=["SUSPEND", "MARK_STILL_IN_USE"])
        self.expect("通知与标记", (page["notice"], page["badges"]), (None, []))
        self.expect_that("座席重新检索到", self.stage.seconds_until_found(self.title, self.item, 1) is not None)
        self.expect("总部收到恢复告知", self._told(suspended=False), ["核对无误。"])

    @step("M2", "恢复：停用期间新版本生效，停用随之结束")
    def new_version_resumes(self) -> None:
        """The brake was on the old wording."""
        self._suspend("又有疑问。", before=["资费有疑问，核对中。"])
        knowledge = global_id("Knowledge", self.item)
        body = wording(self.title, self.new, 30)["body"]
        draft = self.stage.author.act("draftUpdate", knowledgeId=knowledge, content={"body": body})
        waiting = send_to_hq(self.stage, self.stage.author, draft)
        self.expect("总部审批前状态", self.stage.agent.knowledge(self.item)["status"], "SUSPENDED")
        self.expect("总部审批的回执", approve_at_hq(self.stage, waiting, [self.stage.chosen])["receipt"]["result"], "APPLIED")
        page = self.check_all_see(self.item, "PUBLISHED", hidden=False, may=["SUSPEND", "MARK_STILL_IN_USE"])
        self.expect("现行版本", page["currentVersion"]["number"], 2)
        self.expect_that("座席检索到新口径", self.stage.seconds_until_found(self.new, self.item, 2) is not None)
        told = self._told(suspended=False, times=2)
        self.expect("总部先后收到恢复告知的次数", len(told), 2)

    def _suspend(self, reason: str, before: list[str] | None = None) -> None:
        """Stopped by a reviewer; all see it, and headquarters is told."""
        self.act_on(self.item, "suspendKnowledge", reasonText=reason)
        page = self.check_all_see(self.item, "SUSPENDED", hidden=True, may=["RESUME", "MARK_STILL_IN_USE"])
        self.expect_that(f"页面通知：{page['notice']}", "停用" in page["notice"] and reason in page["notice"])
        wanted = [reason, *(before or [])]
        self.expect("总部收到停用告知", self._told(suspended=True, times=len(wanted)), wanted)

    def _told(self, *, suspended: bool, times: int = 1) -> list[str]:
        """The reasons headquarters was told with, newest first."""

        def look() -> list[str]:
            bodies = [each["body"]["data"] for each in self.stage.hq.received() if each["kind"] == "suspension.notice"]
            return [each["reasonText"] for each in bodies if each["knowledgeId"] == self.item and each["suspended"] is suspended]

        return self.stage.until(look, lambda seen: len(seen) >= times)


class Withdrawal(Flow):
    """The author asks headquarters to let go: once granted, once refused."""

    @step("withdraw-granted", "撤回申请：总部同意")
    def granted(self) -> None:
        """It ends WITHDRAWN, and no version comes of it."""
        asked = self._asked()
        self._answer(asked, granted=True, text="同意撤回。")
        ended = self.stage.reaches(self.stage.author, asked["id"], "WITHDRAWN")
        self.expect("我方状态", ended["state"], "WITHDRAWN")
        self.expect("总部状态", self.stage.hq.submission(asked["rawId"])["state"], "WITHDRAWN")
        self.expect("座席打开所见", self.stage.agent.knowledge(asked["knowledgeRawId"]), {})

    @step("withdraw-refused", "撤回申请：总部不同意，照常审核")
    def refused(self) -> None:
        """It goes back to where it was, and headquarters decides."""
        asked = self._asked()
        self._answer(asked, granted=False, text="总部正在审核。")
        back = self.stage.reaches(self.stage.author, asked["id"], "PENDING_HQ")
        self.expect("我方状态", back["state"], "PENDING_HQ")
        self.expect("作者所见总部的话", last_log(back, "HQ_REFUSE_WITHDRAWAL").get("reasonText"), "总部正在审核。")
        self.expect("总部照常通过，回执", approve_at_hq(self.stage, back, [])["receipt"]["result"], "APPLIED")
        self.expect("我方状态", self.stage.author.submission(asked["id"])["state"], "EFFECTIVE")

    def _asked(self) -> PAGE:
        draft = draft_publish(self.stage, self.stage.author, wording(self.stage.word(), self.stage.word()))
        waiting = send_to_hq(self.stage, self.stage.author, draft)
        asked = self.stage.author.on(waiting, "withdrawSubmission", reasonText="业务暂缓上线。")
        self.expect("申请撤回后状态", asked["state"], "WITHDRAW_PENDING")
        return asked

    def _answer(self, asked: PAGE, *, granted: bool, text: str) -> None:
        def look() -> list[dict[str, Any]]:
            return [each for each in self.stage.hq.withdrawals() if each["submissionId"] == asked["rawId"]]

        received = self.stage.until(look, bool)
        if not received:
            raise Unexpected("总部没有收到撤回申请")
        told = (received[0]["state"], received[0]["reason"], received[0]["reasonText"])
        self.expect("总部收到的撤回申请", told, ("WAITING", "AUTHOR_REQUEST", "业务暂缓上线。"))
        self.stage.hq.answer_withdrawal(received[0]["id"], granted=granted, text=text)
