"""Carry one GraphQL request from parsed parameters to an answer, inside one thread; knows no sockets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import OperationDefinitionNode, OperationType

from kbsearch.errors import Refused
from kbsearch.http.answers import Answer, answer_crash, answer_fault, answer_refusal, answer_result
from kbsearch.http.cost import CostModel
from kbsearch.http.deadline import execute_in_time
from kbsearch.http.documents import CheckedDocument, DocumentChecker
from kbsearch.http.errors import HttpFault, Overloaded, bad_request, refused
from kbsearch.http.facts import ContextFactory, HttpRequestFacts
from kbsearch.http.limits import HttpLimits
from kbsearch.http.measure import root_keys
from kbsearch.http.params import GraphQLParams, params_from_body, params_from_query_string
from kbsearch.http.projecting import Projector
from kbsearch.http.trusted import TrustedDocuments


@dataclass(frozen=True, slots=True)
class Prepared:
    """One operation of a checked document, within every limit but its own kind's rules."""

    checked: CheckedDocument
    operation: OperationDefinitionNode
    variables: Mapping[str, Any]

    @property
    def name(self) -> str | None:
        """The operation's name, if it has one."""
        return self.operation.name.value if self.operation.name else None


class OperationRunner:
    """Everything between the bytes of a request and the bytes of its answer.

    Order: parameters (no database needed to refuse junk) → context (who is calling; a stranger learns nothing about the schema) →
    document limits and validation → cost → execution. Never raises.
    """

    def __init__(
        self,
        schema: strawberry.Schema,
        execute_context: ContextFactory,
        limits: HttpLimits,
        trusted: TrustedDocuments,
        *,
        projector: Projector | None = None,
        debug: bool = False,
    ) -> None:
        if schema.extensions:
            raise ValueError("schema extensions are not run by this endpoint; limits, masking and caching are its own")
        self.documents = DocumentChecker(schema, limits, debug=debug)
        self.schema = schema
        self.execute_context = execute_context
        self.limits = limits
        self.trusted = trusted
        self._projector = projector
        self.cost = CostModel(schema._schema, limits)  # noqa: SLF001 - Strawberry keeps the executable schema there

    def run(self, facts: HttpRequestFacts, query_string: bytes) -> Answer:
        """Answer one request; faults become error answers, anything unexpected a masked 500."""
        try:
            if facts.monotonic() >= facts.deadline:
                raise Overloaded  # its whole time went by in the queue  # noqa: TRY301 - answered like every fault
            params = self._params(facts, query_string)
            text = self.trusted.text(params)
            with self.execute_context(facts) as context:
                answer = self._run_in_context(facts, params, text, context)
        except HttpFault as fault:
            return answer_fault(fault, facts.request_id, facts.state.get("operation_type", "none"))
        except Refused as refusal:
            return answer_refusal(refusal, facts.request_id, facts.state.get("operation_type", "none"))
        except Exception as error:  # noqa: BLE001 - the last door: a bug of ours must become a masked, logged answer
            return answer_crash(error, facts.request_id, facts.state.get("operation_type", "none"))
        return answer

    def _params(self, facts: HttpRequestFacts, query_string: bytes) -> GraphQLParams:
        if facts.method == "GET":
            return params_from_query_string(query_string, self.limits)
        return params_from_body(facts.body, self.limits)

    def prepare(self, facts: HttpRequestFacts, params: GraphQLParams, text: str) -> Prepared:
        """Check the document and choose the operation. Raises `HttpFault`; to be called with the context open."""
        checked = self.documents.check(text)
        operation = checked.operation(params.operation_name)
        facts.state["operation_type"] = operation.operation.value
        facts.state["operation_name"] = operation.name.value[:80] if operation.name else None
        return Prepared(checked, operation, params.variables or {})

    def check_cost(self, prepared: Prepared) -> None:
        """Raise `DocumentRefused` where the answer (of a subscription: to one event) would be too large."""
        cost = self.cost.operation_cost(prepared.operation, prepared.checked.fragments, prepared.variables)
        if cost > self.limits.cost:
            shown = cost if cost < 10**9 else "极大"
            message = f"查询预计返回 {shown} 个字段值，超过上限 {self.limits.cost}；请减小 first / last 或分页查询"
            raise refused("TOO_COSTLY", message, cost=min(cost, 10**9), limit=self.limits.cost)

    def _run_in_context(self, facts: HttpRequestFacts, params: GraphQLParams, text: str, context: Any) -> Answer:
        prepared = self.prepare(facts, params, text)
        self._check_operation(facts, prepared.checked, prepared.operation)
        self.check_cost(prepared)
        checked, variables, name = prepared.checked, prepared.variables, prepared.name
        result = execute_in_time(self.schema, checked, variables, name, context=context, facts=facts, projector=self._projector)
        return answer_result(result, facts.request_id, prepared.operation.operation.value, self.limits)

    def _check_operation(self, facts: HttpRequestFacts, checked: CheckedDocument, operation: OperationDefinitionNode) -> None:
        if operation.operation is OperationType.SUBSCRIPTION:
            raise refused(
                "SUBSCRIPTION_NOT_ALLOWED",
                "订阅不能用普通的请求执行；请用 WebSocket（graphql-transport-ws），或带 Accept: text/event-stream",
            )
        if operation.operation is not OperationType.MUTATION:
            return
        if facts.method == "GET":
            raise bad_request("MUTATION_NOT_ALLOWED", "GET 只能执行查询；变更请用 POST 发送", 405, {"allow": "POST"})
        if len(root_keys(operation, checked.fragments)) > 1:
            raise refused("ONE_MUTATION_ONLY", "一次请求只能执行一个变更；请把它们分成几次请求，上一个成功后再发下一个")
