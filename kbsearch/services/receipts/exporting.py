"""The list of who has signed as a CSV file for Excel, and the check that such a file says what was signed; changes no receipt."""

from __future__ import annotations

import csv
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlmodel import Session, col, select

from kbsearch.clock import wire_time
from kbsearch.services.people import require_role
from kbsearch.services.receipts.proofs import proof_key, proof_of
from kbsearch.services.receipts.roster import Line, lines
from kbsearch.services.refusals import not_found, violated
from kbsearch.store.audiences import shown_version
from kbsearch.store.lives import Life, load_life
from kbsearch.store.tables import Person, Receipt
from kbsearch.store.unit import Store
from kbsearch.workflow.actions import Role
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.receipts import ReceiptState
from kbsearch.workflow.states import SubjectKind

COLUMNS = ("公告编号", "公告标题", "版本", "内容哈希", "人员编号", "工号", "姓名", "状态", "须重新签收", "已读时间", "签收时间", "签收凭证")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MOST_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class Exported:
    """How many are on the list, and how many of them have signed."""

    people: int
    signed: int


@dataclass(frozen=True, slots=True)
class Fault:
    """A line of a file that does not say what was signed: its number (the heading is 1) and why, in Chinese."""

    line: int
    why: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check found: signatures that hold, lines without a signature, faults, and signatures the file lacks."""

    valid: int
    unsigned: int
    faults: tuple[Fault, ...]
    missing: int

    @property
    def holds(self) -> bool:
        """Whether the file says what was signed, and all of it."""
        return not self.faults and not self.missing


def harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def export_receipts(store: Store, actor: Actor, announcement_id: str, target: Path) -> Exported:
    """Write everybody concerned, by login, with their proofs; UTF-8 with BOM, times in UTC.

    Raises Refused for a missing right or an unknown announcement; OSError where the file cannot be written.
    """
    require_role(actor, Role.REVIEWER)
    with store.read() as session:
        life = load_life(session, announcement_id)
        if life is None or life.subject.kind is not SubjectKind.ANNOUNCEMENT:
            raise not_found("公告", "announcementId")
        found = lines(session, life, store.clock())
        title = _title(life, store.clock())
        beside = target.with_name(f".{target.name}.part")
        try:
            with beside.open("w", encoding="utf-8-sig", newline="") as stream:
                writer = csv.writer(stream)
                writer.writerow(COLUMNS)
                writer.writerows([harmless(cell) for cell in _cells(announcement_id, title, line)] for line in found)
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)
    return Exported(len(found), sum(line.state is ReceiptState.SIGNED for line in found))


def _title(life: Life, at: datetime) -> str:
    shown = shown_version(life, at)
    return "" if shown is None else shown.title


def _cells(announcement_id: str, title: str, line: Line) -> tuple[str, ...]:
    receipt, person = line.receipt, line.person
    return (
        announcement_id,
        title,
        "" if receipt is None else str(receipt.version_number),
        "" if receipt is None else receipt.content_hash,
        person.id,
        person.login,
        person.name,
        line.state.label,
        "是" if line.standing.again else "",
        "" if receipt is None else wire_time(receipt.read_at) or "",
        "" if receipt is None else wire_time(receipt.signed_at) or "",
        "" if receipt is None else receipt.proof,
    )


def verify_receipts(store: Store, actor: Actor, source: Path) -> Verified:
    """Check every line of an exported file against the installation's secret, its people and its receipts.

    Raises Refused (BAD_FILE) where it is no such file; OSError where it cannot be read.
    """
    require_role(actor, Role.REVIEWER)
    rows = list(_read(source))
    with store.read() as session:
        key = proof_key(session) or b""
        people = {p.id: p for p in session.exec(select(Person))}
        valid = unsigned = 0
        faults = []
        for number, row in rows:
            why = _fault(key, people, row)
            if why is not None:
                faults.append(Fault(number, why))
            elif row["签收时间"]:
                valid += 1
            else:
                unsigned += 1
        return Verified(valid, unsigned, tuple(faults), _missing(session, [row for _, row in rows]))


def _read(source: Path) -> Iterator[tuple[int, dict[str, str]]]:
    bad = violated("BAD_FILE", f"{source.name} 不是签收清单：须为 kbsearch receipts export 写出的 CSV，列不能增删改名。", "file")
    if source.stat().st_size > _MOST_BYTES:
        raise bad
    try:
        with source.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            if tuple(reader.fieldnames or ()) != COLUMNS:
                raise bad
            for row in reader:
                if None in row or None in row.values():
                    raise bad
                yield reader.line_num, {name: cell.removeprefix("'") if cell[1:2] in _FORMULA else cell for name, cell in row.items()}
    except (UnicodeDecodeError, csv.Error) as error:
        raise bad from error


def _fault(key: bytes, people: dict[str, Person], row: dict[str, str]) -> str | None:
    signed = row["状态"] == ReceiptState.SIGNED.label
    person = people.get(row["人员编号"])
    if person is None or (person.login, person.name) != (row["工号"], row["姓名"]):
        return "人员编号、工号、姓名不相符"
    if not signed:
        return "没有签收却有签收时间或凭证" if row["签收时间"] or row["签收凭证"] else None
    try:
        signed_at = datetime.fromisoformat(row["签收时间"])
    except ValueError:
        return "签收时间不对"
    if signed_at.tzinfo is None:
        return "签收时间不对"
    expected = proof_of(key, person_id=person.id, subject_id=row["公告编号"], content_hash=row["内容哈希"], signed_at=signed_at)
    return None if hmac.compare_digest(expected.encode(), row["签收凭证"].encode()) else "签收凭证不符"


def _missing(session: Session, rows: list[dict[str, str]]) -> int:
    """Active people's signatures of the same wordings that the file does not have."""
    told = {(row["公告编号"], row["人员编号"], row["内容哈希"]) for row in rows if row["签收时间"]}
    wordings = {(announcement, wording) for announcement, _, wording in told}
    statement = (
        select(Receipt)
        .join(Person, col(Person.id) == col(Receipt.person_id))
        .where(col(Receipt.subject_id).in_({a for a, _ in wordings}), col(Receipt.signed_at).is_not(None), col(Person.active))
    )
    there = {(r.subject_id, r.person_id, r.content_hash) for r in session.exec(statement)}
    listed = {row["人员编号"] for row in rows}
    return sum((a, w) in wordings and (a, p, w) not in told and p not in listed for a, p, w in there)
