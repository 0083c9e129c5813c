"""知识结构 T1 下发 and T2 挂接: whatever headquarters does to its tree, ours, its items and search follow; local branches stay."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.walk.desk import PAGE, Refused, global_id
from kbsearch.sandbox.walk.documents import CATEGORY_BY_ID, MY_FAVOURITES, SEARCH_BELOW, TREE_HISTORY
from kbsearch.sandbox.walk.groundwork import (
    approve_at_hq,
    draft_publish,
    local_branches,
    put_in_force,
    put_in_force_locally,
    send_to_hq,
    wording,
)
from kbsearch.sandbox.walk.stage import Stage
from kbsearch.sandbox.walk.stepping import Flow, step

HQ_ROOT = "全网知识"


class Taxonomy(Flow):
    """Headquarters grows a branch, changes it in every way it can, takes it all back; one item on each of two leaves lives through it."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.branch, self.first, self.second, self.third = (f"HQ-{stage.word()}" for _ in range(4))
        self.titles = [stage.word() for _ in range(3)]
        self.local_title = stage.word()
        self.before: list[dict[str, Any]] = []
        self.local: list[tuple[str, str, str]] = []
        self.local_item = ""
        self.items: list[str] = []
        self.open: PAGE = {}
        self.whole = 0

    def prepare(self) -> None:
        """The tree as headquarters pushed it last, our local branches, and an item on one of them."""
        tree = self.stage.hq.taxonomy()
        self.before = tree["nodes"] if tree else []
        self.stage.hq.drop_taxonomy_draft()
        self.local = local_branches(self.stage)
        self.local_item = put_in_force_locally(self.stage, wording(self.local_title, self.stage.word()))["knowledgeRawId"]

    @step("T1", "结构下发：新增栏目")
    def hq_adds(self) -> None:
        """One branch with three leaves."""
        self.stage.hq.add_node(f"走查{self.branch}", None, node_id=self.branch)
        for each in (self.first, self.second, self.third):
            self.stage.hq.add_node(f"走查{each}", self.branch, node_id=each)
        self.whole = self._push()
        self._expect_effects([("ADDED", each) for each in (self.branch, self.first, self.second, self.third)])

    @step("T2", "挂接到本系统知识库根目录下，可归入、可按它检索")
    def our_tree_has_it(self) -> None:
        """Read-only under headquarters' node; two items on it, a favourite, and one under way."""
        self.expect("本系统中的位置", self._path(self.first), [HQ_ROOT, f"走查{self.branch}", f"走查{self.first}"])
        leaves = (self.first, self.second)
        for title, leaf in zip(self.titles, leaves, strict=False):
            content = wording(title, self.stage.word())
            self.items.append(put_in_force(self.stage, self.stage.author, content, [], category=leaf)["knowledgeRawId"])
        for title, item in zip(self.titles, self.items, strict=False):
            self.expect_that("座席检索到归入的知识", self.stage.seconds_until_found(title, item, 1) is not None)
        self.stage.agent.act("favourite", documentId=global_id("Knowledge", self.items[1]))
        content = wording(self.titles[2], self.stage.word())
        self.open = send_to_hq(self.stage, self.stage.author, draft_publish(self.stage, self.stage.author, content, category=self.second))
        self._expect_below(self.branch, self.items, {self.first: 1, self.second: 1})
        self._expect_local_untouched()

    @step("T1", "结构下发：改名与移动")
    def hq_renames_and_moves(self) -> None:
        """The first leaf under the third, by a new name."""
        self.stage.hq.rename_node(self.first, f"改名{self.first}")
        self.stage.hq.move_node(self.first, self.third)
        self._push()
        effects = self._expect_effects([("MOVED", self.first), ("RENAMED", self.first)])
        self.expect("改名前后", _told(effects, "RENAMED", "before", "after"), (f"走查{self.first}", f"改名{self.first}"))
        self.expect("移动后的上级与涉及的知识数", _told(effects, "MOVED", "after", "items"), (self.third, 1))

    @step("T2", "挂接随之：位置、检索范围与分面当即改变")
    def our_tree_follows(self) -> None:
        """Nothing has been indexed anew for it."""
        path = [HQ_ROOT, f"走查{self.branch}", f"走查{self.third}", f"改名{self.first}"]
        self.expect("本系统中的位置", self._path(self.first), path)
        self._expect_below(self.third, self.items[:1], {self.first: 1})
        facets = self._below(self.third)[2]
        self.expect("分面上的名称", facets.get(self.first), f"改名{self.first}")
        self._expect_local_untouched()

    @step("T1", "结构下发：合并")
    def hq_merges(self) -> None:
        """The second leaf into the first, with an item, a favourite and a submission under way."""
        self.stage.hq.merge_node(self.second, self.first)
        self._push()
        effects = self._expect_effects([("MERGED", self.second)])
        counted = _told(effects, "MERGED", "after", "items", "favourites", "openSubmissions")
        self.expect("并入的栏目、移走的知识、收藏、途中的申请", counted, (self.first, 1, 1, 1))

    @step("T2", "挂接随之：知识、收藏和途中的申请归入合并后的栏目，旧栏目仍可检索")
    def items_follow(self) -> None:
        """Frozen revisions keep their ids and hashes; what they name resolves when it is applied."""
        node = self._node(self.second)
        self.expect("旧栏目（是否已停用，并入）", (node["retired"], node["mergedInto"]["rawId"]), (True, self.first))
        self.expect("知识所在栏目", self.stage.agent.knowledge(self.items[1])["category"]["rawId"], self.first)
        self._expect_below(self.first, self.items, {self.first: 2})
        self.expect("按旧栏目检索到的", self._below(self.second)[0], sorted(self.items))
        kept = {each["knowledge"]["rawId"]: each["knowledge"]["category"]["rawId"] for each in self.stage.agent.listed(MY_FAVOURITES)}
        self.expect("座席的收藏所在栏目", kept.get(self.items[1]), self.first)
        seen = self.stage.author.submission(self.open["id"])
        self.expect_that("途中的申请哈希未变", seen["submissionHash"] == self.open["submissionHash"])
        self.expect("总部照常通过，回执", approve_at_hq(self.stage, seen, [])["receipt"]["result"], "APPLIED")
        self.items.append(seen["knowledgeRawId"])
        self.expect("生效后所在栏目", self.stage.agent.knowledge(self.items[2])["category"]["rawId"], self.first)
        self._expect_local_untouched()

    @step("T1", "结构下发：停用")
    def hq_retires(self) -> None:
        """A leaf with three items on it."""
        self.stage.hq.retire_node(self.first)
        self._push()
        effects = self._expect_effects([("RETIRED", self.first)])
        self.expect("停用的栏目上的知识数", _told(effects, "RETIRED", "items"), (3,))

    @step("T2", "挂接随之：停用的栏目不再列出、不能再选，其中的知识仍可检索")
    def retired_follows(self) -> None:
        """No item is lost with it."""
        self.expect("上级之下所列", [each["rawId"] for each in self._node(self.third)["children"]], [])
        self.expect("是否已停用", self._node(self.first)["retired"], True)
        self.expect("选它起草", self._draft_refused(self.first), "BAD_CATEGORY")
        found = self.stage.until(lambda: self._below(self.branch)[0], lambda seen: len(seen) == len(self.items))
        self.expect_that("按上级栏目仍检索到全部三条", found == sorted(self.items), found)
        self._expect_local_untouched()

    @step("T1", "总部撤回：再下发旧版结构，并把合并移走的知识归还")
    def hq_undoes(self) -> None:
        """Undone by pushing: first the retiring, then everything back to the first push."""
        version = self.stage.hq.undo_taxonomy()
        self._expect_applied(version)
        self._expect_effects([("RESTORED", self.first)])
        version = self.stage.hq.undo_taxonomy(self.whole, refile=True)
        self._expect_applied(version)
        self._expect_effects([("MOVED", self.first), ("RENAMED", self.first), ("RESTORED", self.second)])

    @step("T2", "挂接随之：栏目、名称、位置与归入的知识都回到从前")
    def all_back(self) -> None:
        """Each item under the leaf it was under."""
        self.expect("本系统中的位置", self._path(self.first), [HQ_ROOT, f"走查{self.branch}", f"走查{self.first}"])
        back = self.stage.until(
            lambda: self.stage.agent.knowledge(self.items[1])["category"]["rawId"], lambda category: category == self.second
        )
        self.expect("合并移走的知识所在栏目", back, self.second)
        self.expect("它的历史版本", [each["number"] for each in self.stage.agent.knowledge(self.items[1])["history"]], [1])
        self.expect("没有移动过的知识所在栏目", self.stage.agent.knowledge(self.items[0])["category"]["rawId"], self.first)
        self._expect_local_untouched()

    @step("T1", "结构下发先于所依的一版到达：暂存，待其到达后依次挂接")
    def gap_is_deferred(self) -> None:
        """The version after next comes first; in the end the tree is the one the walk began with."""
        latest = self._latest()["treeVersion"]
        early = self.stage.signed.receipt("hqPushTaxonomy", {"treeVersion": latest + 2, "nodes": self.before})
        self.expect(f"第 {latest + 2} 版先到的回执", early["result"], "DEFERRED")
        self.expect("本系统仍为第几版", self._latest()["treeVersion"], latest)
        self.stage.hq.rename_node(self.branch, f"改名{self.branch}")
        self._expect_applied(self.stage.hq.push_taxonomy())
        seen = self.stage.until(self._latest, lambda version: version["treeVersion"] == latest + 2)
        self.expect("随后本系统为第几版", seen["treeVersion"], latest + 2)
        self.expect("走查的栏目是否都已停用", self._node(self.branch)["retired"], True)
        again = self.stage.hq.push_taxonomy(self.before)
        receipt = self.stage.hq.wait_receipt("taxonomy", "hqPushTaxonomy", round_=again, timeout=self.stage.patience)["receipt"]
        self.expect(f"总部自己再下发第 {again} 版的回执", receipt["result"], "DUPLICATE")
        self._expect_local_untouched()

    def _push(self) -> int:
        version = self.stage.hq.push_taxonomy()
        self._expect_applied(version)
        return version

    def _expect_applied(self, version: int) -> None:
        receipt = self.stage.hq.wait_receipt("taxonomy", "hqPushTaxonomy", round_=version, timeout=self.stage.patience)["receipt"]
        self.expect(f"结构第 {version} 版的回执", receipt["result"], "APPLIED")
        self.note(str(receipt["reason"]))

    def _latest(self) -> PAGE:
        """The record of the last push we mirrored."""
        return self.stage.reviewer.listed(TREE_HISTORY)[0]

    def _expect_effects(self, wanted: list[tuple[str, str]]) -> list[PAGE]:
        effects = list(self._latest()["effects"])
        self.expect("影响记录", sorted((each["kind"], each["categoryRawId"]) for each in effects), sorted(wanted))
        return effects

    def _node(self, raw_id: str) -> PAGE:
        return dict(self.stage.agent.ask(CATEGORY_BY_ID, id=global_id("Category", raw_id))["node"] or {})

    def _path(self, raw_id: str) -> list[str]:
        """The names from headquarters' node down to this one."""
        names = [each["name"] for each in self._node(raw_id)["path"]]
        return names[names.index(HQ_ROOT) :]

    def _below(self, raw_id: str) -> tuple[list[str], dict[str, int], dict[str, str]]:
        """What search finds in a subtree: items, and the category facet's counts and names by raw id."""
        answer = self.stage.agent.ask(SEARCH_BELOW, categories=[global_id("Category", raw_id)])["search"]
        facet = answer["facets"]["category"]
        counts = {each["category"]["rawId"]: each["count"] for each in facet}
        names = {each["category"]["rawId"]: each["category"]["name"] for each in facet}
        return sorted(each["node"]["knowledge"]["rawId"] for each in answer["edges"]), counts, names

    def _expect_below(self, raw_id: str, items: list[str], counts: dict[str, int]) -> None:
        """Search and its facet, as soon as the index has heard what is written anew."""
        found, facet, _ = self.stage.until(lambda: self._below(raw_id), lambda seen: seen[:2] == (sorted(items), counts))
        self.expect(f"按栏目检索到的知识数与分面计数（{raw_id}）", (len(found), facet), (len(items), counts))
        self.expect_that("正是这几条", found == sorted(items), found)

    def _draft_refused(self, category: str) -> str | None:
        try:
            draft_publish(self.stage, self.stage.author, wording(self.stage.word(), self.stage.word()), category=category)
        except Refused as refused:
            return str(refused.first.get("rule"))
        return None

    def _expect_local_untouched(self) -> None:
        """The local branches as they were, with the item on one of them."""
        self.expect_that(f"{len(self.local)} 个本地栏目原样", bool(self.local) and local_branches(self.stage) == self.local)
        self.expect("本地栏目下的知识仍检索到", self.stage.agent.found(self.local_title).get(self.local_item), 1)


def _told(effects: list[PAGE], kind: str, *names: str) -> tuple[Any, ...]:
    """These figures of the one effect of a kind."""
    (effect,) = (each for each in effects if each["kind"] == kind)
    return tuple(effect[name] for name in names)
