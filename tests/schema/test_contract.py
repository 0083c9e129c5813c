"""What the schema promises as such: a rule and a Chinese description for everything, one input and userErrors for every mutation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_introspection_query,
    get_named_type,
    is_list_type,
    is_non_null_type,
    parse,
    validate,
)
from graphql import (
    build_schema as parse_sdl,
)

from kbsearch.console_examples import EXAMPLES
from kbsearch.hq.callbacks import CALLBACKS
from kbsearch.schema.build import LIST_SIZES, build_schema, core_schema, print_sorted_sdl
from kbsearch.schema.rules import RULES, Rule, RuleMissingError, field_rules
from kbsearch.workflow.actions import PERMITTED, Action, Role

from .world import World

HAN = re.compile(r"[\u4e00-\u9fff]")
SNAPSHOT = Path(__file__).with_name("field_rules.txt")
MUTATION_OF = {
    Action.EDIT: ("editSubmission", "editRevocation"),
    Action.REBASE: ("rebaseSubmission",),
    Action.SUBMIT_FOR_REVIEW: ("submitForReview",),
    Action.RECALL: ("recallSubmission",),
    Action.CLAIM: ("claimSubmission",),
    Action.RELEASE: ("releaseSubmission",),
    Action.REASSIGN: ("reassignSubmission",),
    Action.APPROVE: ("approveSubmission",),
    Action.RETURN: ("returnSubmission",),
    Action.SUBMIT_TO_HQ: ("submitToHq",),
    Action.VOID: ("voidSubmission",),
    Action.WITHDRAW: ("withdrawSubmission",),
    Action.CREATE: ("draftPublish", "draftUpdate", "draftRevoke"),
}


@pytest.fixture(scope="module")
def core(schema: strawberry.Schema) -> GraphQLSchema:
    return core_schema(schema)


def _described(core: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    for name, type_ in core.type_map.items():
        if name.startswith("__"):
            continue
        yield name, type_.description
        if isinstance(type_, GraphQLEnumType):
            yield from ((f"{name}.{value}", type_.values[value].description) for value in type_.values)
        if isinstance(type_, GraphQLInputObjectType):
            yield from ((f"{name}.{field}", type_.fields[field].description) for field in type_.fields)
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, field in type_.fields.items():
                yield f"{name}.{field_name}", field.description
                yield from ((f"{name}.{field_name}({arg})", field.args[arg].description) for arg in field.args)


def test_everything_is_described_in_chinese(core: GraphQLSchema) -> None:
    described = dict(_described(core))
    assert len(described) > 500
    assert [name for name, text in described.items() if not text or not HAN.search(text)] == []


def test_every_field_has_the_rule_that_was_reviewed(core: GraphQLSchema) -> None:
    listed = "".join(f"{name}: {rule.code}\n" for name, _, rule in field_rules(core, RULES))
    assert listed == SNAPSHOT.read_text(encoding="utf-8"), "a field or its rule changed: review it and write the snapshot anew"


def test_a_field_without_a_rule_does_not_build() -> None:
    rules = {name: rule for name, rule in RULES.items() if name != "Query.search"}
    with pytest.raises(RuleMissingError, match=r"Query\.search"):
        build_schema(rules)


@pytest.mark.parametrize(
    ("name", "rule", "message"),
    [
        ("Query.nothing", Rule.ADMIN, "does not exist"),
        ("Query.search", Rule.PARENT, "no parent"),
        ("Knowledge.status", Rule.ADMIN, "must be nullable"),
    ],
)
def test_a_rule_that_cannot_hold_does_not_build(name: str, rule: Rule, message: str) -> None:
    with pytest.raises(RuleMissingError, match=message):
        build_schema({**RULES, name: rule})


def test_mutations_are_permitted_as_the_workflow_permits_them() -> None:
    assert set(MUTATION_OF) == set(PERMITTED)
    for action, mutations in MUTATION_OF.items():
        for mutation in mutations:
            assert RULES[f"Mutation.{mutation}"].roles == PERMITTED[action], mutation


def test_root_fields_are_nullable_and_mutations_take_one_input_and_answer_user_errors(core: GraphQLSchema) -> None:
    assert core.query_type is not None
    assert core.mutation_type is not None
    assert [name for name, field in core.query_type.fields.items() if is_non_null_type(field.type)] == []
    for name, field in core.mutation_type.fields.items():
        assert list(field.args) == ["input"], name
        payload = get_named_type(field.type)
        assert isinstance(payload, GraphQLObjectType)
        assert str(payload.fields["userErrors"].type) == "[UserError!]!", name


def test_headquarters_inputs_are_the_contract(core: GraphQLSchema) -> None:
    for mutation, (_, model) in CALLBACKS.items():
        name = f"{mutation[0].upper()}{mutation[1:]}Input"
        input_type = core.type_map[name]
        assert isinstance(input_type, GraphQLInputObjectType)
        fields = {field.alias or key: field for key, field in model.model_fields.items()}
        assert set(input_type.fields) == set(fields), name
        required = {key for key, field in input_type.fields.items() if is_non_null_type(field.type)}
        assert required == {key for key, field in fields.items() if field.is_required()}, name


def test_the_printed_contract_is_sorted_and_parses(schema: strawberry.Schema) -> None:
    text = print_sorted_sdl(schema)
    assert text == print_sorted_sdl(build_schema())
    kinds = re.findall(r"^(?:type|enum|input|interface|scalar) (\w+)", text, re.MULTILINE)
    assert kinds == sorted(kinds)
    assert parse_sdl(text).query_type is not None


def test_connections_carry_edges_and_page_info(core: GraphQLSchema) -> None:
    connections = [t for name, t in core.type_map.items() if name.endswith("Connection")]
    assert len(connections) >= 7
    for connection in connections:
        assert isinstance(connection, GraphQLObjectType)
        assert {"edges", "pageInfo"} <= set(connection.fields), connection.name
        edge = get_named_type(connection.fields["edges"].type)
        assert isinstance(edge, GraphQLObjectType)
        assert {"cursor", "node"} == set(edge.fields)


def test_reckoned_list_sizes_name_lists(core: GraphQLSchema) -> None:
    for name in LIST_SIZES:
        type_name, _, field_name = name.partition(".")
        type_ = core.type_map[type_name]
        assert isinstance(type_, GraphQLObjectType)
        inner = type_.fields[field_name].type
        assert is_list_type(inner.of_type if is_non_null_type(inner) else inner), name


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_the_console_offers_only_what_is_valid(core: GraphQLSchema, example: object) -> None:
    assert validate(core, parse(example.query)) == []  # type: ignore[attr-defined]


def test_every_role_reaches_something_of_its_own() -> None:
    for role in Role:
        own = [name for name, rule in RULES.items() if rule.roles is not None and role in rule.roles]
        assert len(own) > 5, role


def test_the_standard_introspection_and_the_console_examples_fit_the_limits(world: World) -> None:
    answer = world.run(None, get_introspection_query(descriptions=True))
    assert "errors" not in answer
    assert len(answer["data"]["__schema"]["types"]) > 100
    for example in EXAMPLES:
        who = {"运维": "operator", "作者": "author", "审核": "reviewer"}.get(example.title.partition("：")[0], "agent")
        if example.query.startswith("subscription"):  # what is heard there, tests/schema/test_subscriptions.py proves
            assert validate(core_schema(build_schema()), parse(example.query)) == [], example.title
            continue
        body = {"query": example.query, "variables": example.variables}
        result = world.post(body, {"authorization": f"Bearer {world.tokens[who]}"}).json()
        assert "errors" not in result, (example.title, result["errors"])
