"""The pure comparison: whatever is changed on one side is found, typed, and nothing else."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from kbsearch.workflow.version_sync import (
    DifferenceKind,
    HeldRow,
    HeldStatus,
    ItemDifference,
    RepairAction,
    SyncAction,
    SyncState,
    allowed_sync_actions,
    compare,
    difference_kind,
    digests,
    repair_action,
    repaired,
)

K = DifferenceKind
HASHES = [hashlib.sha256(bytes([i])).hexdigest() for i in range(3)]
CATEGORIES = ["A", "B", "C"]
ROWS = st.builds(
    HeldRow,
    knowledge_id=st.sampled_from([f"K{i}" for i in range(12)]),
    number=st.integers(1, 3),
    status=st.sampled_from(HeldStatus),
    content_hash=st.sampled_from(HASHES),
    category_id=st.sampled_from(CATEGORIES),
)
SIDES = st.lists(ROWS, unique_by=lambda row: row.knowledge_id)


def by_id(rows: list[HeldRow]) -> dict[str, HeldRow]:
    return {row.knowledge_id: row for row in rows}


def answered(ours: list[HeldRow], theirs: list[HeldRow]) -> list[ItemDifference]:
    """As docs/hq-interface.md §4 has it: only categories whose digests differ are told."""
    mine = {d.category_id: (d.count, d.digest) for d in digests(ours)}
    hers = {d.category_id: (d.count, d.digest) for d in digests(theirs)}
    differing = [c for c in CATEGORIES if mine.get(c) != hers.get(c)]
    return compare(by_id(ours), [row for row in theirs if row.category_id in differing], differing)


@settings(max_examples=300, deadline=None)
@given(SIDES, SIDES)
def test_digests_hide_no_difference_and_make_none(ours: list[HeldRow], theirs: list[HeldRow]) -> None:
    mine, hers = by_id(ours), by_id(theirs)
    expected = {i for i in mine.keys() | hers.keys() if mine.get(i) != hers.get(i)}
    found = answered(ours, theirs)
    assert [d.knowledge_id for d in found] == sorted(expected)
    assert all(d.kind is difference_kind(mine.get(d.knowledge_id), hers.get(d.knowledge_id)) for d in found)
    assert all((d.ours, d.theirs) == (mine.get(d.knowledge_id), hers.get(d.knowledge_id)) for d in found)


@settings(max_examples=100, deadline=None)
@given(SIDES, st.randoms())
def test_a_digest_is_of_the_set_of_rows(rows: list[HeldRow], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert digests(shuffled) == digests(rows)
    assert answered(rows, shuffled) == []


@settings(max_examples=200, deadline=None)
@given(ROWS, ROWS)
def test_a_repaired_item_differs_at_most_in_what_time_does(ours: HeldRow, theirs: HeldRow) -> None:
    theirs = replace(theirs, knowledge_id=ours.knowledge_id)
    if repaired(ours, theirs):
        assert difference_kind(ours, theirs) in (None, K.OTHER_STATUS)
        assert {ours.status, theirs.status} != {HeldStatus.REVOKED, HeldStatus.PUBLISHED}
    assert repaired(theirs, theirs)


def test_the_weightiest_difference_names_the_kind() -> None:
    row = HeldRow("K", 2, HeldStatus.PUBLISHED, HASHES[0], "A")
    assert difference_kind(None, None) is None
    assert difference_kind(None, row) is K.MISSING_HERE
    assert difference_kind(row, None) is K.MISSING_THERE
    other = replace(row, category_id="B")
    assert difference_kind(row, other) is K.OTHER_CATEGORY
    other = replace(other, status=HeldStatus.EXPIRED)
    assert difference_kind(row, other) is K.OTHER_STATUS
    other = replace(other, content_hash=HASHES[1])
    assert difference_kind(row, other) is K.OTHER_CONTENT
    assert difference_kind(row, replace(other, number=1)) is K.OTHER_NUMBER


def test_the_plan() -> None:
    row = HeldRow("K", 2, HeldStatus.PUBLISHED, HASHES[0], "A")
    ended = replace(row, status=HeldStatus.REVOKED)
    plan = {
        ItemDifference(K.MISSING_THERE, row, None): RepairAction.REQUEST_REVOCATION,
        ItemDifference(K.OTHER_STATUS, row, ended): RepairAction.REQUEST_REVOCATION,
        ItemDifference(K.OTHER_STATUS, ended, row): RepairAction.REQUEST_VERSION,
        ItemDifference(K.MISSING_HERE, None, ended): RepairAction.REQUEST_VERSION,
        ItemDifference(K.OTHER_CONTENT, row, ended): RepairAction.REQUEST_VERSION,
    }
    assert {d: repair_action(d, in_flight=False) for d in plan} == plan
    assert {repair_action(d, in_flight=True) for d in plan} == {RepairAction.WAIT}
    assert repaired(None, None)
    assert repaired(ended, None)
    assert not repaired(row, None)
    assert not repaired(None, row)


def test_what_a_reviewer_may_do() -> None:
    assert {s for s in SyncState if SyncAction.REPAIR in allowed_sync_actions(s)} == {SyncState.DIFFERENT}
    assert {s for s in SyncState if SyncAction.DISCARD_SYNC in allowed_sync_actions(s)} == {
        SyncState.ASKED,
        SyncState.DIFFERENT,
        SyncState.REPAIRING,
    }
