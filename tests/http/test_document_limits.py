"""Oversized documents are refused before they cost anything: bombs, page sizes, aliases, introspection."""

import time

import pytest
from graphql import get_introspection_query

from kbsearch.http.limits import HttpLimits
from tests.http.http_door import Door, MakeDoor, error_codes

# Generous: a shared machine. The work itself is a few milliseconds.
SOON = 0.5


def chained(count: int, spreads: int = 2) -> str:
    """Fragments that each spread the next one several times: 2^count fields in a few hundred bytes."""
    links = [
        f"fragment F{i} on Person {{ {' '.join(f'a{spread}: best {{ ...F{i + 1} }}' for spread in range(spreads))} }}" for i in range(count)
    ]
    return "{ person { ...F0 } } " + " ".join(links) + f" fragment F{count} on Person {{ name }}"


def flat_chain(count: int) -> str:
    links = [f"fragment F{i} on Person {{ ...F{i + 1} ...F{i + 1} }}" for i in range(count)]
    return "{ person { ...F0 } } " + " ".join(links) + f" fragment F{count} on Person {{ name }}"


BOMBS = {
    "chained fragments": (chained(12), "TOO_MANY_ALIASES"),
    "longer chain": (chained(40), "TOO_DEEP"),
    "chained fragments, shallow": (chained(8, 3), "TOO_MANY_ALIASES"),
    "many fragments": (chained(100), "TOO_MANY_FRAGMENTS"),
    "flat chain": (flat_chain(60), "TOO_MANY_FIELDS"),
    "deep": ("{ person " + "{ best " * 30 + "{ name }" + "}" * 31, "TOO_DEEP"),
    "fragments nested without end": ("{ person { " + "... on Person { " * 190 + "name" + "}" * 192, None),
    "nested fragments in a row": (
        "{ person { ...F0 } } "
        + " ".join(f"fragment F{i} on Person {{ {'... on Person { ' * 150} ...F{i + 1} {'}' * 150} }}" for i in range(3))
        + " fragment F3 on Person { name }",
        "TOO_DEEP",
    ),
    "cycle": (
        "{ person { ...A } } fragment A on Person { best { ...B } } fragment B on Person { best { ...A } }",
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "self cycle": ("{ person { ...A } } fragment A on Person { ...A }", "GRAPHQL_VALIDATION_FAILED"),
    "aliases": ("{ " + " ".join(f"a{i}: hello" for i in range(31)) + " }", "TOO_MANY_ALIASES"),
    "aliases by fragment": (
        "{ person { ...A b: best { ...A } c: best { ...A } } } fragment A on Person { " + " ".join(f"n{i}: name" for i in range(10)) + " }",
        "TOO_MANY_ALIASES",
    ),
    "root fields": ("{ " + " ".join(f"a{i}: hello" for i in range(21)) + " }", "TOO_MANY_ROOT_FIELDS"),
    "repeated field": ("{" + "hello " * 300 + "}", "TOO_MANY_OVERLAPS"),
    "repeated objects": ("{ person {" + "best{best{name}} " * 200 + "} }", "TOO_MANY_OVERLAPS"),
    "directives": ("{ hello" + " @skip(if: false)" * 41 + " }", "TOO_MANY_DIRECTIVES"),
    "operations": (" ".join(f"query Q{i} {{ hello }}" for i in range(11)), "TOO_MANY_OPERATIONS"),
    "tokens": ("{" + " hello" * 3_000 + "}", "TOO_MANY_TOKENS"),
    "brackets": ("{ echo(value: " + "[" * 5_000, "GRAPHQL_PARSE_FAILED"),
    "unused fragments": ("{ hello } fragment A on Query { " + "person { best { name } } " * 100 + "}", "GRAPHQL_VALIDATION_FAILED"),
    "same-named fragments": (
        "{ ...A } fragment A on Query { hello } fragment A on Query { " + "hello " * 300 + "}",
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "self relation": ("{ person { friends(first: 100) { friends(first: 100) { friends(first: 100) { name } } } } }", "TOO_COSTLY"),
    "self relation, no sizes": ("{ person { friends { friends { friends { friends { name } } } } } }", "TOO_COSTLY"),
    "huge page": ("{ people(first: 2000000000) { nodes { name } } }", "TOO_COSTLY"),
    "huge last": ("{ people(last: 100000) { nodes { name } } }", "TOO_COSTLY"),
    "page inside input": ("{ search(page: {first: 100000}) { name } }", "TOO_COSTLY"),
    "many ids": ("{ byIds(ids: [" + ",".join(["1"] * 300) + "]) { friends(first: 100) { name } } }", "TOO_COSTLY"),
    "introspection twice": (
        get_introspection_query(descriptions=False).replace("__schema {", "a: __schema { queryType { name } } __schema {", 1),
        None,
    ),
    "cyclic introspection": (
        "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
        "GRAPHQL_VALIDATION_FAILED",
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_soon(door: Door, name: str) -> None:
    # Processor time: what the refusal costs, whatever else the machine is doing; caches rule out asking twice.
    query, code = BOMBS[name]
    began = time.process_time()
    response = door.post(query)
    elapsed = time.process_time() - began
    assert elapsed < SOON
    assert error_codes(response)[:1] == ([code] if code else [])
    assert response.status_code == (400 if code else 200)


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ("query($n: Int) { people(first: $n) { nodes { name } } }", {"n": 50_000}, "TOO_COSTLY"),
        ("query($n: Int = 50000) { people(first: $n) { nodes { name } } }", {}, "TOO_COSTLY"),
        ("query($n: Int) { people(first: $n) { nodes { name } } }", {"n": 50}, None),
        ("query($p: Page!) { search(page: $p) { name } }", {"p": {"first": 50_000}}, "TOO_COSTLY"),
        ("query($p: Page!) { search(page: $p) { name } }", {"p": {"first": 50}}, None),
        ("query($i: [ID!]!) { byIds(ids: $i) { friends(first: 100) { name } } }", {"i": ["1"] * 300}, "TOO_COSTLY"),
        ("query($i: [ID!]!) { byIds(ids: $i) { friends(first: 100) { name } } }", {"i": ["1"] * 3}, None),
        ("query($n: Int) { people(first: $n) { nodes { name } } }", {"n": True}, "BAD_USER_INPUT"),
        ("query($n: Int) { people(first: $n) { nodes { name } } }", {"n": -5}, None),
    ],
)
def test_page_sizes_in_variables_count(door: Door, query: str, variables: dict[str, object], code: str | None) -> None:
    assert error_codes(door.post(query, variables=variables)) == ([code] if code else [])


def test_only_the_items_of_a_connection_are_multiplied(door: Door) -> None:
    def cost(query: str) -> int:
        checked = door.app.runner.documents.check(query)  # type: ignore[attr-defined]
        return int(door.app.runner.cost.operation_cost(checked.operation(None), checked.fragments, {}))  # type: ignore[attr-defined]

    assert cost("{ people(first: 50) { pageInfo { hasNextPage } } }") == 3
    assert cost("{ people(first: 50) { nodes { name best { name } } } }") == 1 + 1 + 50 * 3
    assert cost("{ people(first: 50) { ...N } } fragment N on PersonConnection { nodes { name } }") == 1 + 1 + 50
    assert cost("{ people { nodes { name } } }") == 1 + 1 + 20
    assert cost("{ person { friends { name } } }") == 1 + 1 + 20
    assert cost("{ people(first: null) { nodes { name } } }") == 1 + 1 + 20
    assert cost("{ hello __typename }") == 2


def test_known_list_sizes_replace_the_default(make_door: MakeDoor) -> None:
    query = "{ person { " + "children { " * 4 + "name" + " }" * 6
    assert error_codes(make_door().post(query)) == ["TOO_COSTLY"]
    assert error_codes(make_door(limits=HttpLimits(list_sizes={"Person.children": 2})).post(query)) == []


def test_limits_are_settings(make_door: MakeDoor) -> None:
    small = make_door(limits=HttpLimits(tokens=9, depth=1))
    assert error_codes(small.post("{ hello hello hello hello hello hello hello hello }")) == ["TOO_MANY_TOKENS"]
    assert error_codes(small.post("{ person { best { name } } }")) == ["TOO_DEEP"]
    assert error_codes(small.post("{ person { name } }")) == []


def test_depth_counts_objects(make_door: MakeDoor) -> None:
    shallow = make_door(limits=HttpLimits(depth=2))
    assert error_codes(shallow.post("{ person { best { name } } }")) == []
    assert error_codes(shallow.post("{ person { best { best { name } } } }")) == ["TOO_DEEP"]


def test_the_standard_introspection_query_fits_once(door: Door) -> None:
    query = get_introspection_query(
        descriptions=True, specified_by_url=True, directive_is_repeatable=True, schema_description=True, input_value_deprecation=True
    )
    response = door.post(query)
    assert response.json()["data"]["__schema"]["queryType"]["name"] == "Query"
    body = query.split("fragment FullType", 1)
    inner = body[0][body[0].index("__schema") : body[0].rindex("}")]
    twice = "query { a: " + inner + " b: " + inner + "} fragment FullType" + body[1]
    assert error_codes(door.post(twice)) == ["TOO_COSTLY"]


def test_introspection_can_be_switched_off(make_door: MakeDoor) -> None:
    closed = make_door(limits=HttpLimits(introspection=False))
    assert error_codes(closed.post("{ __schema { queryType { name } } }"))[:1] == ["GRAPHQL_VALIDATION_FAILED"]
    assert error_codes(closed.post("{ __typename }")) == []


def test_field_names_are_suggested_only_in_debug(make_door: MakeDoor) -> None:
    assert "Did you mean" not in make_door().post("{ hell }").text
    assert "Did you mean 'hello'" in make_door(debug=True).post("{ hell }").text
    assert "Did you mean" not in make_door().post("{ person }").text.replace("Did you mean 'person { ... }'", "")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ('mutation { rename(name: "a") }', None),
        ('mutation { rename(name: "a") __typename }', None),
        ('mutation { ...A ...A } fragment A on Mutation { rename(name: "a") }', None),
        ("mutation { __typename }", None),
        ('mutation { a: rename(name: "a") b: rename(name: "b") }', "ONE_MUTATION_ONLY"),
        ('mutation { rename(name: "a") ... { b: rename(name: "b") } }', "ONE_MUTATION_ONLY"),
        ('mutation { ...A b: rename(name: "b") } fragment A on Mutation { rename(name: "a") }', "ONE_MUTATION_ONLY"),
        ('mutation { a: rename(name: "a") @skip(if: true) b: rename(name: "b") }', "ONE_MUTATION_ONLY"),
        ('mutation { a: rename(name: "a") ... @include(if: false) { b: rename(name: "b") } }', "ONE_MUTATION_ONLY"),
        ('query Q { hello a: hello } mutation M { rename(name: "a") }', None),
    ],
)
def test_one_mutation_a_request(door: Door, context: object, query: str, code: str | None) -> None:
    response = door.post(query, operationName="M" if "mutation M" in query else None)
    assert error_codes(response) == ([code] if code else [])
    if code:
        assert context.renamed == []  # type: ignore[attr-defined]
        assert "一个变更" in response.json()["errors"][0]["message"]


def test_error_lists_and_messages_are_bounded(door: Door) -> None:
    many = door.post("{ " + " ".join(f"x{i}" for i in range(200)) + " }")
    assert len(many.json()["errors"]) <= HttpLimits().errors_shown + 1 or error_codes(many) == ["TOO_MANY_ROOT_FIELDS"]
    long = door.post("{ person { " + "x" * 50_000 + " } }")
    assert len(long.content) < 2_000
