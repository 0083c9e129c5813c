"""Random valid queries over the whole schema, for comparing two ways to execute; runs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema, get_named_type, is_abstract_type, is_leaf_type
from hypothesis import strategies as st

_UNREPEATABLE = {"tookMs", "searchId"}
_DEEPEST = 3
_RICH = ("search", "search", "search", "knowledge", "submission", "node", "nodes", "myWork", "edges", "edges") * 3


@dataclass
class _Written:
    """One query being written. A response name stands for one field and one spelling of arguments, so that merging is always valid."""

    core: GraphQLSchema
    arguments: Mapping[str, list[str]]
    draw: Any
    fragments: list[str] = field(default_factory=list)

    def selection(self, type_: Any, depth: int) -> str:
        parts = [self._part(type_, depth) for _ in range(self.draw(st.integers(1, 4)))]
        return "{ " + " ".join(parts) + " }"

    def _part(self, type_: Any, depth: int) -> str:
        kind = self.draw(st.sampled_from(["field"] * 8 + ["typename", "inline", "spread", "untyped"]))
        if kind == "typename":
            return self.draw(st.sampled_from(["__typename", "kind_: __typename"]))
        if kind == "field" and not is_abstract_type(type_):
            return self._field(type_, depth)
        possible = self.core.get_possible_types(type_) if is_abstract_type(type_) else [type_]
        inner = self.draw(st.sampled_from(sorted(possible, key=lambda t: t.name)))
        body = self.selection(inner, depth) if not is_abstract_type(type_) or depth < _DEEPEST else "{ __typename id }"
        if kind == "spread":
            name = f"F{len(self.fragments)}"
            self.fragments.append(f"fragment {name} on {inner.name} {body}")
            return f"...{name} {self._switch()}" + (f" ...{name}" if self.draw(st.booleans()) else "")
        condition = "" if kind == "untyped" and inner is type_ else f"on {inner.name}"
        return f"... {condition} {self._switch()} {body}"

    def _field(self, type_: GraphQLObjectType, depth: int) -> str:
        fields = {n: f for n, f in type_.fields.items() if n not in _UNREPEATABLE and not n.startswith("_")}
        leaves = [n for n, f in fields.items() if is_leaf_type(get_named_type(f.type))]
        choices = sorted(leaves if depth >= _DEEPEST and leaves else fields)
        name = self.draw(st.sampled_from([*choices, *(n for n in _RICH if n in choices)]))
        given = self._given(fields[name], f"{type_.name}.{name}")
        # The response name tells type, field and arguments apart: fields that meet in one object then always merge.
        alias = f"{type_.name}_{name}_{crc32(given.encode())}: " if given or self.draw(st.booleans()) else ""
        inner = get_named_type(fields[name].type)
        below = "" if is_leaf_type(inner) else self.selection(inner, depth + 1)
        return f"{alias}{name}{given} {self._switch()} {below}"

    def _given(self, definition: GraphQLField, name: str) -> str:
        written = []
        for argument, declared in definition.args.items():
            choices = self.arguments.get(f"{name}.{argument}") or self.arguments.get(argument)
            required = str(declared.type).endswith("!") and declared.default_value is None
            if choices and (required or self.draw(st.booleans()) or str(declared.type).endswith("!")):
                written.append(f"{argument}: {self.draw(st.sampled_from(choices))}")
        return f"({', '.join(written)})" if written else ""

    def _switch(self) -> str:
        choices = ["", "", "", "", "", "@include(if: $yes)", "@skip(if: $no)", "@include(if: $no)", "@skip(if: true)", "@include(if: true)"]
        return str(self.draw(st.sampled_from(choices)))


def queries(core: GraphQLSchema, arguments: Mapping[str, list[str]]) -> st.SearchStrategy[str]:
    """Queries of one to three root fields; `arguments` offers spellings by argument or by `Type.field.argument`."""

    @st.composite
    def written(draw: Any) -> str:
        query = _Written(core, arguments, draw)
        root = core.query_type
        assert root is not None
        fields = " ".join(query._field(root, 0) for _ in range(draw(st.integers(1, 3))))
        text = f"query R($yes: Boolean!, $no: Boolean = false) {{ __typename @include(if: $yes) @skip(if: $no) {fields} }}"
        return "\n".join([text, *query.fragments])

    return written()
