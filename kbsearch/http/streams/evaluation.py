"""Plans a subscription and answers its events, inside one thread and one short context each time; knows no sockets, keeps no state."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import orjson
from graphql import ExecutionResult, GraphQLError, OperationType

from kbsearch.errors import Refused
from kbsearch.http.answers import Answer, answer_crash, answer_fault, answer_refusal, answer_result
from kbsearch.http.deadline import EventExecution
from kbsearch.http.errors import DocumentRefused, ErrorItem, refused
from kbsearch.http.errors import HttpFault as Fault
from kbsearch.http.facts import HttpRequestFacts
from kbsearch.http.operation import OperationRunner, Prepared
from kbsearch.http.params import GraphQLParams
from kbsearch.http.streams.feed import Journal, Portion, Position

_TYPE = "subscription"


class NotASubscription(DocumentRefused):
    """A query or mutation where only subscriptions are served."""

    def __init__(self) -> None:
        super().__init__(ErrorItem("SUBSCRIPTION_ONLY", "这里只接受订阅；查询和变更请用普通的 HTTP 请求（POST）"))


@dataclass(frozen=True, slots=True)
class Plan:
    """A subscription that was allowed: what to execute for whom, from where on.

    `head` is the journal's end as it was planned. Plans of the same caller, document and variables have the same `key` and may
    share one evaluation; None may not.
    """

    facts: HttpRequestFacts
    prepared: Prepared
    concerns: Callable[[Any], bool]
    start: Position
    head: Position
    key: Hashable | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answers to some portions' events, and the answer that ends the subscription, if one does."""

    answers: tuple[Answer, ...] = ()
    end: Answer | None = None


def caller_facts(facts: HttpRequestFacts, authorization: str | None) -> HttpRequestFacts:
    """The facts of a stream's caller: callers of streams are told apart by `authorization` and by nothing else."""
    headers: Mapping[str, str] = {} if authorization is None else {"authorization": authorization}
    return dataclasses.replace(facts, headers=headers, body=b"")


class SubscriptionRunner:
    """Every call opens the caller's context anew, so that a token or right that ended counts from the next event on."""

    def __init__(self, operations: OperationRunner, journal: Journal, seconds: float) -> None:
        self._operations = operations
        self._journal = journal
        self._seconds = seconds

    def identify(self, facts: HttpRequestFacts) -> bool:
        """Tell whether the caller is somebody. Raises `HttpFault` for credentials that are not valid."""
        now = self._at_work(facts)
        with self._operations.execute_context(now):
            facts.state.update(now.state)  # for the access log
            return bool(now.state.get("principal"))

    def plan(self, facts: HttpRequestFacts, params: GraphQLParams) -> Plan | Answer:
        """Check everything and find the beginning; the answer says why not. Raises only `NotASubscription`."""
        now = self._at_work(facts)
        try:
            return self._plan(now, params)
        except NotASubscription:
            raise
        except Exception as error:  # noqa: BLE001 - the last door: whatever it was becomes an answer
            return self._ended(error, facts)
        finally:
            facts.state.update(now.state)  # for the access log

    def advance(self, plan: Plan, portions: Sequence[Portion]) -> Outcome:
        """Answer the portions' events; without any, only look whether the caller may still subscribe. Never raises."""
        facts = self._at_work(plan.facts)
        answers: list[Answer] = []
        try:
            with self._operations.execute_context(facts) as context:
                execution = self._execution(plan.prepared, context, facts)
                feed = execution.feed()
                for event in chain.from_iterable(map(feed.events, portions)):
                    result = execution.execute(event)
                    answer = answer_result(result, facts.request_id, _TYPE, self._operations.limits)
                    if _failed(result):
                        return Outcome(tuple(answers), answer)
                    answers.append(answer)
        except Exception as error:  # noqa: BLE001 - the last door: whatever it was becomes an answer
            return Outcome(tuple(answers), self._ended(error, facts))
        return Outcome(tuple(answers))

    def _plan(self, facts: HttpRequestFacts, params: GraphQLParams) -> Plan:
        text = self._operations.trusted.text(params)
        with self._operations.execute_context(facts) as context:
            prepared = self._operations.prepare(facts, params, text)
            if prepared.operation.operation is not OperationType.SUBSCRIPTION:
                raise NotASubscription
            self._operations.check_cost(prepared)
            head = self._journal.head()
            feed = self._execution(prepared, context, facts).feed()
        if feed.after is not None and feed.after > head:
            raise refused("CURSOR_AHEAD", "续订标记（after）指向本系统还没有发生的事；请去掉 after，从现在起订阅")
        key = None if feed.after is not None else _key(facts, text, prepared)
        return Plan(facts, prepared, feed.concerns, feed.after or head, head, key)

    def _execution(self, prepared: Prepared, context: Any, facts: HttpRequestFacts) -> EventExecution:
        schema, variables = self._operations.schema, prepared.variables
        return EventExecution(schema, prepared.checked, variables, prepared.name, context=context, facts=facts)

    def _at_work(self, facts: HttpRequestFacts) -> HttpRequestFacts:
        return dataclasses.replace(facts, deadline=facts.monotonic() + self._seconds, seconds=self._seconds, state={})

    def _ended(self, error: Exception, facts: HttpRequestFacts) -> Answer:
        if isinstance(error, Fault):
            return answer_fault(error, facts.request_id, _TYPE)
        if isinstance(error, Refused):
            return answer_refusal(error, facts.request_id, _TYPE)
        if isinstance(error, GraphQLError):
            return answer_result(ExecutionResult(None, [error]), facts.request_id, _TYPE, self._operations.limits)
        return answer_crash(error, facts.request_id, _TYPE)


def _failed(result: ExecutionResult) -> bool:
    """The root field itself could not be answered: what failed once would fail for every event."""
    return bool(result.errors) and (result.data is None or any(value is None for value in result.data.values()))


def _key(facts: HttpRequestFacts, text: str, prepared: Prepared) -> Hashable:
    variables = orjson.dumps(prepared.variables, option=orjson.OPT_SORT_KEYS)
    return facts.headers.get("authorization"), hashlib.sha256(text.encode()).digest(), prepared.name, variables
