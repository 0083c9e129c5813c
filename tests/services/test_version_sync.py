"""Version sync: exactly what differs is found, and a repair makes our side what headquarters says, without touching history."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import col, select

from kbsearch.content import Content
from kbsearch.services import reading, sweep
from kbsearch.services.listings import syncing as listings
from kbsearch.services.listings.slices import Paging
from kbsearch.services.listings.syncing import DifferenceFilter
from kbsearch.services.reading import Badge
from kbsearch.services.version_sync import running
from kbsearch.services.version_sync.rows import held_rows
from kbsearch.store.lives import load_life
from kbsearch.store.tables import Category, CategoryOrigin, InboxMessage, Revocation, SubjectVersion, SyncRun, TransitionLog
from kbsearch.workflow.deadlines import Deadlines
from kbsearch.workflow.states import KnowledgeStatus, Scope
from kbsearch.workflow.version_sync import DifferenceKind, RepairAction, SyncState
from tests.services.conftest import Staff
from tests.services.house import HQ_NODE, House, refused
from tests.services.syncing import Headquarters, Held, differences, repair, run_of, start, told

MINUTE = timedelta(minutes=1)
OTHER = Content(title="题", body="总部的文字")


@pytest.fixture
def hq(house: House) -> Headquarters:
    """Headquarters with three items both sides hold, under two nodes."""
    house.add_hq_node("N2")
    made = Headquarters(house)
    for item, node in (("K1", HQ_NODE), ("K2", HQ_NODE), ("K3", "N2")):
        made.push(item, category=node)
    house.now += MINUTE
    return made


def current(house: House, item: str) -> tuple[int | None, str, KnowledgeStatus]:
    life = house.read(lambda s: load_life(s, item))
    assert life is not None
    version = life.current(house.now)
    return (version.number if version else None), (version.body if version else ""), life.status(house.now)


def compared(house: House, hq: Headquarters, staff: Staff, *categories: str) -> SyncRun:
    run = start(house, staff.zhao, *categories)
    house.now += MINUTE
    assert set(hq.answer()) == {"APPLIED"}
    house.now += MINUTE
    return run_of(house, run.id)


def mended(house: House, hq: Headquarters, staff: Staff, run: SyncRun) -> SyncRun:
    repair(house, staff.zhao, run.id)
    house.now += MINUTE
    hq.answer_requests()
    return run_of(house, run.id)


def test_equal_sides_say_so_in_two_messages(house: House, hq: Headquarters, staff: Staff) -> None:
    run = compared(house, hq, staff)
    assert (run.state, run.compared, run.messages, run.ended_at is not None) == (SyncState.EQUAL, 3, 2, True)
    [digest] = house.sent("version.digest")
    assert digest["complete"] is True
    assert [(c["categoryId"], c["count"]) for c in digest["categories"]] == [(HQ_NODE, 2), ("N2", 1)]
    logged = house.rows(select(TransitionLog.action).where(TransitionLog.document_id == run.id).order_by(col(TransitionLog.sequence)))
    assert logged == ["COMPARE", "ANSWER"]


def test_local_items_suspensions_and_what_was_never_in_force_are_no_part_of_it(house: House, hq: Headquarters, staff: Staff) -> None:
    house.in_force(staff.wang, staff.zhao, scope=Scope.LOCAL)
    house.draft(staff.wang)
    house.suspend(staff.zhao, "K1")
    assert compared(house, hq, staff).state is SyncState.EQUAL


def test_every_kind_of_difference_is_told_and_mended(house: House, hq: Headquarters, staff: Staff) -> None:
    for item in ("LOST", "WRONG", "HIGHER", "ENDED", "ALIVE", "MOVED", "LOWER"):
        hq.push(item)
    assert hq.revoke("ALIVE", 1) == "APPLIED"
    hq.items["HIGHER"] = Held(HQ_NODE, 3, OTHER)
    hq.items["LOWER"] = Held(HQ_NODE, 1, hq.items["LOWER"].content)
    house.hq("hqPushVersion", knowledgeId="LOWER", number=2, categoryId=HQ_NODE, content=OTHER.document(), contentHash=OTHER.hash)
    hq.items["NEW"] = Held("N2", 2, OTHER)
    hq.items["WRONG"] = Held(HQ_NODE, 1, OTHER)
    hq.items["ENDED"].status = "REVOKED"
    hq.items["MOVED"].category = "N2"
    hq.items["GONE"] = Held("N2", 4, OTHER, "REVOKED")
    del hq.items["LOST"]
    house.now += MINUTE
    run = compared(house, hq, staff)
    assert (run.state, run.messages) == (SyncState.DIFFERENT, 2)
    assert told(house, run.id) == {
        "NEW": ("MISSING_HERE", "REQUEST_VERSION"),
        "GONE": ("MISSING_HERE", "REQUEST_VERSION"),
        "LOST": ("MISSING_THERE", "REQUEST_REVOCATION"),
        "WRONG": ("OTHER_CONTENT", "REQUEST_VERSION"),
        "HIGHER": ("OTHER_NUMBER", "REQUEST_VERSION"),
        "LOWER": ("OTHER_NUMBER", "REQUEST_VERSION"),
        "ENDED": ("OTHER_STATUS", "REQUEST_REVOCATION"),
        "ALIVE": ("OTHER_STATUS", "REQUEST_VERSION"),
        "MOVED": ("OTHER_CATEGORY", "REQUEST_VERSION"),
    }
    run = mended(house, hq, staff, run)
    assert run.state is SyncState.REPAIRED
    assert all(d.repaired_at is not None for d in differences(house, run.id).values())
    assert current(house, "NEW")[:2] == (2, "总部的文字")
    assert current(house, "GONE") == (None, "", KnowledgeStatus.REVOKED)
    assert current(house, "LOST")[2] is KnowledgeStatus.REVOKED
    assert current(house, "WRONG")[:2] == (1, "总部的文字")
    assert current(house, "HIGHER")[0] == 3
    assert current(house, "LOWER")[:2] == (1, "文")
    assert current(house, "ENDED")[2] is KnowledgeStatus.REVOKED
    assert current(house, "ALIVE")[2] is KnowledgeStatus.PUBLISHED
    house.now += MINUTE
    assert compared(house, hq, staff).state is SyncState.EQUAL  # also for LOST, which neither side counts any more
    assert len(house.sent("version.request")) == 1


def test_a_wrong_wording_is_replaced_and_stays_citable(house: House, hq: Headquarters, staff: Staff) -> None:
    cited_at = house.now
    hq.items["K1"].content = OTHER
    house.hq("hqPushVersion", knowledgeId="K1", number=1, categoryId=HQ_NODE, content=OTHER.document(), contentHash=OTHER.hash)
    assert house.rows_of(InboxMessage)[-1].status.value == "QUARANTINED"  # without a repair it contradicts
    house.now += MINUTE
    run = mended(house, hq, staff, compared(house, hq, staff))
    assert run.state is SyncState.REPAIRED
    rows = house.rows(select(SubjectVersion).where(SubjectVersion.subject_id == "K1").order_by(col(SubjectVersion.created_at)))
    assert [(v.number, v.body, v.accepted) for v in rows] == [(1, "文", False), (1, "总部的文字", True)]
    for at, body in ((cited_at, "文"), (house.now, "总部的文字")):
        found = house.read(lambda s, at=at: reading.cited(s, "K1", 1, at))  # type: ignore[misc]
        assert found is not None
        assert found.body == body
    [entry] = house.rows(select(TransitionLog).where(TransitionLog.action == "SYNC_REPAIR"))
    assert (entry.document_id, entry.details["versionsDropped"]) == ("K1", [{"id": rows[0].id, "number": 1}])


def test_a_revoked_text_does_not_come_into_force_on_its_way(house: House, hq: Headquarters, staff: Staff) -> None:
    hq.items["GONE"] = Held(HQ_NODE, 2, OTHER, "REVOKED", "NO_LONGER_USEFUL")
    run = compared(house, hq, staff)
    repair(house, staff.zhao, run.id)
    held = hq.items["GONE"]
    held.status = "PUBLISHED"  # only its text for now
    house.now += MINUTE
    assert hq.send("GONE") == ["APPLIED"]
    page = house.read(lambda s: reading.page(s, "GONE", house.now))
    assert page is not None
    assert (page.status, page.text_hidden) == (KnowledgeStatus.REVOKED, True)
    moment = house.now
    house.now += MINUTE
    assert hq.revoke("GONE", 2, "NO_LONGER_USEFUL") == "APPLIED"
    page = house.read(lambda s: reading.page(s, "GONE", house.now))
    assert page is not None
    shown = page.shown
    assert shown is not None
    assert (page.status, page.text_hidden, shown.body) == (KnowledgeStatus.REVOKED, False, "总部的文字")
    ends = house.rows(select(Revocation).where(Revocation.subject_id == "GONE", col(Revocation.accepted)))
    assert [(e.reason.value, e.live_from) for e in ends] == [("NO_LONGER_USEFUL", moment)]
    assert house.read(lambda s: load_life(s, "GONE")).timeline.intervals == ()  # type: ignore[union-attr]


def test_a_wrong_text_of_a_revoked_item_is_replaced_under_its_end(house: House, hq: Headquarters, staff: Staff) -> None:
    assert hq.revoke("K1", 1) == "APPLIED"
    hq.items["K1"] = Held(HQ_NODE, 1, OTHER, "REVOKED")
    run = compared(house, hq, staff)
    assert told(house, run.id) == {"K1": ("OTHER_CONTENT", "REQUEST_VERSION")}
    assert mended(house, hq, staff, run).state is SyncState.REPAIRED
    page = house.read(lambda s: reading.page(s, "K1", house.now))
    assert page is not None
    assert page.shown is not None
    assert (page.status, page.shown.body, page.current) == (KnowledgeStatus.REVOKED, "总部的文字", None)


def test_our_phantom_version_above_a_revoked_one_goes(house: House, hq: Headquarters, staff: Staff) -> None:
    house.hq("hqPushVersion", knowledgeId="K1", number=2, base=1, categoryId=HQ_NODE, content=OTHER.document(), contentHash=OTHER.hash)
    hq.items["K1"].status = "REVOKED"
    house.now += MINUTE
    run = compared(house, hq, staff)
    repair(house, staff.zhao, run.id)
    hq.items["K1"].status = "PUBLISHED"
    hq.send("K1")  # its text alone does not bring it back
    assert current(house, "K1")[2] is KnowledgeStatus.REVOKED
    hq.revoke("K1", 1)
    assert run_of(house, run.id).state is SyncState.REPAIRED


def test_the_badge_stands_until_it_is_repaired(house: House, hq: Headquarters, staff: Staff) -> None:
    def badged() -> list[str]:
        pages = house.read(lambda s: reading.pages(s, ["K1", "K2", "K3"], house.now))
        return [i for i, p in pages.items() if Badge.DIFFERS_FROM_HQ in p.badges]

    hq.items["K1"].content = hq.items["K2"].content = OTHER
    run = compared(house, hq, staff)
    assert badged() == ["K1", "K2"]
    repair(house, staff.zhao, run.id, "K2")
    house.now += MINUTE
    hq.answer_requests()
    assert (run_of(house, run.id).state, badged()) == (SyncState.REPAIRED, ["K2"])
    house.now += MINUTE
    again = compared(house, hq, staff)
    assert (told(house, again.id), badged()) == ({"K2": ("OTHER_CONTENT", "REQUEST_VERSION")}, ["K2"])
    lock = run_of(house, again.id).lock_version
    house.write(lambda u: running.discard(u, staff.zhao, again.id, lock_version=lock))
    assert badged() == []


def test_what_is_on_its_way_waits(house: House, hq: Headquarters, staff: Staff) -> None:
    item = house.in_force(staff.wang, staff.zhao)
    mine = house.read(lambda s: held_rows(s, house.now, [item]))[item]
    hq.items[item] = Held(HQ_NODE, mine.number, OTHER)
    hq.items["K1"].content = OTHER
    update = house.draft_update(staff.wang, item, Content(title="新", body="新"))
    house.to_hq(staff.wang, staff.zhao, update.id)
    house.now += MINUTE
    house.hq("hqPushVersion", knowledgeId="K2", number=9, base=8, categoryId=HQ_NODE, content=OTHER.document(), contentHash=OTHER.hash)
    hq.items["K2"].content = OTHER
    house.now += MINUTE
    run = compared(house, hq, staff)
    assert {i: action for i, (_, action) in told(house, run.id).items()} == {item: "WAIT", "K1": "REQUEST_VERSION", "K2": "WAIT"}
    repair(house, staff.zhao, run.id)
    [request] = house.sent("version.request")
    assert request["items"] == [{"knowledgeId": "K1", "held": 1}]


def test_what_changed_meanwhile_is_not_told_falsely(house: House, hq: Headquarters, staff: Staff) -> None:
    run = start(house, staff.zhao)
    house.now += MINUTE
    answer_to = hq.rows()
    hq.push("K4")
    hq.items["K1"] = Held(HQ_NODE, 2, OTHER)
    hq.send("K1")
    old = [{"categoryId": HQ_NODE, "items": answer_to[HQ_NODE]}]  # headquarters' rows of before both
    assert house.hq("hqAnswerDigest", runId=run.id, categories=old).receipt.value == "APPLIED"
    finished = run_of(house, run.id)
    assert (finished.state, finished.note) == (SyncState.EQUAL, "另有 2 条在比对期间变动，下次再比")


def test_an_answer_comes_in_portions_in_any_order_and_more_than_once(house: House, hq: Headquarters, staff: Staff) -> None:
    hq.items["K1"].category, hq.items["K3"].content = "N2", OTHER
    run = start(house, staff.zhao)
    house.now += MINUTE
    rows = hq.rows()

    def send(portion: int, *categories: str, portions: int = 2) -> str:
        told_now = [{"categoryId": c, "items": rows[c]} for c in categories]
        return house.hq("hqAnswerDigest", runId=run.id, categories=told_now, portion=portion, portions=portions).receipt.value

    assert send(2, "N2") == "APPLIED"
    assert run_of(house, run.id).state is SyncState.ASKED
    assert send(2, "N2") == "DUPLICATE"
    assert send(2, HQ_NODE) == "REJECTED"  # the same portion saying something else
    assert send(1, HQ_NODE, portions=3) == "REJECTED"
    assert send(3, HQ_NODE) == "REJECTED"
    assert send(1, "N2") == "REJECTED"  # a category twice
    assert send(1, HQ_NODE) == "APPLIED"
    assert told(house, run.id) == {"K1": ("OTHER_CATEGORY", "REQUEST_VERSION"), "K3": ("OTHER_CONTENT", "REQUEST_VERSION")}
    assert send(1, HQ_NODE) == "OUT_OF_DATE"
    assert house.hq("hqAnswerDigest", runId="nowhere", categories=[]).receipt.value == "REJECTED"
    assert run_of(house, run.id).messages == 3


def test_a_branch_is_compared_alone(house: House, hq: Headquarters, staff: Staff) -> None:
    hq.items["K1"].content = hq.items["K3"].content = OTHER
    run = compared(house, hq, staff, "N2")
    [digest] = house.sent("version.digest")
    assert (digest["complete"], [c["categoryId"] for c in digest["categories"]]) == (False, ["N2"])
    assert list(told(house, run.id)) == ["K3"]
    full = compared(house, hq, staff)
    assert list(told(house, full.id)) == ["K1", "K3"]
    assert run_of(house, run.id).state is SyncState.DISCARDED  # the newer one speaks for it


def test_who_may_do_what(house: House, hq: Headquarters, staff: Staff) -> None:
    assert refused(lambda: start(house, staff.wang)) == ("PERMISSION_DENIED", None)
    assert refused(lambda: start(house, staff.zhao, "nowhere")) == ("NOT_FOUND", None)
    assert refused(lambda: start(house, staff.zhao, "LOCAL-ROOT")) == ("RULE_VIOLATED", "NOT_HQ_CATEGORY")
    run = start(house, staff.operator)
    assert refused(lambda: start(house, staff.zhao)) == ("RULE_VIOLATED", "SYNC_RUNNING")
    assert refused(lambda: repair(house, staff.zhao, run.id)) == ("RULE_VIOLATED", "NOTHING_TO_REPAIR")
    hq.items["K1"].content = OTHER
    house.now += MINUTE
    hq.answer()
    assert refused(lambda: repair(house, staff.operator, run.id)) == ("PERMISSION_DENIED", None)
    assert refused(lambda: repair(house, staff.zhao, run.id, "nowhere")) == ("RULE_VIOLATED", "NOT_IN_PLAN")
    assert refused(lambda: repair(house, staff.zhao, run.id, "K1")) == ("RULE_VIOLATED", "NOTHING_CHOSEN")
    stale = lambda: house.write(lambda u: running.discard(u, staff.zhao, run.id, lock_version=99))  # noqa: E731
    assert refused(stale) == ("STALE_OBJECT", "LOCK_VERSION")
    lock = run_of(house, run.id).lock_version
    house.write(lambda u: running.discard(u, staff.zhao, run.id, lock_version=lock, reason_text="总部有误"))
    again = lambda: house.write(lambda u: running.discard(u, staff.zhao, run.id, lock_version=lock + 1))  # noqa: E731
    assert refused(again) == ("RULE_VIOLATED", "SYNC_ENDED")
    assert run_of(house, run.id).note == "总部有误"


def test_an_unanswered_comparison_gives_way_after_an_hour(house: House, staff: Staff) -> None:
    run = start(house, staff.zhao)
    house.now += timedelta(hours=1)
    start(house, staff.zhao)
    assert run_of(house, run.id).state is SyncState.DISCARDED
    assert house.hq("hqAnswerDigest", runId=run.id, categories=[]).receipt.value == "OUT_OF_DATE"


def test_an_open_update_on_a_replaced_wording_goes_back_to_its_author(house: House, hq: Headquarters, staff: Staff) -> None:
    item = house.in_force(staff.wang, staff.zhao)
    house.now += MINUTE
    number = house.read(lambda s: held_rows(s, house.now, [item]))[item].number
    hq.items[item] = Held(HQ_NODE, number, OTHER)
    run = compared(house, hq, staff)
    repair(house, staff.zhao, run.id)
    update = house.draft_update(staff.wang, item, Content(title="新", body="新"))
    house.submit(staff.wang, update.id)
    house.now += MINUTE
    hq.answer_requests()
    assert house.get(update.id).state.value == "BASE_CONFLICT"
    assert current(house, item)[1] == "总部的文字"


def test_the_schedule_compares_once_a_period(house: House, hq: Headquarters) -> None:
    assert house.pass_time(timedelta(days=3))["compared"] == 0  # off unless set
    object.__setattr__(house.store, "deadlines", Deadlines(sync_every=timedelta(hours=24)))
    assert sweep.sweep(house.store)["compared"] == 1
    assert sweep.sweep(house.store)["compared"] == 0
    hq.answer()
    assert house.pass_time(timedelta(hours=23))["compared"] == 0
    assert house.pass_time(timedelta(hours=1))["compared"] == 1
    runs = house.rows_of(SyncRun)
    assert [(r.state.value, r.started_by) for r in runs] == [("EQUAL", None), ("ASKED", None)]


def test_headquarters_is_asked_once_for_what_a_deferred_message_waits_for(house: House) -> None:
    Headquarters(house).push("K1")
    house.hq("hqPushVersion", knowledgeId="K1", number=3, base=2, categoryId=HQ_NODE, content=OTHER.document(), contentHash=OTHER.hash)
    house.hq("hqPushVersion", knowledgeId="K9", number=1, categoryId="LATER", content=OTHER.document(), contentHash=OTHER.hash)
    assert house.pass_time(timedelta(minutes=29))["asked"] == 0
    assert house.pass_time(MINUTE)["asked"] == 1
    assert [m["items"] for m in house.sent("version.request")] == [[{"knowledgeId": "K1", "held": 1}]]
    done = house.pass_time(timedelta(minutes=30))
    assert (done["asked"], done["waiting"]) == (0, 2)  # then the alarm, as for everything that waits


def test_a_merged_category_is_one_on_both_sides(house: House, hq: Headquarters, staff: Staff) -> None:
    house.nodes.remove("N2")
    house._trees += 1
    tree = [{"id": HQ_NODE, "parentId": None, "name": HQ_NODE, "position": 0}]
    merges = [{"from": "N2", "into": HQ_NODE}]
    assert house.hq("hqPushTaxonomy", treeVersion=house._trees, nodes=tree, merges=merges).receipt.value == "APPLIED"
    hq.items["K3"].category = HQ_NODE
    assert compared(house, hq, staff).state is SyncState.EQUAL
    assert house.read(lambda s: s.get_one(Category, "N2")).origin is CategoryOrigin.HQ


def test_differences_are_listed_by_kind_action_and_standing(house: House, hq: Headquarters, staff: Staff) -> None:
    hq.items["K9"] = Held(HQ_NODE, 1, OTHER)
    run = compared(house, hq, staff)

    def listed(wanted: DifferenceFilter) -> list[str]:
        found = house.read(lambda s: listings.differences(s, run.id, wanted, Paging(10, None, b"secret")))
        return [row.knowledge_id for row in found.rows]

    missing = DifferenceFilter(kinds=frozenset({DifferenceKind.MISSING_HERE}), standing_only=True)
    assert listed(missing) == ["K9"]
    assert "K9" in listed(DifferenceFilter(actions=frozenset({RepairAction.REQUEST_VERSION})))
    assert listed(DifferenceFilter(actions=frozenset({RepairAction.WAIT}))) == []
