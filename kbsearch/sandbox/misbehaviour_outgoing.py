"""Carries headquarters' letters as badly as the plan asks, and watches that nothing but the true ones takes effect; plans nothing."""

from __future__ import annotations

import asyncio
import base64
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from kbsearch.sandbox.courier import Conduct, Delivered, Letter, TryAgain, Verdict
from kbsearch.sandbox.instants import Clock
from kbsearch.sandbox.misbehaviour import DECISIONS, Fault, Misbehaviour, Rule, Traffic
from kbsearch.sandbox.misbehaviour_bodies import contradiction, stale_round, wrong_hash
from kbsearch.sandbox.outbox import Outbox

FOREIGN_KEY = f"whsec_{base64.b64encode(b'not the key that was agreed upon').decode()}"
# What the others of its lane may pass: an acknowledgement behind its decision, a version, an announcement or a tree behind the next
# one, a reply behind whatever becomes of the announcement it answers. A recall must not be passed: what is published after it stands.
PASSABLE = frozenset(
    {"hqAcknowledge", "hqPushTaxonomy", "hqPushVersion", "hqPublishAnnouncement", "hqCorrectAnnouncement", "hqDeliverReply"}
)
REFUSALS = frozenset({"QUARANTINED", "DUPLICATE", "OUT_OF_DATE"})
_LATE_COPY = (0.2, 1.5)
_TOO_BUSY = frozenset({429, 503})
_HOLDING = (Fault.EARLY_APPROVAL, Fault.REORDER, Fault.DELAY)


def _taken(faults: dict[Fault, Rule], fault: Fault) -> bool:
    """Whether the fault befalls, which it does once."""
    return faults.pop(fault, None) is not None


@dataclass(slots=True)
class _Held:
    """A row kept back: by which fault, until when at the latest, and whether its lane may pass it."""

    row: sqlite3.Row
    fault: Fault
    until: datetime
    passable: bool


@dataclass(slots=True)
class _Late:
    """A copy to be sent again when its time comes, and what the first one was answered."""

    letter: Letter
    receipt: dict[str, Any]
    at: datetime


