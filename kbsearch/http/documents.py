"""From document text to a checked, validated document, with both outcomes cached within a byte bound; executes nothing."""

from __future__ import annotations

import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import strawberry
from graphql import (
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSyntaxError,
    MaxIntrospectionDepthRule,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    StringValueNode,
    VariableNode,
    Visitor,
    parse,
    specified_rules,
    validate,
    visit,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from kbsearch.http.clean_text import bad_text, is_unstorable
from kbsearch.http.errors import DocumentRefused, ErrorItem, HttpFault, refused
from kbsearch.http.limits import HttpLimits
from kbsearch.http.measure import measure_document

# Syntax trees measured at 45 to 100 times their text.
_TREE_WEIGHT = 100
_ENTRY_WEIGHT = 1_000

_TOO_MANY_TOKENS = re.compile(r"contains more than \d+ tokens")
_SURROGATE_ESCAPE = re.compile(r"Invalid Unicode escape sequence: '\\u\{?0*[dD][89a-fA-F]")

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class CheckedDocument:
    """A document that passed every limit and rule that does not depend on variables.

    `key` is the same for the same text and no other; `switches` names the variables on which it depends what is selected.
    """

    key: bytes
    document: DocumentNode
    operations: Mapping[str | None, OperationDefinitionNode]
    fragments: Mapping[str, FragmentDefinitionNode]
    switches: tuple[str, ...]

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """Return the operation to run. Raises `DocumentRefused` if `name` does not say which."""
        if name is not None and name in self.operations:
            return self.operations[name]
        if name is not None:
            raise refused("OPERATION_NOT_FOUND", "查询文本里没有 operationName 指定的操作；请检查操作名")
        if len(self.operations) != 1:
            raise refused("OPERATION_NAME_REQUIRED", "查询文本里有多个操作；请用 operationName 指定要执行哪一个")
        return next(iter(self.operations.values()))


@dataclass(frozen=True, slots=True)
class _Refusal:
    items: tuple[ErrorItem, ...]
    request_error: bool

    def fault(self) -> HttpFault:
        # A fresh exception each time: a shared one would collect the traceback of every request.
        return DocumentRefused(*self.items) if self.request_error else HttpFault(*self.items)


class ByteBoundedCache(Generic[V]):
    """Least recently used first out; `weight` is the caller's estimate in bytes. Safe to use from several threads."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.bytes = 0
        self._entries: OrderedDict[bytes, tuple[V, int]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: bytes) -> V | None:
        """Return the value, marking it as just used."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            self._entries.move_to_end(key)
            return entry[0]

    def put(self, key: bytes, value: V, weight: int) -> None:
        """Store the value unless it alone is heavier than the whole cache may be."""
        if weight > self.max_bytes:
            return
        with self._lock:
            _, replaced = self._entries.pop(key, (None, 0))
            self._entries[key] = (value, weight)
            self.bytes += weight - replaced
            while self.bytes > self.max_bytes:
                _, (_, dropped) = self._entries.popitem(last=False)
                self.bytes -= dropped


class DocumentChecker:
    """Parses, measures and validates; the same text is worked on once, whether it turns out good or bad."""

    def __init__(self, schema: strawberry.Schema, limits: HttpLimits, *, debug: bool = False) -> None:
        self._schema = schema._schema  # noqa: SLF001 - Strawberry has no public way to validate a document
        self._limits = limits
        self._debug = debug
        # Classes, listed once: rules made per request would be new to the validator each time.
        self._rules = (
            *specified_rules,
            MaxIntrospectionDepthRule,
            MaybeNullValidationRule,
            OneOfInputValidationRule,
            *(() if limits.introspection else (NoSchemaIntrospectionCustomRule,)),
        )
        self.accepted: ByteBoundedCache[CheckedDocument] = ByteBoundedCache(limits.document_cache_bytes)
        self.refused: ByteBoundedCache[_Refusal] = ByteBoundedCache(limits.refused_cache_bytes)

    def check(self, text: str) -> CheckedDocument:
        """Return the checked document. Raises `HttpFault` (BAD_TEXT) or `DocumentRefused`."""
        if is_unstorable(text):
            raise bad_text("查询文本")
        encoded = text.encode()
        if len(encoded) > self._limits.document_bytes:
            raise refused("DOCUMENT_TOO_LARGE", f"查询文本超过 {self._limits.document_bytes} 字节；请把长内容放进变量（variables）")
        key = hashlib.sha256(encoded).digest()
        checked = self.accepted.get(key)
        if checked is not None:
            return checked
        known = self.refused.get(key)
        if known is not None:
            raise known.fault()
        try:
            checked = self._work_through(text, key)
        except HttpFault as fault:
            weight = _ENTRY_WEIGHT * len(fault.items)
            self.refused.put(key, _Refusal(fault.items, fault.request_error), weight)
            raise
        self.accepted.put(key, checked, _ENTRY_WEIGHT + _TREE_WEIGHT * len(encoded))
        return checked

    def _work_through(self, text: str, key: bytes) -> CheckedDocument:
        document = self._parse(text)
        measure_document(document, self._limits)
        limit = self._limits.errors_shown
        errors = validate(self._schema, document, self._rules, max_errors=limit, hide_suggestions=not self._debug)
        if errors:
            raise DocumentRefused(*(self._item("GRAPHQL_VALIDATION_FAILED", error) for error in errors))
        operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
        fragments = [node for node in document.definitions if isinstance(node, FragmentDefinitionNode)]
        switches = _Switches()
        if "@" in text:
            visit(document, switches)
        return CheckedDocument(
            key,
            document,
            {node.name.value if node.name else None: node for node in operations},
            {node.name.value: node for node in fragments},
            tuple(sorted(switches.names)),
        )

    def _parse(self, text: str) -> DocumentNode:
        try:
            document = parse(text, max_tokens=self._limits.tokens)
        except GraphQLSyntaxError as error:
            if _TOO_MANY_TOKENS.search(error.message):
                raise refused("TOO_MANY_TOKENS", f"查询文本超过 {self._limits.tokens} 个词法单元；请拆成几个较小的查询") from None
            if _SURROGATE_ESCAPE.search(error.message):
                raise bad_text("查询文本") from None
            raise DocumentRefused(self._item("GRAPHQL_PARSE_FAILED", error)) from None
        if "\\u" in text:
            visit(document, _StringLiterals())
        if not any(isinstance(node, OperationDefinitionNode) for node in document.definitions):
            raise refused("GRAPHQL_VALIDATION_FAILED", "查询文本里没有可执行的操作；请写一个 query 或 mutation")
        return document

    def _item(self, code: str, error: GraphQLError) -> ErrorItem:
        locations = tuple((place.line, place.column) for place in error.locations or ())
        return ErrorItem(code, error.message[: self._limits.message_chars], locations[: self._limits.errors_shown])


class _Switches(Visitor):
    """Collects the variables that directives read."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_args: object) -> None:
        values = (argument.value for argument in node.arguments or ())
        self.names.update(value.name.value for value in values if isinstance(value, VariableNode))


class _StringLiterals(Visitor):
    """Refuses string literals whose escapes spell text that cannot be stored."""

    def enter_string_value(self, node: StringValueNode, *_args: object) -> None:
        if is_unstorable(node.value):
            raise bad_text("查询文本")
