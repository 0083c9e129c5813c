"""One client's end of a subscription: a bounded queue of answers and the way it ends; sends nothing itself."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from kbsearch.http.answers import Answer


@dataclass(frozen=True, slots=True)
class End:
    """Nothing more comes: `answer` says why; None because this process stops and another one will go on."""

    answer: Answer | None = None


class Subscriber:
    """Answers in order, then one End. One task takes, one task gives; both on the event loop."""

    def __init__(self, waiting: int, on_leave: Callable[[Subscriber], None]) -> None:
        self._most = waiting
        self._answers: deque[Answer] = deque()
        self._end: End | None = None
        self._filled = asyncio.Event()
        self._room = asyncio.Event()
        self._on_leave = on_leave

    async def take(self) -> Answer | End:
        """The next answer, once there is one."""
        while not self._answers:
            if self._end is not None:
                return self._end
            self._filled.clear()
            await self._filled.wait()
        self._room.set()
        return self._answers.popleft()

    async def give(self, answer: Answer, seconds: float) -> bool:
        """Add an answer, waiting up to `seconds` for room; False when there is none by then."""
        if len(self._answers) >= self._most:
            try:
                async with asyncio.timeout(seconds):
                    while len(self._answers) >= self._most and self._end is None:
                        self._room.clear()
                        await self._room.wait()
            except TimeoutError:
                return False
        if self._end is None:
            self._answers.append(answer)
            self._filled.set()
        return True

    def finish(self, end: End) -> None:
        """End it behind what already waits; the first end counts."""
        self._end = self._end or end
        self._filled.set()
        self._room.set()

    def leave(self) -> None:
        """The client takes no more; give everything back."""
        self.finish(End())
        self._answers.clear()
        self._on_leave(self)
