"""The in-force predicate: sentences of product.md as examples, then any life against the independent reading in tests/model."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from kbsearch.workflow.in_force import Interval, RevocationFacts, Timeline, VersionFacts, timeline
from tests.model import timeline as reading
from tests.model.things import Content, Knowledge, Revocation, Scope, Version

START = datetime(2026, 11, 2, tzinfo=UTC)
DAY = timedelta(days=1)


def v(
    number: int, day: int, *, to: int | None = None, base: int | None = None, accepted: int | None = None, history: bool = False
) -> VersionFacts:
    known = START + accepted * DAY if accepted is not None else START + day * DAY
    return VersionFacts(number, START + day * DAY, START + to * DAY if to is not None else None, base, history, known)


def numbers(t: Timeline, *days: float) -> list[int | None]:
    return [t.current(START + day * DAY) for day in days]


def test_nothing_is_in_force_before_the_first() -> None:
    t = timeline([v(1, 2)])
    assert numbers(t, 1.99, 2) == [None, 1]
    assert (t.base(START), t.base(START + 2 * DAY)) == (None, 1)
    assert timeline([]).current(START) is None


def test_a_correction_of_today_gives_way_to_what_was_scheduled_earlier() -> None:
    t = timeline([v(1, 0), v(2, 10, base=1, accepted=1), v(3, 2, base=1)])
    assert numbers(t, 1, 2, 9.9, 10, 99) == [1, 3, 3, 2, 2]


def test_a_version_never_takes_over_from_one_built_on_it_however_far() -> None:
    assert numbers(timeline([v(1, 0), v(2, 10, base=1), v(3, 5, base=2)]), 4, 5, 10) == [1, 3, 3]
    chain = [v(1, 20), v(2, 0, base=1, history=True), v(3, 5, base=2)]
    assert numbers(timeline(chain), 4, 5, 20) == [None, 3, 3]
    circle = [v(1, 0, base=2), v(2, 1, base=1)]
    assert numbers(timeline(circle), 0, 1) == [1, 1]


def test_at_one_instant_the_higher_number_wins() -> None:
    assert numbers(timeline([v(2, 1), v(1, 1)]), 1) == [2]
    assert timeline([v(2, 1), v(1, 1)]).intervals == (Interval(2, START + DAY, None),)


def test_an_end_leaves_nothing_and_keeps_the_base() -> None:
    t = timeline([v(1, 0, to=3)])
    assert (numbers(t, 2.9, 3), t.base(START + 4 * DAY)) == ([1, None], 1)
    assert t.interval(1) == Interval(1, START, START + 3 * DAY)
    assert t.interval(2) is None
    assert timeline([v(1, 3, to=3)]).intervals == ()


def test_a_revocation_ends_what_it_names_and_all_before() -> None:
    end = RevocationFacts("r", 2, START + 5 * DAY)
    t = timeline([v(1, 0), v(2, 1, base=1), v(1, 7)], [end])
    assert numbers(t, 4, 5, 7, 9) == [2, None, None, None]
    assert t.ended_by(START + 6 * DAY) == end
    assert (t.ended_by(START + 4 * DAY), t.ended_up_to(START + 4 * DAY), t.ended_up_to(START + 5 * DAY)) == (None, 0, 2)
    again = timeline([v(1, 0), v(2, 1), v(3, 8)], [end])
    assert (again.current(START + 8 * DAY), again.ended_by(START + 8 * DAY)) == (3, None)


def test_a_revocation_below_the_highest_accepted_number_is_history() -> None:
    t = timeline([v(1, 0), v(2, 1, base=1)], [RevocationFacts("r", 1, START + 2 * DAY)])
    assert (t.current(START + 3 * DAY), t.endings) == (2, ())


def test_a_revocation_before_what_it_ends_is_a_tombstone() -> None:
    t = timeline([v(1, 3)], [RevocationFacts("r", 1, START + DAY)])
    assert (t.current(START + 4 * DAY), t.base(START + 4 * DAY), t.ended_up_to(START + 4 * DAY)) == (None, None, 1)


def test_the_next_change_is_a_beginning_or_an_end() -> None:
    t = timeline([v(1, 1, to=3), v(2, 5, base=1)])
    moments = []
    at: datetime | None = START
    while at is not None:
        at = t.next_change(at)
        moments.append(at and (at - START).days)
    assert moments == [1, 3, 5, None]


DAYS = st.integers(0, 8)
VERSIONS = st.lists(
    st.tuples(DAYS, st.one_of(st.none(), st.integers(1, 9)), st.one_of(st.none(), st.integers(1, 6)), st.booleans(), st.integers(0, 3)),
    max_size=6,
)
REVOCATIONS = st.lists(st.tuples(st.integers(1, 7), DAYS), max_size=3)


@settings(deadline=None, max_examples=400)
@given(VERSIONS, REVOCATIONS, st.randoms(use_true_random=False))
def test_any_life_reads_as_the_independent_model_reads_it(
    lived: list[tuple[int, int | None, int | None, bool, int]], ended: list[tuple[int, int]], shuffler: st.DataObject
) -> None:
    facts, item = [], Knowledge("k", Scope.NATIONAL, "HQ", "c")
    for number, (day, lasting, base, history, early) in enumerate(lived, start=1):
        day_from, known = START + day * DAY, START + max(0, day - early) * DAY
        end = day_from + lasting * DAY if lasting else None
        facts.append(VersionFacts(number, day_from, end, base, history, known))
        item.versions.append(Version(number, Content(str(number), None, end), day_from, known, base, history_only=history))
    ends = [RevocationFacts(f"r{i}", number, START + day * DAY) for i, (number, day) in enumerate(ended)]
    item.revocations = [Revocation(r.number, r.live_from, "") for r in ends]
    shuffler.shuffle(facts)  # type: ignore[attr-defined]
    t = timeline(facts, ends)
    assert [(i.number, i.live_from, i.live_to) for i in t.intervals] == [(i.number, i.start, i.end) for i in reading.live_intervals(item)]
    for one, other in pairwise(t.intervals):
        assert one.live_to is not None
        assert one.live_to <= other.live_from
    for half_day in range(40):
        at = START + half_day * DAY / 2
        model_now, model_last = reading.in_force(item, at), reading.last_in_force(item, at)
        assert t.current(at) == (model_now.number if model_now else None)
        assert t.base(at) == (model_last.number if model_last else None)
        assert (t.ended_by(at) is not None) == reading.walk(item, at).revoked
        assert t.ended_up_to(at) == reading.walk(item, at).ended_up_to
