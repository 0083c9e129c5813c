"""审批结果通知 in the application: author and reviewer are told of every decision of headquarters', and what to do next."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.walk.announcement_desk import DAY_AHEAD, OURS, announced, draft, for_whom, hq_puts_out
from kbsearch.sandbox.walk.announcement_documents import MARK_READ, UNREAD_NOTICES
from kbsearch.sandbox.walk.desk import PAGE, Desk, global_id
from kbsearch.sandbox.walk.documents import NOTICES
from kbsearch.sandbox.walk.feedback_desk import resolve
from kbsearch.sandbox.walk.groundwork import approve_at_hq, draft_publish, send_to_hq, wording
from kbsearch.sandbox.walk.stage import Stage
from kbsearch.sandbox.walk.stepping import Flow, step

_RETURN: dict[str, Any] = {"reasonCodes": ["INCOMPLETE"], "reasonText": "请补充办理渠道。"}


class ResultsTold(Flow):
    """One submission of each kind, decided by headquarters; whoever has no part in it is told nothing."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.title, self.notice, self.asked = stage.word(), stage.word(), stage.word()
        self.item = ""

    @step("N1", "发布审批结果的站内通知：退回与通过，附原因和下一步")
    def publish_told(self) -> None:
        """Returned, then approved."""
        made = draft_publish(self.stage, self.stage.author, wording(self.title, self.stage.word()))
        passed = self._returned_and_approved(made, f"知识发布《{made['content']['title']}》", "发布")
        self.item = passed["knowledgeRawId"]

    @step("N2", "更新审批结果的站内通知")
    def update_told(self) -> None:
        """Approved at once."""
        given = {"knowledgeId": global_id("Knowledge", self.item), "content": {"summary": "星驰流量包的资费，已核对。"}}
        made = self.stage.author.act("draftUpdate", **given)
        self._approved(send_to_hq(self.stage, self.stage.author, made), f"知识更新《{made['content']['title']}》", "更新")

    @step("told-feedback", "知识反馈的站内通知：知识管理员得知有反馈，座席得知结果")
    def feedback_told(self) -> None:
        """Our own agent's."""
        given = self.stage.agent.act("giveFeedback", knowledgeId=global_id("Knowledge", self.item), text=f"资费写错了吗 {self.title}")
        for desk in (self.stage.reviewer, self.stage.second_reviewer):
            (heard,) = self._told(desk, given["id"])
            self.expect(f"{desk.name}得知", (heard["kind"], self.title in heard["text"]), ("FEEDBACK", True))
        resolve(self.stage, self._for_reviewer(given), "NO_CHANGE", "资费无误。")
        (answer,) = self._told(self.stage.agent, given["id"])
        self.expect("座席得知", (answer["kind"], answer["text"]), ("FEEDBACK", "您的反馈已办结（无需修改）：资费无误。"))

    @step("N3", "撤销审批结果的站内通知")
    def revoke_told(self) -> None:
        """Approved at once."""
        given = {"knowledgeId": global_id("Knowledge", self.item), "reason": "SERVICE_RETIRED", "reasonText": "业务下线。"}
        title = self.stage.agent.knowledge(self.item)["title"]
        waiting = send_to_hq(self.stage, self.stage.author, self.stage.author.act("draftRevoke", **given))
        self._approved(waiting, f"知识撤销《{title}》", "撤销")

    @step("told-announcement", "公告审批结果的站内通知：退回与通过")
    def announcement_told(self) -> None:
        """Returned, then approved."""
        terms = {"audience": for_whom(OURS, self.stage.chosen)}
        made = draft(self.stage.author, announced(self.notice, self.stage.word()), terms)
        self._returned_and_approved(made, f"公告发布《{made['content']['title']}》", "发布")

    @step("told-reply", "公告回复审批结果的站内通知：退回与采纳")
    def reply_told(self) -> None:
        """Returned, then accepted."""
        terms = {"audience": for_whom(OURS), "needsReply": True, "replyDueAt": DAY_AHEAD}
        asked = hq_puts_out(self.stage, announced(self.asked, self.stage.word()), terms)
        given = {"announcementId": global_id("Announcement", asked), "content": {"body": "已安排值守。"}}
        made = self.stage.author.act("draftReply", **given)
        self._returned_and_approved(made, f"公告回复《{made['content']['title']}》", "采纳")

    @step("told-read", "站内通知：未读可数，看过即不再算")
    def notices_read(self) -> None:
        """Only one's own."""
        unread = self.stage.author.listed(UNREAD_NOTICES)
        mine = [each for each in unread if self.title in each["title"]]
        self.expect_that(f"作者关于这条知识的未读通知有 {len(mine)} 条", mine)
        ids = [each["id"] for each in mine]
        self.expect("别人代读的条数", self._mark_read(self.stage.agent, ids), 0)
        self.expect("作者看过的条数", self._mark_read(self.stage.author, ids), len(mine))
        left = [each["id"] for each in self.stage.author.listed(UNREAD_NOTICES)]
        self.expect("其中仍未读的", sorted(set(ids) & set(left)), [])

    def _returned_and_approved(self, made: PAGE, name: str, done: str) -> PAGE:
        waiting = send_to_hq(self.stage, self.stage.author, made)
        self.stage.hq.decide(waiting["rawId"], "return", **_RETURN)
        self.stage.hq.wait_receipt(waiting["rawId"], "hqReturn", round_=1, timeout=self.stage.patience)
        self._both_told(waiting, "RETURNED", f"总部退回：{name}", _RETURN["reasonText"])
        back = self.stage.reaches(self.stage.author, waiting["id"], "HQ_RETURNED")
        body = f"{back['content']['body']}\n营业厅均可办理。"
        mended = self.stage.author.on(back, "editSubmission", content={"body": body})
        return self._approved(send_to_hq(self.stage, self.stage.author, mended), name, done)

    def _approved(self, waiting: PAGE, name: str, done: str) -> PAGE:
        approve_at_hq(self.stage, waiting, [])
        passed = self.stage.reaches(self.stage.author, waiting["id"], "EFFECTIVE")
        self._both_told(waiting, "RESULT", f"总部审批通过，已{done}：{name}", f"已{done}")
        return passed

    def _both_told(self, submission: PAGE, kind: str, title: str, text: str) -> None:
        """Author and reviewer, each with a next step; a reviewer who had no part is told nothing."""
        for desk in (self.stage.author, self.stage.reviewer):
            heard = [each for each in self._told(desk, submission["id"]) if each["title"] == title]
            told = [(each["kind"], text in each["text"], bool(each["nextStep"])) for each in heard]
            self.expect(f"{desk.name}收到“{title.partition('：')[0]}”（种类、内容在内、有下一步）", told, [(kind, True, True)])
        self.expect("没有经手的知识管理员收到的", self._told(self.stage.second_reviewer, submission["id"]), [])

    @staticmethod
    def _told(desk: Desk, document_id: str) -> list[PAGE]:
        return [each for each in desk.listed(NOTICES) if each["documentId"] == document_id]

    def _for_reviewer(self, feedback: PAGE) -> PAGE:
        """With the lock version a reviewer sees."""
        return {"id": feedback["id"], "lockVersion": feedback["lockVersion"]}

    @staticmethod
    def _mark_read(desk: Desk, ids: list[str]) -> int:
        return int(desk.ask(MARK_READ, input={"ids": ids})["markNoticesRead"]["count"])