@dataclass(slots=True)
class MisbehavingConduct(Conduct):
    """Keeps in memory what is held back; after a restart such rows simply go out."""

    misbehaviour: Misbehaviour
    outbox: Outbox
    clock: Clock
    new_id: Callable[[], str]
    _befalling: dict[int, dict[Fault, Rule]] = field(default_factory=dict)
    _held: dict[int, _Held] = field(default_factory=dict)
    _late: list[_Late] = field(default_factory=list)

    async def carry(self, letter: Letter) -> Verdict | None:
        """Let befall the letter what was drawn for it, each fault once."""
        row = letter.row
        faults = self._drawn(row)
        if row["id"] in self._held:
            self._let_go(row)
        if self._kept_back(row, faults):
            return None
        if _taken(faults, Fault.DROP):
            self._fired(Fault.DROP, row)
            return TryAgain("沙箱按故障计划没有发出这一次。")
        await self._before(letter, faults)
        verdict = await self._handed_over(letter, faults)
        if isinstance(verdict, Delivered) and _taken(faults, Fault.LOST_ANSWER):
            self._fired(Fault.LOST_ANSWER, row)
            return TryAgain("沙箱按故障计划丢失了应答。")
        return verdict

    async def follow_up(self, letter: Letter, verdict: Verdict) -> None:
        """Contradict a decision that was accepted; free what waited to be overtaken by this row."""
        if isinstance(verdict, TryAgain):
            return
        faults = self._befalling.pop(letter.row["id"], {})
        for held in self._held.values():
            if held.row["destination"] == letter.row["destination"] and held.row["id"] < letter.row["id"] and self._overtaken(held):
                held.until = self.clock()
                self.outbox.postpone(held.row["id"], 0)
        if isinstance(verdict, Delivered) and verdict.receipt.get("result") == "APPLIED" and Fault.CONTRADICTION in faults:
            kind, body = contradiction(dict(letter.row), self.misbehaviour.chance("contradiction", letter.row["webhook_id"]))
            del faults[Fault.CONTRADICTION]
            await self._extra(letter, Fault.CONTRADICTION, kind, body)
        for fault in faults:
            self.misbehaviour.forgone(fault)
        self._tell_waiting()

    async def send_late(self) -> None:
        """Send the copies whose time has come."""
        now = self.clock()
        due, self._late = [each for each in self._late if each.at <= now], [each for each in self._late if each.at > now]
        for each in due:
            again = await each.letter.hand_over()
            self._compare(each.letter.row, each.receipt, again)
        self._tell_waiting()

    def passable(self) -> frozenset[int]:
        """Rows kept back that do not hold up their lane."""
        now = self.clock()
        return frozenset(row_id for row_id, held in self._held.items() if held.passable and held.until > now)

    def _drawn(self, row: sqlite3.Row) -> dict[Fault, Rule]:
        if row["id"] not in self._befalling:
            fresh = row["attempts"] == 0 and self.misbehaviour.plan.rules
            traffic = Traffic(row["kind"], incoming=False, round=row["round"])
            self._befalling[row["id"]] = self.misbehaviour.drawn(traffic) if fresh else {}
        return self._befalling[row["id"]]

    def _kept_back(self, row: sqlite3.Row, faults: dict[Fault, Rule]) -> bool:
        fault = next((each for each in _HOLDING if each in faults), None)
        if fault is None:
            return False
        hold = faults.pop(fault).hold
        if fault is Fault.DELAY:
            self._fired(fault, row)
        passable = fault is Fault.EARLY_APPROVAL or (fault is Fault.REORDER and row["kind"] in PASSABLE)
        self._held[row["id"]] = _Held(row, fault, self.clock() + timedelta(seconds=hold), passable)
        self.outbox.postpone(row["id"], hold)
        self._tell_waiting()
        return True

    def _let_go(self, row: sqlite3.Row) -> None:
        """Held long enough; it counts only when something really passed."""
        held = self._held.pop(row["id"])
        if held.fault is not Fault.DELAY and self._overtaken(held):
            self._fired(held.fault, row)
        elif held.fault is not Fault.DELAY:
            self.misbehaviour.forgone(held.fault)

    def _overtaken(self, held: _Held) -> bool:
        early = held.fault is Fault.EARLY_APPROVAL
        return self.outbox.overtaken(held.row, about=early, kinds=DECISIONS if early else ())

    async def _before(self, letter: Letter, faults: dict[Fault, Rule]) -> None:
        """What comes ahead of the true message."""
        row = letter.row
        if _taken(faults, Fault.WRONG_SIGNATURE):
            await self._badly_signed(letter)
        if _taken(faults, Fault.WRONG_HASH):
            await self._extra(letter, Fault.WRONG_HASH, row["kind"], wrong_hash(dict(row)))
        if _taken(faults, Fault.STALE_ROUND):
            await self._extra(letter, Fault.STALE_ROUND, row["kind"], stale_round(dict(row)))

    async def _badly_signed(self, letter: Letter) -> None:
        try:
            answer = await letter.post(secret=FOREIGN_KEY)
        except httpx.HTTPError:
            self.misbehaviour.forgone(Fault.WRONG_SIGNATURE)
            return
        self._fired(Fault.WRONG_SIGNATURE, letter.row)
        if answer.status_code != httpx.codes.UNAUTHORIZED:
            self.misbehaviour.surprise(f"{letter.row['kind']} 签名不符，应答 401，实为 HTTP {answer.status_code}：{answer.text[:200]}")

    async def _handed_over(self, letter: Letter, faults: dict[Fault, Rule]) -> Verdict:
        """Hand over, once or twice: under the same webhook-id both at the same moment, or the copy after a while."""
        if not _taken(faults, Fault.DUPLICATE):
            return await letter.hand_over()
        self._fired(Fault.DUPLICATE, letter.row)
        chance = self.misbehaviour.chance("duplicate", letter.row["webhook_id"])
        if chance.random() < 0.5:  # noqa: PLR2004 - an even chance
            first, second = await asyncio.gather(letter.hand_over(), letter.hand_over())
            if not isinstance(first, Delivered):
                return second
            self._compare(letter.row, first.receipt, second)
            return first
        verdict = await letter.hand_over()
        if isinstance(verdict, Delivered):
            self._late.append(_Late(letter, verdict.receipt, self.clock() + timedelta(seconds=chance.uniform(*_LATE_COPY))))
        return verdict

    def _compare(self, row: sqlite3.Row, first: dict[str, Any], again: Verdict) -> None:
        """The same delivery gets the same receipt; an outage in between proves nothing."""
        told = {name: first.get(name) for name in ("result", "inboxId")}
        if isinstance(again, Delivered) and {name: again.receipt.get(name) for name in told} != told:
            self.misbehaviour.surprise(f"{row['kind']} 同一编号重发，回执应为 {told}，实为 {again.receipt}")

    async def _extra(self, letter: Letter, fault: Fault, kind: str, body: str) -> None:
        """Send a message of its own beside the true one; a correct receiver lets it change nothing."""
        try:
            answer = await letter.post(body=body, webhook_id=f"hq_{self.new_id()}")
        except httpx.HTTPError:
            self.misbehaviour.forgone(fault)
            return
        if answer.status_code in _TOO_BUSY:
            self.misbehaviour.forgone(fault)
            return
        try:
            receipt = dict(answer.json()["data"][kind]["receipt"])
        except (ValueError, KeyError, TypeError):
            receipt = {"result": f"HTTP {answer.status_code}", "reason": answer.text[:200]}
        self._fired(fault, letter.row)
        self.misbehaviour.extra(fault=fault.value, kind=kind, about=letter.row["about"], round=letter.row["round"], receipt=receipt)
        if receipt["result"] not in REFUSALS:
            self.misbehaviour.surprise(
                f"{fault.value}：{kind}（申请 {letter.row['about']} 第 {letter.row['round']} 轮）不应生效，回执为 {receipt}"
            )

    def _fired(self, fault: Fault, row: sqlite3.Row) -> None:
        self.misbehaviour.fired(fault, row["kind"])

    def _tell_waiting(self) -> None:
        self.misbehaviour.waiting = len(self._held) + len(self._late)
