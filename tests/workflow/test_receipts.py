"""Which receipts count after corrections, and what they make of a person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kbsearch.workflow.receipts import Given, ReceiptState, Wording, counting_hashes, may_be_reminded, standing

T = datetime(2026, 11, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("in_force", "counting"),
    [
        ("", ""),
        ("A!", "A"),
        ("A", "A"),  # the first asks whatever it says
        ("A! B", "AB"),
        ("A! B!", "B"),
        ("A! B! C", "BC"),
        ("A! B C! D E", "CDE"),
        ("A! B A!", "A"),
    ],
)
def test_receipts_count_since_the_last_material_wording(in_force: str, counting: str) -> None:
    wordings = [Wording(text[0], text.endswith("!")) for text in in_force.split()]
    assert counting_hashes(wordings) == frozenset(counting)


@pytest.mark.parametrize(
    ("given", "state", "again", "counted"),
    [
        ([], ReceiptState.PENDING, False, None),
        ([Given("B", T)], ReceiptState.READ, False, "B"),
        ([Given("B", T, T)], ReceiptState.SIGNED, False, "B"),
        ([Given("A", T)], ReceiptState.PENDING, False, None),
        ([Given("A", T, T)], ReceiptState.PENDING, True, None),
        ([Given("A", T, T), Given("B", T + HOUR)], ReceiptState.READ, True, "B"),
        ([Given("A", T, T), Given("B", T + HOUR, T + HOUR)], ReceiptState.SIGNED, False, "B"),
        ([Given("B", T, T), Given("C", T + HOUR)], ReceiptState.SIGNED, False, "B"),  # signed once is enough for both
        ([Given("B", T), Given("C", T + HOUR)], ReceiptState.READ, False, "C"),
    ],
)
def test_a_persons_standing(given: list[Given], state: ReceiptState, again: bool, counted: str | None) -> None:
    found = standing(given, frozenset("BC"))
    assert (found.state, found.again) == (state, again)
    assert (found.counted.content_hash if found.counted else None) == counted


def test_nobody_is_nagged_more_often_than_every_four_hours() -> None:
    assert may_be_reminded(None, T)
    assert not may_be_reminded(T, T + 4 * HOUR - timedelta(microseconds=1))
    assert may_be_reminded(T, T + 4 * HOUR)
