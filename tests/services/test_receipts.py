"""Receipts: bound to the wording, following the roster, asked for again only by what matters, proven per person."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, select

from kbsearch.services import people
from kbsearch.services.announcements import drafting
from kbsearch.services.announcements.listing import AnnouncementFilter
from kbsearch.services.desk.unread import Waiting, waiting
from kbsearch.services.drafts import Draft
from kbsearch.services.people import CONSOLE
from kbsearch.services.receipts.exporting import COLUMNS, Verified, export_receipts, verify_receipts
from kbsearch.services.receipts.giving import mark_read, sign
from kbsearch.services.receipts.proofs import proof_key
from kbsearch.services.receipts.reminding import Reminded, remind_unsigned
from kbsearch.services.receipts.roster import lines, summary
from kbsearch.store.lives import load_life
from kbsearch.store.tables import Notice, Person, Receipt
from kbsearch.store.unit import Unit
from kbsearch.workflow.actions import Role
from kbsearch.workflow.audience import Audience
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.notices import NoticeKind
from kbsearch.workflow.receipts import ReceiptState
from tests.services import announcing as a
from tests.services.announcing import EVERYBODY_HERE, ours, wording
from tests.services.conftest import Staff, hire
from tests.services.house import House, refused

HOUR = timedelta(hours=1)
MUST = wording(EVERYBODY_HERE, must_read=True)


def states(house: House, announcement_id: str) -> dict[str, str]:
    """State by login, `!` where a signature is asked for again."""

    def find(session: Session) -> dict[str, str]:
        life = load_life(session, announcement_id)
        assert life is not None
        return {line.person.login: line.state.value + "!" * line.standing.again for line in lines(session, life, house.now)}

    return house.read(find)


def read(house: House, actor: Actor, announcement_id: str) -> Receipt:
    return house.write(lambda u: mark_read(u, actor, announcement_id))


def signed(house: House, actor: Actor, announcement_id: str, content_hash: str | None = None) -> Receipt:
    if content_hash is None:
        current = a.seen(house, actor, announcement_id).current
        assert current is not None
        content_hash = current.content_hash
    return house.write(lambda u: sign(u, actor, announcement_id, content_hash=content_hash))


def corrected(house: House, staff: Staff, announcement_id: str, *, material: bool, body: str, audience: Audience = EVERYBODY_HERE) -> None:
    """更正, in force at once (本地)."""
    content = wording(audience, must_read=True, body=body)
    change = Draft(material=material)
    made = house.write(lambda u: drafting.draft_correction(u, staff.wang, announcement_id, content=content, draft=change))
    house.submit(staff.wang, made.id)
    house.approve(staff.zhao, made.id)


def set_active(house: House, login: str, *, active: bool) -> None:
    def change(unit: Unit) -> None:
        person = unit.session.exec(select(Person).where(Person.login == login)).one()
        people.update_person(unit, CONSOLE, person.id, lock_version=person.lock_version, name=None, roles=None, active=active)

    house.write(change)


def mine(house: House, actor: Actor) -> tuple[list[str], list[str], Waiting]:
    counted = house.read(lambda s: waiting(s, actor, house.now))
    return a.mine(house, actor, AnnouncementFilter.UNREAD), a.mine(house, actor, AnnouncementFilter.UNSIGNED), counted


def test_from_pending_through_read_to_signed(house: House, staff: Staff) -> None:
    key = a.in_force(house, staff.wang, staff.zhao, MUST)
    assert set(states(house, key).values()) == {"PENDING"}
    assert mine(house, staff.agent) == ([key], [key], Waiting(1, 1, 0))
    read(house, staff.agent, key)
    assert states(house, key)["agent"] == "READ"
    assert mine(house, staff.agent) == ([], [key], Waiting(0, 1, 0))
    house.now += HOUR
    first = signed(house, staff.agent, key)
    assert states(house, key)["agent"] == "SIGNED"
    assert mine(house, staff.agent) == ([], [], Waiting(0, 0, 0))
    house.now += HOUR
    again = signed(house, staff.agent, key)
    assert (again.signed_at, again.proof) == (first.signed_at, first.proof)
    counted = house.read(lambda s: summary(lines(s, load_life(s, key), house.now)))  # type: ignore[arg-type]
    assert (counted.total, counted.signed, counted.read, counted.pending) == (8, 1, 0, 7)


def test_only_a_material_change_asks_again(house: House, staff: Staff) -> None:
    key = a.in_force(house, staff.wang, staff.zhao, MUST)
    signed(house, staff.agent, key)
    read(house, staff.li, key)
    house.now += HOUR
    corrected(house, staff, key, material=False, body="今晚割接，暂停办理业务。")
    assert (states(house, key)["agent"], states(house, key)["li"]) == ("SIGNED", "READ")
    house.now += HOUR
    corrected(house, staff, key, material=True, body="改到明晚割接。")
    assert (states(house, key)["agent"], states(house, key)["li"]) == ("PENDING!", "PENDING")
    assert mine(house, staff.agent)[1] == [key]
    read(house, staff.agent, key)
    assert states(house, key)["agent"] == "READ!"
    signed(house, staff.agent, key)
    assert states(house, key)["agent"] == "SIGNED"
    assert len(house.rows_of(Receipt)) == 3  # both of the agent's signatures stay, and one reading


def test_only_the_wording_in_force_can_be_signed(house: House, staff: Staff) -> None:
    key = a.in_force(house, staff.wang, staff.zhao, MUST)
    old = a.seen(house, staff.agent, key).current
    assert old is not None
    house.now += HOUR
    corrected(house, staff, key, material=True, body="改到明晚割接。")
    assert refused(lambda: signed(house, staff.agent, key, old.content_hash)) == ("STALE_OBJECT", "CONTENT_HASH")
    assert refused(lambda: signed(house, staff.agent, key, "x" * 64)) == ("STALE_OBJECT", "CONTENT_HASH")
    assert house.rows_of(Receipt) == []
    recalling = a.recall(house, staff.wang, key)
    house.submit(staff.wang, recalling.id)
    house.approve(staff.zhao, recalling.id)
    assert refused(lambda: signed(house, staff.agent, key, old.content_hash)) == ("RULE_VIOLATED", "NOT_IN_FORCE")
    assert mine(house, staff.agent) == ([], [], Waiting(0, 0, 0))


def test_whom_it_is_not_for_neither_reads_nor_signs(house: House, staff: Staff) -> None:
    key = a.in_force(house, staff.wang, staff.zhao, wording(ours("agent"), must_read=True))
    assert states(house, key) == {"agent": "PENDING"}
    assert refused(lambda: read(house, staff.li, key)) == ("NOT_FOUND", None)
    assert refused(lambda: read(house, staff.zhao, key)) == ("RULE_VIOLATED", "NOT_ADDRESSED")  # seen by office only
    assert refused(lambda: read(house, staff.agent, "nothing")) == ("NOT_FOUND", None)


def test_receipts_follow_the_roster(house: House, staff: Staff) -> None:
    key = a.in_force(house, staff.wang, staff.zhao, MUST)
    signed(house, staff.li, key)
    set_active(house, "li", active=False)
    assert "li" not in states(house, key)  # a leaver drops out
    assert [r.person_id for r in house.rows_of(Receipt)] == [staff.li.id]  # what they signed stays
    house.enroll("sun", Role.AGENT)
    assert states(house, key)["sun"] == "PENDING"  # a joiner gets what is valid
    set_active(house, "li", active=True)
    assert states(house, key)["li"] == "SIGNED"  # a returner has signed it already
    set_active(house, "li", active=False)
    house.now += HOUR
    corrected(house, staff, key, material=True, body="改到明晚割接。")
    set_active(house, "li", active=True)
    assert states(house, key)["li"] == "PENDING!"  # and is asked again by what changed meanwhile


def test_who_comes_after_it_ended_is_not_asked(house: House, staff: Staff) -> None:
    until = house.now + HOUR
    key = a.in_force(house, staff.wang, staff.zhao, wording(EVERYBODY_HERE, must_read=True, effective_to=until))
    house.pass_time(2 * HOUR)
    new = house.enroll("sun", Role.AGENT)
    assert "sun" not in states(house, key)
    assert states(house, key)["agent"] == "PENDING"
    assert mine(house, new) == ([], [], Waiting(0, 0, 0))


def test_those_who_have_not_signed_are_reminded_every_four_hours_at_most(house: House, staff: Staff) -> None:
    key = a.in_force(house, staff.wang, staff.zhao, wording(ours("wang", "li", "agent"), must_read=True))
    signed(house, staff.li, key)
    remind = lambda by: house.write(lambda u: remind_unsigned(u, by, key))  # noqa: E731
    assert remind(staff.wang) == Reminded(1, 0)  # not those who signed, not oneself
    told = [n for n in house.rows_of(Notice) if n.kind is NoticeKind.SIGN_REMINDER]
    assert [(n.person_id, n.document_id, n.next_step) for n in told] == [(staff.agent.id, key, "请打开公告，读后签收")]
    house.now += 3 * HOUR
    assert remind(staff.zhao) == Reminded(1, 1)  # wang was spared nothing yet: it was wang who reminded
    house.now += HOUR
    assert remind(staff.zhao) == Reminded(1, 1)
    assert refused(lambda: remind(staff.agent))[0] == "PERMISSION_DENIED"
    other = a.in_force(house, staff.wang, staff.zhao, wording(ours("agent")))
    assert refused(lambda: house.write(lambda u: remind_unsigned(u, staff.zhao, other))) == ("RULE_VIOLATED", "NOT_MUST_READ")


def exported(house: House, key: str, folder: Path) -> tuple[Path, list[list[str]]]:
    file = folder / "签收.csv"
    export_receipts(house.store, CONSOLE, key, file)
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return file, list(csv.reader(stream))


def tampered(file: Path, rows: list[list[str]], login: str, **cells: str) -> Path:
    changed = [list(row) for row in rows]
    for row in changed:
        if row[5] == login:
            for name, value in cells.items():
                row[COLUMNS.index(name)] = value
    other = file.with_name("改过.csv")
    with other.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows(changed)
    return other


def test_the_exported_list_proves_itself_and_nothing_else(house: House, staff: Staff, tmp_path: Path) -> None:
    house.enroll("=cmd()", Role.AGENT)
    key = a.in_force(house, staff.wang, staff.zhao, wording(EVERYBODY_HERE, title="-割接", must_read=True))
    signed(house, staff.agent, key)
    signed(house, staff.li, key)
    read(house, staff.qian, key)
    file, rows = exported(house, key, tmp_path)
    assert [row[5] for row in rows[1:]] == ["'=cmd()", "admin", "agent", "both", "li", "operator", "qian", "wang", "zhao"]
    assert rows[1][1] == "'-割接"
    check = lambda f: verify_receipts(house.store, CONSOLE, f)  # noqa: E731
    assert check(file) == Verified(2, 7, (), 0)
    by = {row[5]: row for row in rows}
    for cells in (
        {"签收时间": "2026-11-01T00:00:00.000000Z"},
        {"内容哈希": "0" * 64},
        {"人员编号": staff.wang.id, "工号": "wang", "姓名": "姓wang"},
        {"姓名": "别人"},
        {"签收凭证": "0" * 64},
        {"签收凭证": ""},
        {"公告编号": "OTHER"},
        {"签收时间": "昨天"},
        {"签收时间": "2026-11-01T00:00:00"},
        {"状态": "待送达"},
    ):
        found = check(tampered(file, rows, "agent", **cells))
        assert not found.holds, cells
        assert [fault.line for fault in found.faults] == [4], cells
    forged = {"状态": "已签收", "签收时间": by["agent"][10], "签收凭证": by["agent"][11], "内容哈希": by["agent"][3]}
    assert not check(tampered(file, rows, "qian", **forged)).holds
    assert check(tampered(file, [row for row in rows if row[5] != "agent"], "")).missing == 1
    assert refused(lambda: check(tampered(file, [row[:-1] for row in rows], ""))) == ("RULE_VIOLATED", "BAD_FILE")


def test_a_row_changed_behind_our_back_has_no_valid_proof(house: House, staff: Staff) -> None:
    key = a.in_force(house, staff.wang, staff.zhao, MUST)
    signed(house, staff.agent, key)

    def proven() -> bool | None:
        def find(session: Session) -> bool | None:
            line = next(x for x in lines(session, load_life(session, key), house.now) if x.person.login == "agent")  # type: ignore[arg-type]
            return line.proven(proof_key(session) or b"")

        return house.read(find)

    assert proven() is True
    with house.store.write() as unit:
        row = unit.session.exec(select(Receipt)).one()
        row.signed_at -= HOUR
    assert proven() is False


def test_must_read_announcements_are_announced_once_per_wording_that_asks(house: House, staff: Staff) -> None:
    def told() -> list[str]:
        return sorted(n.person_id for n in house.rows_of(Notice) if n.kind is NoticeKind.ANNOUNCEMENT)

    content = wording(ours("agent", "li"), must_read=True)
    key = a.in_force(house, staff.wang, staff.zhao, content)
    both = sorted([staff.agent.id, staff.li.id])
    assert told() == both
    a.in_force(house, staff.wang, staff.zhao, wording(ours("agent"), title="闲话"))
    assert told() == both  # not must-read
    signed(house, staff.agent, key)

    house.now += HOUR
    corrected(house, staff, key, material=False, body="错字改过。", audience=ours("agent", "li"))
    assert told() == both
    house.now += HOUR
    corrected(house, staff, key, material=True, body="改到后天。", audience=ours("agent", "li"))
    assert told() == sorted(both * 2)
    texts = {n.text for n in house.rows_of(Notice) if n.person_id == staff.agent.id and n.kind is NoticeKind.ANNOUNCEMENT}
    assert texts == {"二线客服系统发布了必读公告。", "内容有实质更正，须重新签收。"}


def test_releasing_to_others_tells_only_those(house: House, staff: Staff) -> None:
    a.from_hq(house, "HA1", wording(ours("agent"), must_read=True))
    a.released(house, staff.zhao, "HA1", ours("agent", "li"))
    a.released(house, staff.zhao, "HA1")
    told = [n.person_id for n in house.rows_of(Notice) if n.kind is NoticeKind.ANNOUNCEMENT]
    assert told == [staff.agent.id, staff.li.id]


@pytest.mark.parametrize("state", list(ReceiptState))
def test_reading_twice_at_once_is_one_receipt(either_house: House, state: ReceiptState) -> None:
    """On each engine: the second writer finds the first one's row."""
    staff = hire(either_house)
    key = a.in_force(either_house, staff.wang, staff.zhao, MUST)
    if state is not ReceiptState.PENDING:
        read(either_house, staff.agent, key)
    if state is ReceiptState.SIGNED:
        signed(either_house, staff.agent, key)
    read(either_house, staff.agent, key)
    signed(either_house, staff.agent, key)
    assert len(either_house.rows_of(Receipt)) == 1


