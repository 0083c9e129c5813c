"""All subscriptions of this process: opens, counts, shares and ends them; speaks no protocol."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from contextlib import suppress

from kbsearch.http.answers import Answer, answer_fault
from kbsearch.http.errors import ErrorItem, HttpFault, Overloaded
from kbsearch.http.facts import HttpRequestFacts
from kbsearch.http.operation import OperationRunner
from kbsearch.http.params import GraphQLParams
from kbsearch.http.pool import BoundedPool
from kbsearch.http.streams.evaluation import Plan, SubscriptionRunner
from kbsearch.http.streams.feed import Journal
from kbsearch.http.streams.follower import Follower
from kbsearch.http.streams.limits import StreamLimits
from kbsearch.http.streams.poller import Poller
from kbsearch.http.streams.subscriber import End, Subscriber


class Streams:
    """Subscriptions over one journal. Only waiting is asynchronous; whatever reads runs in `limits.threads` pooled threads.

    `count` is told of answers that refuse or end a subscription over WebSocket. `stop()` ends every stream and refuses new ones;
    `close()` gives the threads back.
    """

    def __init__(
        self,
        operations: OperationRunner,
        journal: Journal,
        limits: StreamLimits,
        deadline_seconds: float,
        count: Callable[[Answer], None] = lambda _answer: None,
    ) -> None:
        self.limits = limits
        self.count = count
        self.stopping = asyncio.Event()
        self._nobody = asyncio.Event()
        self._nobody.set()
        # A subscription has at most one call waiting, a connection one more; the poller one.
        self._pool = BoundedPool(limits.threads, limits.subscriptions + limits.connections + 1, "streams")
        self._runner = SubscriptionRunner(operations, journal, deadline_seconds)
        self._poller = Poller(journal, self._pool, limits)
        self._followers: dict[Follower, asyncio.Task[None]] = {}
        self._shared: dict[Hashable, Follower] = {}
        self._connections = 0
        self._places = 0

    @property
    def subscriptions(self) -> int:
        """Open subscriptions, without those still being checked."""
        return sum(len(follower.members) for follower in self._followers)

    @property
    def connections(self) -> int:
        """Open connections, each with any number of subscriptions."""
        return self._connections

    def admit(self) -> bool:
        """Take a connection's place; False when there is none. Every place taken is given back by `release`."""
        if self.stopping.is_set() or self._connections >= self.limits.connections:
            return False
        self._connections += 1
        self._nobody.clear()
        return True

    def release(self) -> None:
        """Give a connection's place back."""
        self._connections -= 1
        if not self._connections:
            self._nobody.set()

    async def identify(self, facts: HttpRequestFacts) -> bool:
        """Tell whether the caller is somebody. Raises `HttpFault` for credentials that are not valid, `Overloaded` too."""
        return await self._pool.run(lambda: self._runner.identify(facts))

    async def subscribe(self, facts: HttpRequestFacts, params: GraphQLParams) -> Subscriber | Answer:
        """Open a subscription, or answer why not. Raises `NotASubscription`."""
        if self.stopping.is_set() or self._places >= self.limits.subscriptions:
            return _full(facts.request_id)
        self._places += 1  # its place is taken while it is being planned
        try:
            planned = await self._pool.run(lambda: self._runner.plan(facts, params))
        except Overloaded as fault:
            self._places -= 1
            return answer_fault(fault, facts.request_id, "subscription")
        except BaseException:
            self._places -= 1
            raise
        if isinstance(planned, Answer) or self.stopping.is_set():
            self._places -= 1
            return planned if isinstance(planned, Answer) else _full(facts.request_id)
        return self._join(planned)

    async def stop(self, seconds: float = 2.0) -> None:
        """End every stream, give connections up to `seconds` to close; refuses new ones from now on."""
        self.stopping.set()
        for follower, task in list(self._followers.items()):
            for member in list(follower.members):
                member.finish(End())
            task.cancel()
        self._poller.stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._nobody.wait()

    def close(self) -> None:
        """End the threads, waiting for what runs in them."""
        self._pool.close()

    def _join(self, plan: Plan) -> Subscriber:
        follower = self._shared.get(plan.key) if plan.key is not None else None
        fresh = follower is None or not follower.members
        if follower is None or fresh:
            follower = Follower(plan, self._runner, self._poller, self._pool, self.limits)
        joined = follower
        subscriber = Subscriber(self.limits.waiting, lambda member: self._left(joined, member))
        joined.members.add(subscriber)
        if fresh:
            if plan.key is not None:
                self._shared[plan.key] = joined
            self._poller.start(plan.head)
            task = asyncio.get_running_loop().create_task(joined.follow(), name="subscription")
            self._followers[joined] = task
            task.add_done_callback(lambda _task: self._ended(joined, plan.key))
        return subscriber

    def _left(self, follower: Follower, member: Subscriber) -> None:
        self._places -= 1
        follower.members.discard(member)
        task = self._followers.get(follower)
        if task is not None and not follower.members:
            task.cancel()

    def _ended(self, follower: Follower, key: Hashable | None) -> None:
        self._followers.pop(follower, None)
        if key is not None and self._shared.get(key) is follower:
            del self._shared[key]
        if not self._followers:
            self._poller.stop()


def _full(request_id: str) -> Answer:
    item = ErrorItem("TOO_MANY_SUBSCRIPTIONS", "本服务的订阅数已到上限或正在停止；请稍后重新订阅")
    return answer_fault(HttpFault(item, status=503, headers={"retry-after": "1"}), request_id, "subscription")
