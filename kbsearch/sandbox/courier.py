"""Carries outbox rows over HTTP, retrying with back-off until each destination has judged them; decides no business matter."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from kbsearch.sandbox.database import Database
from kbsearch.sandbox.instants import Clock
from kbsearch.sandbox.outbox import Outbox
from kbsearch.sandbox.signing import signed_headers

TRANSIENT_STATUS = frozenset({401, 403, 408, 429})
AT_ONCE = 4
IDLE_PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class Delivered:
    """The other side took it; `receipt` is what it answered."""

    receipt: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RefusedForGood:
    """The other side will never take this body."""

    reason: str


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Nothing is decided; at most `limit` attempts, or for ever."""

    reason: str
    limit: int | None = None


Verdict = Delivered | RefusedForGood | TryAgain


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a kind of row goes, the key that signs it, and how its answer is read."""

    url: str
    secret: str
    judge: Callable[[sqlite3.Row, httpx.Response], Verdict]


def judge_status(response: httpx.Response) -> Verdict | None:
    """What the bare HTTP status decides; None for 2xx."""
    if response.is_success:
        return None
    reason = f"HTTP {response.status_code}：{response.text[:500]}"
    if response.is_client_error and response.status_code not in TRANSIENT_STATUS:
        return RefusedForGood(reason)
    return TryAgain(reason)


@dataclass(frozen=True, slots=True)
class Letter:
    """One row on its way to its destination; may be posted as often as its carrier likes."""

    row: sqlite3.Row
    destination: Destination
    http: httpx.AsyncClient
    clock: Clock

    async def post(self, *, body: str | None = None, webhook_id: str | None = None, secret: str | None = None) -> httpx.Response:
        """Post the row, or something else in its place. Raises httpx.HTTPError."""
        text = self.row["body"] if body is None else body
        headers = signed_headers(secret or self.destination.secret, webhook_id or self.row["webhook_id"], self.clock(), text)
        return await self.http.post(self.destination.url, content=text.encode(), headers=headers)

    async def hand_over(self) -> Verdict:
        """Post the row as it is, and judge the answer."""
        try:
            return self.destination.judge(self.row, await self.post())
        except httpx.HTTPError as error:
            return TryAgain(f"{type(error).__name__}：{error}")


class Conduct:
    """How letters are carried. This one hands each over once and believes the answer; misbehaviour_outgoing.py knows worse."""

    async def carry(self, letter: Letter) -> Verdict | None:
        """Carry one letter; None when it is kept back for now, which its row then tells."""
        return await letter.hand_over()

    async def follow_up(self, letter: Letter, verdict: Verdict) -> None:
        """Whatever is to be done once the verdict is stored."""

    async def send_late(self) -> None:
        """Send what was to be sent later, if its time has come."""

    def passable(self) -> frozenset[int]:
        """Rows kept back which the others of their lane may pass."""
        return frozenset()


class Courier:
    """One per system. `on_delivered` runs inside the transaction that closes the row."""

    def __init__(
        self,
        db: Database,
        outbox: Outbox,
        clock: Clock,
        *,
        bell: asyncio.Event,
        destinations: dict[str, Destination],
        on_delivered: Callable[[sqlite3.Row, dict[str, Any]], None],
        conduct: Conduct | None = None,
    ) -> None:
        self._db = db
        self._outbox = outbox
        self._clock = clock
        self._bell = bell
        self._destinations = destinations
        self._on_delivered = on_delivered
        self._conduct = conduct or Conduct()

    async def run(self) -> None:
        """Deliver until cancelled; a row in flight at that moment stays PENDING and goes out again with the same id."""
        async with httpx.AsyncClient(timeout=httpx.Timeout(10.0), trust_env=False) as http:
            while True:
                self._bell.clear()
                await self._conduct.send_late()
                heads = self._outbox.heads(self._conduct.passable())[:AT_ONCE]
                if heads:
                    await asyncio.gather(*(self._deliver(http, row) for row in heads))
                    continue
                await self._rest()

    async def _rest(self) -> None:
        due = self._outbox.next_due(self._conduct.passable())
        pause = IDLE_PAUSE if due is None else min(IDLE_PAUSE, max(0.01, (due - self._clock()).total_seconds()))
        try:
            async with asyncio.timeout(pause):
                await self._bell.wait()
        except TimeoutError:
            return

    async def _deliver(self, http: httpx.AsyncClient, row: sqlite3.Row) -> None:
        destination = self._destinations.get(row["destination"])
        if destination is None:
            self._outbox.mark_refused(row, f"没有名为 {row['destination']} 的去处，请核对沙箱配置。")
            return
        letter = Letter(row, destination, http, self._clock)
        verdict = await self._conduct.carry(letter)
        if verdict is not None:
            self._record(row, verdict)
            await self._conduct.follow_up(letter, verdict)

    def _record(self, row: sqlite3.Row, verdict: Verdict) -> None:
        with self._db.transaction():
            match verdict:
                case Delivered(receipt):
                    self._outbox.mark_delivered(row, receipt)
                    self._on_delivered(row, receipt)
                case TryAgain(reason, limit) if limit is None or row["attempts"] + 1 < limit:
                    self._outbox.mark_failed(row, reason)
                case TryAgain(reason) | RefusedForGood(reason):
                    self._outbox.mark_refused(row, reason)
