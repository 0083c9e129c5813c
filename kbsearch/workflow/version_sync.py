"""Compares what both sides hold 版本同步: the kinds of difference and what repairs each; pure."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from kbsearch.workflow.labels import Labelled


class HeldStatus(Labelled):
    """An item's status as both sides compare it: a suspension is no part of it, archiving neither."""

    PUBLISHED = "PUBLISHED", "已发布"
    EXPIRED = "EXPIRED", "已过期"
    REVOKED = "REVOKED", "已撤销"


class SyncState(Labelled):
    """Where a comparison stands."""

    ASKED = "ASKED", "已发摘要", "等总部答复"
    EQUAL = "EQUAL", "一致"
    DIFFERENT = "DIFFERENT", "有差异", "修复计划待知识管理员过目"
    REPAIRING = "REPAIRING", "修复中", "已申请补发"
    REPAIRED = "REPAIRED", "已修复"
    DISCARDED = "DISCARDED", "已弃置"


class DifferenceKind(Labelled):
    """How an item differs."""

    MISSING_HERE = "MISSING_HERE", "我方没有"
    MISSING_THERE = "MISSING_THERE", "总部没有"
    OTHER_NUMBER = "OTHER_NUMBER", "版本号不同"
    OTHER_CONTENT = "OTHER_CONTENT", "内容不同"
    OTHER_STATUS = "OTHER_STATUS", "状态不同"
    OTHER_CATEGORY = "OTHER_CATEGORY", "栏目不同"


class RepairAction(Labelled):
    """What the plan does about a difference."""

    REQUEST_VERSION = "REQUEST_VERSION", "请总部补发版本"
    REQUEST_REVOCATION = "REQUEST_REVOCATION", "请总部补发撤销"
    WAIT = "WAIT", "在途，稍后再比"


class SyncAction(Labelled):
    """What is done to a comparison; the log's actions."""

    COMPARE = "COMPARE", "发起比对"
    ANSWER = "ANSWER", "总部答复"
    REPAIR = "REPAIR", "申请补发"
    FINISH = "FINISH", "修复完成"
    DISCARD_SYNC = "DISCARD_SYNC", "弃置比对"


OPEN_STATES = frozenset({SyncState.ASKED, SyncState.DIFFERENT, SyncState.REPAIRING})
"""A comparison that still waits for somebody."""


def allowed_sync_actions(state: SyncState) -> list[SyncAction]:
    """What a reviewer may do to a comparison."""
    if state is SyncState.DIFFERENT:
        return [SyncAction.REPAIR, SyncAction.DISCARD_SYNC]
    return [SyncAction.DISCARD_SYNC] if state in OPEN_STATES else []


@dataclass(frozen=True, slots=True)
class HeldRow:
    """One 全网 item as one side holds it: the version in force or last in force (docs/hq-interface.md §4).

    `content_hash` is empty where the version a revocation ended was never received.
    """

    knowledge_id: str
    number: int
    status: HeldStatus
    content_hash: str
    category_id: str

    @property
    def line(self) -> str:
        """Its line in the digest of its category."""
        return f"{self.knowledge_id}\t{self.number}\t{self.status.value}\t{self.content_hash}"


@dataclass(frozen=True, slots=True)
class CategoryDigest:
    """How many items hang on a node and what they add up to."""

    category_id: str
    count: int
    digest: str


@dataclass(frozen=True, slots=True)
class ItemDifference:
    """One item the two sides hold differently; one of `ours` and `theirs` may be None, never both."""

    kind: DifferenceKind
    ours: HeldRow | None
    theirs: HeldRow | None

    @property
    def knowledge_id(self) -> str:
        """Whose difference it is."""
        return self._held.knowledge_id

    @property
    def category_id(self) -> str:
        """The node it hangs on: headquarters' where it has the item."""
        return self._held.category_id

    @property
    def _held(self) -> HeldRow:
        held = self.theirs or self.ours
        if held is None:
            raise ValueError("a difference of nothing")
        return held


def digests(rows: Iterable[HeldRow]) -> list[CategoryDigest]:
    """One digest per category that holds anything, by category id."""
    grouped: defaultdict[str, list[HeldRow]] = defaultdict(list)
    for row in rows:
        grouped[row.category_id].append(row)
    return [CategoryDigest(i, len(grouped[i]), _digest(grouped[i])) for i in sorted(grouped)]


def _digest(rows: list[HeldRow]) -> str:
    ordered = sorted(rows, key=lambda row: row.knowledge_id)
    return hashlib.sha256("\n".join(row.line for row in ordered).encode()).hexdigest()


def difference_kind(ours: HeldRow | None, theirs: HeldRow | None) -> DifferenceKind | None:
    """How one item differs, the weightiest first; None when both hold the same."""
    if ours is None:
        return None if theirs is None else DifferenceKind.MISSING_HERE
    if theirs is None:
        return DifferenceKind.MISSING_THERE
    if ours.number != theirs.number:
        return DifferenceKind.OTHER_NUMBER
    if ours.content_hash != theirs.content_hash:
        return DifferenceKind.OTHER_CONTENT
    if ours.status is not theirs.status:
        return DifferenceKind.OTHER_STATUS
    return DifferenceKind.OTHER_CATEGORY if ours.category_id != theirs.category_id else None


def compare(ours: Mapping[str, HeldRow], theirs: Iterable[HeldRow], categories: Collection[str]) -> list[ItemDifference]:
    """Exactly what differs, by item id: `theirs` are all of headquarters' rows of `categories`, `ours` all of ours by id."""
    there = {row.knowledge_id: row for row in theirs}
    asked = frozenset(categories)
    here = {i for i, row in ours.items() if row.category_id in asked}
    found = []
    for knowledge_id in sorted(here | there.keys()):
        left, right = ours.get(knowledge_id), there.get(knowledge_id)
        kind = difference_kind(left, right)
        if kind is not None:
            found.append(ItemDifference(kind, left, right))
    return found


def repair_action(difference: ItemDifference, *, in_flight: bool) -> RepairAction:
    """What mends it; an item still on its way between the two sides is left to settle by itself."""
    if in_flight:
        return RepairAction.WAIT
    if difference.kind is DifferenceKind.MISSING_THERE:
        return RepairAction.REQUEST_REVOCATION
    ended = difference.theirs is not None and difference.theirs.status is HeldStatus.REVOKED
    if difference.kind is DifferenceKind.OTHER_STATUS and ended:
        return RepairAction.REQUEST_REVOCATION
    return RepairAction.REQUEST_VERSION


def repaired(ours: HeldRow | None, theirs: HeldRow | None) -> bool:
    """Whether our row says what headquarters' said. Without theirs it is enough that nobody is served ours any more.

    Published and expired need no repair between them: the same content runs out by itself.
    """
    if theirs is None:
        return ours is None or ours.status is HeldStatus.REVOKED
    if ours is None or (ours.number, ours.content_hash, ours.category_id) != (theirs.number, theirs.content_hash, theirs.category_id):
        return False
    return (ours.status is HeldStatus.REVOKED) == (theirs.status is HeldStatus.REVOKED)
