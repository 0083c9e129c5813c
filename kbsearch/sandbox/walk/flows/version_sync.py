"""版本同步 S1 版本比对 and S2 修复: exactly the differences there are, mended as headquarters has it, and all equal again."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.walk.desk import PAGE, Desk, Refused, global_id
from kbsearch.sandbox.walk.documents import SYNC_RUN_BY_ID
from kbsearch.sandbox.walk.groundwork import hq_puts_in_force, put_in_force, wording
from kbsearch.sandbox.walk.stage import Stage
from kbsearch.sandbox.walk.stepping import Flow, step

ENDED = frozenset({"EQUAL", "DIFFERENT", "REPAIRED", "DISCARDED"})


class VersionSync(Flow):
    """Two categories of its own, ten items on them, eight of which headquarters comes to hold otherwise."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.here, self.there = f"HQ-{stage.word()}", f"HQ-{stage.word()}"
        self.words = {name: (stage.word(), stage.word()) for name in (*_OURS, *_THEIRS, "unknown")}
        self.items: dict[str, str] = {}
        self.before: list[dict[str, Any]] = []
        self.wanted: dict[str, str] = {}
        self.run: PAGE = {}

    def prepare(self) -> None:
        """Ours and headquarters' own items side by side; one has two versions, one is revoked on both sides."""
        tree = self.stage.hq.taxonomy()
        self.before = tree["nodes"] if tree else []
        self._push([*self.before, *({"id": each, "parentId": None, "name": f"走查{each}", "position": 98} for each in self._both())])
        for name in _OURS:
            made = put_in_force(self.stage, self.stage.author, wording(*self.words[name]), [], category=self.here)
            self.items[name] = made["knowledgeRawId"]
        for name in _THEIRS:
            self.items[name] = hq_puts_in_force(self.stage, wording(*self.words[name]), self.here)
        update = self.stage.hq.make_update(self.items["dropVersion"], {"summary": "每月 25 元。"}, distribution=[])
        self._decided(update, "hqPushVersion")
        self._decided(self.stage.hq.make_revocation(self.items["unrevoke"], "SERVICE_RETIRED", reasonText="停售。"), "hqPushRevocation")

    @step("S1", "版本比对：两边一致")
    def nothing_differs(self) -> None:
        """What the later comparison finds was not there before."""
        self.run = self._compared()
        self.expect("比对（进展，我方条数）", (self.run["state"], self.run["compared"]), ("EQUAL", len(self.items)))
        self.expect("找出的差异", self._found(), {})

    @step("S1", "版本比对：总部有 8 处不同，找出的恰是这 8 处")
    def all_differences_found(self) -> None:
        """Injected in silence: of every kind there is."""
        self._inject()
        self.run = self._compared()
        self.expect("比对的进展", self.run["state"], "DIFFERENT")
        self.expect("找出几处", len(self._found()), len(self.wanted))
        told = {name: self._found().get(item) for name, item in self.items.items() if item in self.wanted}
        self.expect("每处如何不同", told, {name: self.wanted[item] for name, item in self.items.items() if item in self.wanted})
        self.expect("往来消息数", self.run["messages"], 2)
        steps = [each["step"] for each in self.stage.hq.steps(self.run["rawId"])]
        self.expect("总部记下的步骤", steps, ["S1"])
        badges = {name: "DIFFERS_FROM_HQ" in self.stage.agent.knowledge(self.items[name])["badges"] for name in ("content", "untouched")}
        self.expect("座席页面“与总部不一致”的标记", badges, {"content": True, "untouched": False})

    @step("S2", "修复：计划由知识管理员过目后申请，总部补发，差异逐条核实")
    def repaired(self) -> None:
        """Shown before it is applied, and not anybody's to apply."""
        plan = {each["knowledgeRawId"]: each["action"] for each in self._differences() if each["chosen"]}
        ended = {self.items["forget"], self.items["revoke"]}
        wanted = {item: "REQUEST_REVOCATION" if item in ended else "REQUEST_VERSION" for item in self.wanted}
        self.expect_that("计划：2 处请总部补发撤销，6 处请总部补发版本", plan == wanted, plan)
        self.expect("修复之前座席仍检索到我方所持", self.stage.agent.found(self.words["forget"][0]).get(self.items["forget"]), 1)
        self.expect("运维申请修复", self._apply_refused(self.stage.operator), "PERMISSION_DENIED")
        begun = self.stage.reviewer.act("applyRepair", runId=self.run["id"], lockVersion=self.run["lockVersion"])
        self.expect("申请后", begun["state"], "REPAIRING")
        self.run = self._ended()
        self.expect("进展", self.run["state"], "REPAIRED")
        self.expect("核实为一致的处数", sum(each["repairedAt"] is not None for each in self._differences()), len(self.wanted))
        self.expect("流转记录", [each["action"] for each in self.run["timeline"]], ["COMPARE", "ANSWER", "REPAIR", "FINISH"])
        self.expect("总部记下的步骤", [each["step"] for each in self.stage.hq.steps(self.run["rawId"])], ["S1", "S2"])

    @step("S2", "修复之后：再比一致，逐条与总部相同，座席所见即总部所持")
    def equal_again(self) -> None:
        """Version, hash, status and category of every item, and what search finds."""
        self.run = self._compared()
        self.expect("再比", (self.run["state"], self._found()), ("EQUAL", {}))
        held = {each["knowledgeId"]: each for each in self.stage.hq.digest_rows() if each["categoryId"] in self._both()}
        self.expect("总部所持条数", len(held), len(self.items) - 1)
        other = {item: ours for item in held if (ours := self._as_shown(item)) != tuple(held[item][name] for name in _COMPARED)}
        self.expect_that(f"{len(held)} 条的状态、版本号、内容哈希和栏目均同总部", not other, other)
        self.expect("总部没有的一条，我方", self.stage.agent.knowledge(self.items["forget"])["status"], "REVOKED")
        self.expect_that("座席检索不到它了", self.stage.vanished(self.words["forget"][0], self.items["forget"]))
        for what, word, item in (
            ("总部的另一文本", self.words["unknown"][1], "content"),
            ("我方原来没有的", self.words["unknown"][0], "unknown"),
        ):
            self.expect_that(f"座席检索到{what}", self.stage.seconds_until_found(word, self.items[item], 1) is not None)
        self.expect_that("原来的文本检索不到了", self.stage.vanished(self.words["content"][1], self.items["content"]))
        self.expect("“与总部不一致”的标记", "DIFFERS_FROM_HQ" in self.stage.agent.knowledge(self.items["content"])["badges"], False)
        self._push(self.before)

    def _inject(self) -> None:
        """Headquarters comes to hold eight items otherwise; how we should see each is noted."""
        inject, new = self.stage.hq.inject, wording(*self.words["unknown"])
        given: dict[str, dict[str, Any]] = {name: {} for name in _KINDS if name not in {"untouched", "unknown"}}
        given["content"] = {"content": {"body": new["body"]}}
        given["number"] = {"number": 2}
        given["category"] = {"categoryId": self.there}
        for name, fields in given.items():
            inject(name, self.items[name], **fields)
        self.items["unknown"] = inject("unknown", categoryId=self.here, content={"title": new["title"], "body": "总部独有的口径。"})
        self.wanted = {self.items[name]: kind for name, kind in _KINDS.items()}

    def _compared(self) -> PAGE:
        """A comparison of the two categories, as it stands once headquarters has answered."""
        categories = [global_id("Category", each) for each in self._both()]
        self.run = self.stage.reviewer.act("compareWithHq", categoryIds=categories)
        return self._ended()

    def _ended(self) -> PAGE:
        def look() -> PAGE:
            return dict(self.stage.reviewer.ask(SYNC_RUN_BY_ID, id=self.run["id"])["syncRun"])

        return self.stage.until(look, lambda run: run["state"] in ENDED)

    def _differences(self) -> list[PAGE]:
        return [edge["node"] for edge in self.run["differences"]["edges"]]

    def _found(self) -> dict[str, str]:
        return {each["knowledgeRawId"]: each["kind"] for each in self._differences()}

    def _as_shown(self, item: str) -> tuple[Any, ...]:
        """What agents see of an item, in the terms of a digest."""
        page = self.stage.agent.knowledge(item)
        version = page["currentVersion"] or page["history"][0]
        return page["status"], version["number"], version["contentHash"], page["category"]["rawId"]

    def _apply_refused(self, desk: Desk) -> str | None:
        try:
            desk.act("applyRepair", runId=self.run["id"], lockVersion=self.run["lockVersion"])
        except Refused as refused:
            return str(refused.first["code"])
        return None

    def _both(self) -> tuple[str, str]:
        return self.here, self.there

    def _push(self, nodes: list[dict[str, Any]]) -> None:
        version = self.stage.hq.push_taxonomy(nodes)
        self.stage.hq.wait_receipt("taxonomy", "hqPushTaxonomy", round_=version, timeout=self.stage.patience)

    def _decided(self, draft: dict[str, Any], callback: str) -> None:
        self.stage.hq.decide_draft(draft["id"], "approve")
        self.stage.hq.wait_receipt(draft["id"], callback, timeout=self.stage.patience)


# What headquarters' hook does to an item, and how that must show here; items are called after it.
_KINDS = {
    "forget": "MISSING_THERE",
    "dropVersion": "OTHER_NUMBER",
    "content": "OTHER_CONTENT",
    "number": "OTHER_NUMBER",
    "revoke": "OTHER_STATUS",
    "unrevoke": "OTHER_STATUS",
    "category": "OTHER_CATEGORY",
    "unknown": "MISSING_HERE",
}
_COMPARED = ("status", "number", "contentHash", "categoryId")
_OURS = ("forget", "content")
_THEIRS = ("dropVersion", "number", "revoke", "unrevoke", "category", "untouched", "untouchedToo")
