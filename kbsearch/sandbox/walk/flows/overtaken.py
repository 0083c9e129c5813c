"""Races of announcements: a correction or recall that arrives before what it corrects or ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kbsearch.sandbox.misbehaviour import LONGEST_HOLD, Fault, Rule
from kbsearch.sandbox.walk.announcement_desk import OURS, announced, for_whom, listed, page
from kbsearch.sandbox.walk.stage import Stage
from kbsearch.sandbox.walk.stepping import Flow, step


class Overtaken(Flow):
    """Headquarters is told to keep an announcement back until something else has passed it."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.words = [(stage.word(), stage.word(), stage.word()) for _ in range(2)]

    @step("race-correction-first", "公告更正先于公告到达：暂存，公告到后依次生效")
    def correction_first(self) -> None:
        """DEFERRED until its base is there."""
        title, old, new = self.words[0]
        with self._kept_back(title, old) as made:
            text = {"body": announced(title, new)["body"]}
            changed = self.stage.hq.correct_announcement(made["announcementId"], text, material=True)
            self.stage.hq.decide_draft(changed["id"], "approve")
            self.expect("更正的回执", self._receipt(changed, "hqCorrectAnnouncement"), "DEFERRED")
            self.expect("随后到达的公告的回执", self._receipt(made, "hqPublishAnnouncement"), "APPLIED")
        raw = made["announcementId"]
        self.expect_that("座席检索到更正后的", self.stage.seconds_until_found(new, raw, 2) is not None)
        self.expect_that("旧文检索不到", self.stage.vanished(old, raw))
        self.expect("版本", [each["number"] for each in page(self.stage.agent, raw)["history"]], [2, 1])

    @step("race-recall-first", "公告撤回先于公告到达：留下终止，公告到后也不现行")
    def recall_first(self) -> None:
        """What comes after its own end is history."""
        title, old, _ = self.words[1]
        with self._kept_back(title, old) as made:
            ending = self.stage.hq.recall_announcement(made["announcementId"], "PUBLISHED_IN_ERROR", reasonText="发错了。")
            self.stage.hq.decide_draft(ending["id"], "approve")
            self.expect("撤回的回执", self._receipt(ending, "hqRecallAnnouncement"), "APPLIED")
            self.expect("随后到达的公告的回执", self._receipt(made, "hqPublishAnnouncement"), "APPLIED")
        raw = made["announcementId"]
        seen = page(self.stage.reviewer, raw)
        self.expect("知识管理员所见状态、正文", (seen.get("status"), seen.get("body")), ("RECALLED", ""))
        self.expect("座席检索到的", (self.stage.agent.found(title), self.stage.agent.found(old)), ({}, {}))
        self.expect("在座席的现行公告中", listed(self.stage.agent, raw), wanted=False)

    @contextmanager
    def _kept_back(self, title: str, body: str) -> Iterator[dict[str, Any]]:
        """An announcement that headquarters has approved and keeps back."""
        with self.stage.misbehaviour.also(
            Rule(Fault.REORDER, kinds=("hqPublishAnnouncement",), seconds=min(self.stage.patience, LONGEST_HOLD))
        ):
            made = self.stage.hq.make_announcement({**announced(title, body), "audience": for_whom(OURS)})
            self.stage.hq.decide_draft(made["id"], "approve")
            yield made

    def _receipt(self, case: dict[str, Any], callback: str) -> str:
        return str(self.stage.hq.wait_receipt(case["id"], callback, timeout=self.stage.patience)["receipt"]["result"])
