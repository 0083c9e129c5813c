"""状态 M3 过期, M4 续期, and M6 归档 from 过期: items that run out while people watch, 本地 and 全网."""

from __future__ import annotations

from datetime import datetime, timedelta

from kbsearch.sandbox.instants import to_wire, wall_clock
from kbsearch.sandbox.walk.desk import PAGE, Refused, global_id
from kbsearch.sandbox.walk.flows.watching import Watching
from kbsearch.sandbox.walk.groundwork import (
    approve_at_hq,
    pass_locally,
    put_in_force,
    put_in_force_locally,
    send_to_hq,
    take_in_province,
    wording,
)
from kbsearch.sandbox.walk.stage import Stage
from kbsearch.sandbox.walk.stepping import step

LIVES = 5.0
SOON = timedelta(days=3)
LATER = "2040-01-01T00:00:00Z"


class Lifetimes(Watching):
    """Three items with a few seconds to live: one is renewed here, one through headquarters, one goes to the archive; one has days."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.titles = {name: stage.word() for name in ("soon", "local", "national", "archived")}
        self.items: dict[str, str] = {}
        self.ends = wall_clock()

    def prepare(self) -> None:
        """In force, those with seconds to live with the same end."""
        soon = self._wording("soon", wall_clock() + SOON)
        self.items["soon"] = put_in_force_locally(self.stage, soon)["knowledgeRawId"]
        self.ends = wall_clock() + timedelta(seconds=self.stage.within(LIVES))
        for name in ("local", "archived"):
            self.items[name] = put_in_force_locally(self.stage, self._wording(name, self.ends))["knowledgeRawId"]
        first = put_in_force(self.stage, self.stage.author, self._wording("national", self.ends), [self.stage.chosen])
        self.items["national"] = first["knowledgeRawId"]

    @step("M3", "过期之前：即将到期的标记，提醒作者与知识管理员")
    def soon_over(self) -> None:
        """Days ahead, still in force for everybody."""
        item = self.items["soon"]
        page = self.check_all_see(item, "PUBLISHED", hidden=False, may=["SUSPEND", "MARK_STILL_IN_USE"])
        self.expect("标记", page["badges"], ["EXPIRING_SOON"])
        self.expect_that("座席检索到它", self.stage.seconds_until_found(self.titles["soon"], item, 1) is not None)
        for part in ("author", "reviewer"):
            self._expect_told(part, "soon", "即将到期")

    @step("M3", "过期")
    def over(self) -> None:
        """Out of default search by itself; readable by id, under a notice; headquarters and provinces see the same."""
        for name in ("local", "national"):
            item = self.items[name]
            self.stage.until(lambda item=item: self.stage.agent.knowledge(item)["status"], lambda status: status == "EXPIRED")  # type: ignore[misc]
            page = self.check_all_see(item, "EXPIRED", hidden=False, may=["ARCHIVE", "MARK_STILL_IN_USE"])
            self.expect_that(f"页面通知：{page['notice']}", "已过有效期" in page["notice"])
            self.expect("标记", page["badges"], ["EXPIRED"])
            self.expect_that("座席默认检索不到了", self.stage.vanished(self.titles[name], item))
        for part in ("author", "reviewer"):
            self._expect_told(part, "local", "已过期")
        province = self.stage.provinces[self.stage.chosen]
        self.expect(f"{self.stage.chosen} 打开所见", (province.knowledge(self.items["national"]) or {}).get("status"), "EXPIRED")
        held = next(each for each in self.stage.hq.digest_rows() if each["knowledgeId"] == self.items["national"])
        self.expect("总部版本摘要中的状态", held["status"], "EXPIRED")

    @step("M4", "续期（本地）：只改失效时间，本地审核即生效")
    def renewed_here(self) -> None:
        """Nothing but the end moves, and headquarters has no part in it."""
        item = self.items["local"]
        self.expect("续到已过的时间", self._renewal_refused(item, to_wire(self.ends)), "NOT_LATER")
        draft = self._renewal(item)
        self.expect("与原文的差异", [each["field"] for each in draft["differencesToBase"]], ["effectiveTo"])
        self.expect("审核后申请状态", pass_locally(self.stage, draft)["state"], "EFFECTIVE")
        self._expect_renewed("local")
        known = {each["id"] for each in self.stage.hq.all_knowledge()} | {each["id"] for each in self.stage.hq.submissions()}
        self.expect("总部知道它", item in known or draft["rawId"] in known, False)

    @step("M4", "续期（全网）：经总部审批生效，省公司随之可用")
    def renewed_through_hq(self) -> None:
        """The version last in force is still the base."""
        item = self.items["national"]
        waiting = send_to_hq(self.stage, self.stage.author, self._renewal(item))
        self.expect("在哪一版上续，总部审批前的状态", (waiting["baseNumber"], self.stage.agent.knowledge(item)["status"]), (1, "EXPIRED"))
        self.expect("总部审批的回执", approve_at_hq(self.stage, waiting, [self.stage.chosen])["receipt"]["result"], "APPLIED")
        self._expect_renewed("national")
        take_in_province(self.stage, self.stage.chosen, item)
        found = [(hit["id"], hit["number"]) for hit in self.stage.provinces[self.stage.chosen].search(self.titles["national"])]
        self.expect(f"{self.stage.chosen} 检索到", found, [(item, 2)])

    @step("M6", "归档：从已过期，不可逆")
    def archived(self) -> None:
        """Not from 已发布; afterwards nobody can do anything to it."""
        self.expect("归档已发布的", self.refused(self.items["local"], "archiveKnowledge"), "ILLEGAL_TRANSITION")
        item = self.items["archived"]
        self.stage.until(lambda: self.stage.agent.knowledge(item)["status"], lambda status: status == "EXPIRED")
        self.expect("归档后状态", self.act_on(item, "archiveKnowledge")["status"], "ARCHIVED")
        page = self.check_all_see(item, "ARCHIVED", hidden=False, may=[])
        self.expect_that(f"页面通知：{page['notice']}", "已过有效期" in page["notice"])
        self.expect("座席检索到的", self.stage.agent.found(self.titles["archived"]), {})
        self.expect("再归档", self.refused(item, "archiveKnowledge"), "ILLEGAL_TRANSITION")
        self.check_author_may_not_change(item, "ARCHIVED")
        self.expect("续期", self._renewal_refused(item, LATER), "NOT_RENEWABLE")

    def _wording(self, name: str, until: datetime) -> dict[str, object]:
        return wording(self.titles[name], self.stage.word()) | {"effectiveTo": to_wire(until)}

    def _expect_told(self, part: str, name: str, beginning: str) -> None:
        """The notice that begins so, about this item."""

        def look() -> list[str]:
            return [title for title in self.notices(self.items[name], part) if title.startswith(beginning)]

        self.expect(
            f"{self.stage.desks[part].name}得到的提醒",
            self.stage.until(look, bool),
            [f"{beginning}：《星驰流量包（{self.titles[name]}）》"],
        )

    def _renewal(self, item: str, until: str = LATER) -> PAGE:
        return self.stage.author.act("draftRenewal", knowledgeId=global_id("Knowledge", item), effectiveTo=until)

    def _renewal_refused(self, item: str, until: str) -> str | None:
        try:
            self._renewal(item, until)
        except Refused as refused:
            return str(refused.first.get("rule"))
        return None

    def _expect_renewed(self, name: str) -> None:
        page = self.check_all_see(self.items[name], "PUBLISHED", hidden=False, may=["SUSPEND", "MARK_STILL_IN_USE"])
        now, before = page["history"]
        self.expect("现行版本与失效时间", (now["number"], _instant(now["effectiveTo"]) == _instant(LATER), page["badges"]), (2, True, []))
        self.expect_that("正文与第 1 版相同", now["body"] == before["body"])
        self.expect_that("座席重新检索到", self.stage.seconds_until_found(self.titles[name], self.items[name], 2) is not None)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
