"""Follows the journal for one caller's one subscription and hands the answers to whoever holds it open; opens no connection."""

from __future__ import annotations

import asyncio

import structlog

from kbsearch.http.answers import Answer, answer_crash, answer_fault
from kbsearch.http.errors import SERVER_CODES, ErrorItem, HttpFault, Overloaded
from kbsearch.http.pool import BoundedPool
from kbsearch.http.streams.evaluation import Outcome, Plan, SubscriptionRunner
from kbsearch.http.streams.feed import Portion
from kbsearch.http.streams.limits import StreamLimits
from kbsearch.http.streams.poller import Poller
from kbsearch.http.streams.subscriber import End, Subscriber

log = structlog.stdlib.get_logger("kbsearch.http")


class Follower:
    """Goes from portion to portion by its own position: what is told is told once and in order, live or long ago alike."""

    def __init__(self, plan: Plan, runner: SubscriptionRunner, poller: Poller, pool: BoundedPool, limits: StreamLimits) -> None:
        self._plan, self._runner, self._poller, self._pool, self._limits = plan, runner, poller, pool, limits
        self._position = plan.start
        self.members: set[Subscriber] = set()

    async def follow(self) -> None:
        """Run until nobody listens or the caller may no more."""
        try:
            while self.members:
                portions = await self._poller.next_after(self._position, self._limits.recheck_seconds)
                telling = [portion for portion in portions if self._plan.concerns(portion)]
                if telling or not portions:
                    outcome = await self._evaluate(telling)
                    for answer in outcome.answers:
                        await self._hand_out(answer)
                    if outcome.end is not None and (portions or not _is_ours(outcome.end)):
                        self._end(End(outcome.end))
                        return
                if portions:
                    self._position = portions[-1].upto
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - a bug of ours must end the subscription, not leave it silent
            self._end(End(answer_crash(error, self._plan.facts.request_id, "subscription")))

    async def _evaluate(self, portions: list[Portion]) -> Outcome:
        while True:
            try:
                return await self._pool.run(lambda: self._runner.advance(self._plan, portions))
            except Overloaded:
                await asyncio.sleep(self._limits.retry_seconds)

    async def _hand_out(self, answer: Answer) -> None:
        for member in list(self.members):
            if not await member.give(answer, self._limits.slow_seconds):
                member.finish(End(_too_slow(self._plan.facts.request_id)))
                self.members.discard(member)

    def _end(self, end: End) -> None:
        for member in self.members:
            member.finish(end)
        self.members.clear()


def _is_ours(answer: Answer) -> bool:
    """A failure of ours while nothing happened takes nobody's subscription away; it is looked at again."""
    return not SERVER_CODES.isdisjoint(answer.codes)


def _too_slow(request_id: str) -> Answer:
    item = ErrorItem("SLOW_CONSUMER", "接收过慢，订阅已停止；请以最后收到的 cursor 为 after 重新订阅，不会有遗漏")
    return answer_fault(HttpFault(item, status=503), request_id, "subscription")
