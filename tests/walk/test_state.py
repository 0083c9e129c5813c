"""The text two walks are compared by: stable where nothing but ids and times differ, and different where anything else does."""

from __future__ import annotations

import json

from kbsearch.sandbox.walk import WalkConfig
from kbsearch.sandbox.walk.comparing import _Recorded
from kbsearch.sandbox.walk.flows.standing import Suspension
from kbsearch.sandbox.walk.state import differences
from kbsearch.sandbox.walk.state.names import HASH, TIME, Names
from kbsearch.sandbox.walk.state.view import in_order, kept
from kbsearch.sandbox.walk.stepping import Flow
from kbsearch.sandbox.walk.words import WORD, Words

SHA = "a" * 64
OTHER_SHA = "b" * 64


def test_the_same_name_gives_the_same_words_and_each_flow_its_own() -> None:
    first, second = Words("seed"), Words("seed")
    assert [first.next() for _ in range(3)] == [second.next() for _ in range(3)]
    assert first.of("Publish").next() == second.of("Publish").next() != first.of("Update").next()
    assert WORD.fullmatch(first.next())


def test_ids_go_by_their_names_and_times_and_unknown_hashes_by_nothing() -> None:
    names = Names()
    names.give("1AF50WHTEWPWY6AF", "《甲》")
    names.give("HQ-2026-000012", "《甲》的总部编号")
    names.give(SHA, "《甲》的哈希")
    value = {
        "1AF50WHTEWPWY6AF": [
            "见 1AF50WHTEWPWY6AF（HQ-2026-000012），2026-11-23 09:02 起",
            SHA,
            OTHER_SHA,
            3,
            None,
            "2026-11-23T01:02:03.000004Z",
        ]
    }
    wanted = {"《甲》": [f"见 《甲》（《甲》的总部编号），{TIME} 起", "《甲》的哈希", HASH, 3, None, TIME]}
    assert names.scrubbed(value) == wanted


def test_equal_names_are_told_apart_and_the_first_name_stays() -> None:
    names = Names()
    assert [names.give(raw, "《甲》") for raw in ("one", "two", "one")] == ["《甲》", "《甲》〔2〕", "《甲》"]
    assert names.give("one", "《乙》") == "《甲》"
    assert (names.of("two"), names.of("three"), names.of(None)) == ("《甲》〔2〕", None, None)


def test_times_steps_and_row_numbers_are_set_aside_and_nothing_else() -> None:
    case = {"id": "s1", "state": "APPROVED", "decidedAt": "…", "steps": [1], "withdrawals": [{"id": 7, "state": "GRANTED"}]}
    assert kept(case) == {"id": "s1", "state": "APPROVED", "withdrawals": [{"state": "GRANTED"}]}
    assert in_order([{"b": 1}, {"a": 2}]) == in_order([{"a": 2}, {"b": 1}])


def test_a_difference_is_told_by_the_way_to_it() -> None:
    before = json.dumps({"知识": {"《甲》": {"status": "PUBLISHED", "history": [1, 2]}, "《乙》": {}}})
    after = json.dumps({"知识": {"《甲》": {"status": "REVOKED", "history": [1, 2]}, "《乙》": {}}})
    assert differences(before, before) == []
    told = [line for line in differences(before, after) if line[:2] not in {"--", "++", "@@"}]
    assert told == ['-知识 ▸ 《甲》 ▸ status = "PUBLISHED"', '+知识 ▸ 《甲》 ▸ status = "REVOKED"']


class Resumed(Suspension):
    """The brake set and lifted, nothing more."""

    def new_version_resumes(self) -> None:
        """No other version comes."""


class Unresumed(Resumed):
    """The same story without its happy end; the words are the same because the name is."""

    def reviewer_resumes(self) -> None:
        """Nobody does."""


Resumed.__name__ = Unresumed.__name__ = Suspension.__name__


def test_two_walks_of_the_same_words_differ_by_what_happened_otherwise_and_by_nothing_else() -> None:
    def ended(flow: type[Flow]) -> str:
        performance = _Recorded()
        performance.flows = (flow,)
        assert [result for result in performance.walk(WalkConfig(words="the same")) if not result.ok] == []
        return performance.state

    told = [line for line in differences(ended(Resumed), ended(Unresumed)) if line[:2] not in {"--", "++", "@@"}]
    assert any('"SUSPENDED"' in line for line in told)
    assert {line[1:].partition(" ▸ ")[0] for line in told} == {"检索", "知识", "总部的知识"}
