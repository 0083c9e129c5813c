"""便签: an announcement to named people of ours stays here, and nobody else finds it on any path."""

from __future__ import annotations

from kbsearch.sandbox.walk.announcement_desk import announced, for_whom, listed, notices, page, refused, who
from kbsearch.sandbox.walk.announcement_documents import NODE, SUGGEST
from kbsearch.sandbox.walk.desk import PAGE, Desk, global_id
from kbsearch.sandbox.walk.stage import Stage
from kbsearch.sandbox.walk.stepping import Flow, step


class LocalNote(Flow):
    """To one agent, by somebody who both writes and reviews, reviewed by somebody else."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.title, self.body = stage.word(), stage.word()
        self.seen: PAGE = {}
        self.version = ""

    @property
    def raw(self) -> str:
        """The announcement's raw id."""
        return str(self.seen["subjectRawId"])

    @step("A9", "便签：本地审核后发布给指名的人，不出本系统")
    def agent_reads(self) -> None:
        """本地 scope, in force at once; nothing leaves."""
        terms = {"audience": for_whom(people=(who(self.stage.agent),)), "mustRead": True}
        made = self.stage.both.act("draftAnnouncement", content={**announced(self.title, self.body), "terms": terms})
        handed = self.stage.both.on(made, "submitForReview")
        self.stage.reviewer.approve(self.stage.reviewer.submission(handed["id"]))
        self.seen = self.stage.both.submission(handed["id"])
        self.expect("申请状态、发件", (self.seen["state"], self.seen["transport"]), ("EFFECTIVE", []))
        seen = page(self.stage.agent, self.raw)
        self.expect("指名的座席所见", (seen["scope"], seen["status"], seen["mustRead"]), ("LOCAL", "PUBLISHED", True))
        self.version = seen["currentVersion"]["id"]
        about = [each for each in self.stage.hq.received() if self.raw in str(each["body"])]
        self.expect("总部收到的与它有关的消息", about, [])

    @step("A9", "便签：未指名的人从任何途径都找不到它")
    def others_find_nothing(self) -> None:
        """What leads the named agent there leads nobody else there."""
        named = self.stage.until(lambda: self._ways(self.stage.agent), lambda ways: all(ways.values()))
        self.expect("指名的座席走不通的途径", [way for way, open_ in named.items() if not open_], [])
        for desk in (self.stage.author, self.stage.operator):
            found = [way for way, open_ in self._ways(desk).items() if open_]
            self.expect(f"{desk.name}走得通的途径（共 {len(named)} 条）", found, [])
        announcement = global_id("Announcement", self.raw)
        seen = page(self.stage.agent, self.raw)["currentVersion"]["contentHash"]
        tried = {
            "已读": refused(self.stage.author, "markAnnouncementRead", announcementId=announcement),
            "签收": refused(self.stage.author, "signAnnouncement", announcementId=announcement, contentHash=seen),
            "催签": refused(self.stage.author, "remindUnsigned", announcementId=announcement),
            "收藏": refused(self.stage.author, "favourite", documentId=announcement),
            "更正": refused(self.stage.author, "draftCorrection", announcementId=announcement),
            "撤回": refused(self.stage.author, "draftRecall", announcementId=announcement, reason="NO_LONGER_USEFUL"),
            "回复": refused(self.stage.author, "draftReply", announcementId=announcement, content={"body": "收到"}),
        }
        self.expect(f"未指名的作者硬来（{'、'.join(tried)}）的答复", sorted(set(tried.values()), key=str), ["NOT_FOUND"])

    def _ways(self, desk: Desk) -> dict[str, bool]:
        announcement = global_id("Announcement", self.raw)
        suggested = desk.ask(SUGGEST, text=f"网络割接公告（{self.title}）")["suggest"] or []
        return {
            "打开": bool(page(desk, self.raw)),
            "按编号取": desk.ask(NODE, id=announcement)["node"] is not None,
            "取版本": desk.ask(NODE, id=self.version)["node"] is not None,
            "按标题检索": self.raw in desk.found(self.title),
            "按正文检索": self.raw in desk.found(self.body),
            "输入提示": announcement in [each["announcementId"] for each in suggested],
            "我的公告": listed(desk, self.raw, "ALL"),
            "未签收": listed(desk, self.raw, "UNSIGNED"),
            "通知": bool(notices(desk, announcement, "ANNOUNCEMENT")),
        }