def test_what_is_no_list_of_ours_is_refused(house: House, staff: Staff, tmp_path: Path) -> None:
    knowledge = house.in_force(staff.wang, staff.zhao)
    for key in (knowledge, "NOBODYS"):
        assert refused(lambda: export_receipts(house.store, CONSOLE, key, tmp_path / "x.csv")) == ("NOT_FOUND", None)  # noqa: B023 - run at once
    short, huge = tmp_path / "short.csv", tmp_path / "huge.csv"
    short.write_text(",".join(COLUMNS) + "\n只有一格\n", encoding="utf-8-sig")
    with huge.open("wb") as stream:
        stream.truncate(1 << 32)
    for file in (short, huge):
        assert refused(lambda: verify_receipts(house.store, CONSOLE, file)) == ("RULE_VIOLATED", "BAD_FILE")  # noqa: B023 - run at once


def test_reminding_needs_an_announcement_in_force(house: House, staff: Staff) -> None:
    knowledge = house.in_force(staff.wang, staff.zhao)
    assert refused(lambda: house.write(lambda u: remind_unsigned(u, staff.zhao, knowledge)))[0] == "NOT_FOUND"
    key = a.in_force(house, staff.wang, staff.zhao, wording(EVERYBODY_HERE, must_read=True, effective_to=house.now + HOUR))
    house.now += 2 * HOUR
    assert refused(lambda: house.write(lambda u: remind_unsigned(u, staff.zhao, key)))[0] == "RULE_VIOLATED"
