"""Looks for the journal's new end a few times a second while anybody follows it, and reads what is new once for all who are in step."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

import structlog

from kbsearch.http.errors import Overloaded
from kbsearch.http.pool import BoundedPool
from kbsearch.http.streams.feed import Journal, Portion, Position
from kbsearch.http.streams.limits import StreamLimits

log = structlog.stdlib.get_logger("kbsearch.http")

_AT_ONCE = 16


class Poller:
    """`position` is how far this process has looked. What it knows is only a shorter way to the journal: who is behind reads that."""

    def __init__(self, journal: Journal, pool: BoundedPool, limits: StreamLimits) -> None:
        self._journal, self._pool, self._limits = journal, pool, limits
        self._recent: OrderedDict[Position, Portion] = OrderedDict()
        self._moved = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._well = True
        self.position: Position = (0, 0)

    def start(self, position: Position) -> None:
        """Begin to look, from `position`; does nothing when it is at it already."""
        if self._task is None:
            self.position = position
            self._recent.clear()
            self._task = asyncio.get_running_loop().create_task(self._look(), name="journal poller")

    def stop(self) -> None:
        """Look no more; the next start begins elsewhere."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def next_after(self, position: Position, seconds: float) -> list[Portion]:
        """What follows `position`, one or more portions in order; none when nothing happened for `seconds`."""
        loop = asyncio.get_running_loop()
        while self.position <= position:
            moved = self._moved
            try:
                async with asyncio.timeout_at(loop.time() + seconds):
                    await moved.wait()
            except TimeoutError:
                if self._well:  # while the store is away, nobody's rights can be looked at either
                    return []
        return self._known(position) or [await self._read(position)]

    async def _read(self, position: Position) -> Portion:
        upto = self.position
        while True:
            try:
                return await self._pool.run(lambda: self._journal.read(position, upto))
            except Overloaded:
                await asyncio.sleep(self._limits.retry_seconds)
            except Exception as error:  # noqa: BLE001 - a store that is away comes back; who waits is told nothing wrong
                log.warning("journal cannot be read", error=type(error).__name__)
                await asyncio.sleep(self._limits.retry_seconds)

    def _known(self, position: Position) -> list[Portion]:
        """Who is a little behind gets several at once: one evaluation of many events costs little more than of one."""
        found: list[Portion] = []
        while len(found) < _AT_ONCE and (portion := self._recent.get(position)) is not None:
            found.append(portion)
            position = portion.upto
        return found

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(self._limits.poll_seconds)
            try:
                await self._catch_up()
                self._well = True
            except Overloaded:
                continue
            except Exception as error:  # noqa: BLE001 - a store that is away comes back; followers wait meanwhile
                self._well = False
                log.warning("journal cannot be read", error=type(error).__name__)
                await asyncio.sleep(self._limits.retry_seconds)

    async def _catch_up(self) -> None:
        head = await self._pool.run(self._journal.head)
        while self.position < head:
            portion = await self._pool.run(lambda: self._journal.read(self.position, head))
            self._recent[portion.after] = portion
            while len(self._recent) > self._limits.recent:
                self._recent.popitem(last=False)
            self.position = portion.upto
            moved, self._moved = self._moved, asyncio.Event()
            moved.set()
