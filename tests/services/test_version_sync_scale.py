"""Version sync on more than ten thousand items: k injected differences are found exactly, in few messages, in seconds."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace

from sqlalchemy import insert

from kbsearch.content import Content
from kbsearch.store.tables import Category, CategoryOrigin, OutboxMessage, Revocation, Subject, SubjectVersion, VersionSource
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.states import Owner, Scope
from kbsearch.workflow.version_sync import DifferenceKind, SyncState
from tests.services.conftest import Staff
from tests.services.house import START, House
from tests.services.syncing import Headquarters, Held, hash_of, repair, run_of, start, told

ITEMS, NODES, EACH = 12_000, 120, 7
SECONDS = 20  # of a busy machine; alone it takes four


def stocked(house: House) -> Headquarters:
    """Both sides hold the same: three quarters in force, the rest expired or revoked."""
    hq = Headquarters(house)
    house.write(lambda u: u.session.execute(insert(Category), [_node(i) for i in range(NODES)]))
    made = [(f"K{i:05d}", f"N{i % NODES:03d}", i % 8) for i in range(ITEMS)]
    for item, node, kind in made:
        ends = house.now if kind == 0 else None
        status = {0: "EXPIRED", 1: "REVOKED"}.get(kind, "PUBLISHED")
        hq.items[item] = Held(node, 1 + kind % 3, Content(title="题", body="文", effective_to=ends), status)
    with house.store.write() as unit:
        unit.session.execute(insert(Subject), [{**_SUBJECT, "id": item, "category_id": node} for item, node, _ in made])
        unit.session.execute(insert(SubjectVersion), [_version(item, hq.items[item]) for item, _, _ in made])
        ended = [_revocation(item, hq.items[item]) for item, _, kind in made if kind == 1]
        unit.session.execute(insert(Revocation), ended)
    return hq


def _node(i: int) -> dict[str, object]:
    return Category(id=f"N{i:03d}", parent_id="HQ", name=f"栏目{i}", origin=CategoryOrigin.HQ).model_dump()


# One row of each table as the store would write it; making each through its model takes longer than what is tested.
_SUBJECT = Subject(id="", owner=Owner.HQ, scope=Scope.NATIONAL, created_at=START).model_dump()
_VERSION = SubjectVersion(
    id="", subject_id="", number=1, title="题", body="文", summary="", script="", keywords=[], regions=[], content_hash="",
    live_from=START, source=VersionSource.IMPORT, created_at=START,
).model_dump()  # fmt: skip
_REVOCATION = Revocation(
    id="", subject_id="", number=1, live_from=START, reason=RevokeReason.SERVICE_RETIRED, source=VersionSource.IMPORT, created_at=START
).model_dump()


def _version(item: str, held: Held) -> dict[str, object]:
    made = {"id": f"V{item}", "subject_id": item, "number": held.number}
    return {**_VERSION, **made, "effective_to": held.content.effective_to, "content_hash": hash_of(held.content)}


def _revocation(item: str, held: Held) -> dict[str, object]:
    return {**_REVOCATION, "id": f"R{item}", "subject_id": item, "number": held.number}


def inject(hq: Headquarters) -> dict[str, str]:
    """EACH differences of every kind, on items in force, spread over the nodes; what is to be found."""
    kinds = list(DifferenceKind)
    chosen = [item for item, held in hq.items.items() if held.status == "PUBLISHED"][:: ITEMS // (len(kinds) * EACH) // 2]
    expected = {}
    for at, item in enumerate(chosen[: len(kinds) * EACH]):
        kind, held = kinds[at % len(kinds)], hq.items[item]
        expected[item] = kind.value
        match kind:
            case DifferenceKind.MISSING_HERE:
                del expected[item]
                hq.items[f"NEW{at}"] = replace(held)
                expected[f"NEW{at}"] = kind.value
            case DifferenceKind.MISSING_THERE:
                del hq.items[item]
            case DifferenceKind.OTHER_NUMBER:
                held.number += 2
            case DifferenceKind.OTHER_CONTENT:
                held.content = Content(title="总部", body="的")
            case DifferenceKind.OTHER_STATUS:
                held.status = "REVOKED"
            case DifferenceKind.OTHER_CATEGORY:
                held.category = f"N{(int(held.category[1:]) + 1) % NODES:03d}"
    return expected


def test_every_injected_difference_is_found_and_nothing_else(house: House, staff: Staff) -> None:
    hq = stocked(house)
    expected = inject(hq)
    assert Counter(expected.values()) == {kind.value: EACH for kind in DifferenceKind}
    house.now = house.now.replace(hour=house.now.hour + 1)
    begun = time.perf_counter()
    run = start(house, staff.zhao)
    house.now = house.now.replace(minute=1)
    answers = hq.answer()
    found = told(house, run.id)
    took = time.perf_counter() - begun
    assert {item: kind for item, (kind, _) in found.items()} == expected
    done = run_of(house, run.id)
    assert (done.state, done.compared) == (SyncState.DIFFERENT, ITEMS)
    assert done.messages == 1 + len(answers)
    assert done.messages <= 3  # one digest, one answer for each 50 categories that differ
    assert took < SECONDS
    repair(house, staff.zhao, run.id)
    assert len(house.sent("version.request")) == 1
    house.now = house.now.replace(minute=2)
    hq.answer_requests()
    assert run_of(house, run.id).state is SyncState.REPAIRED
    house.now = house.now.replace(minute=3)
    again = start(house, staff.zhao)
    house.now = house.now.replace(minute=4)
    hq.answer()
    assert run_of(house, again.id).state is SyncState.EQUAL
    assert {m.kind for m in house.rows_of(OutboxMessage) if m.destination == "hq"} == {"version.digest", "version.request"}
