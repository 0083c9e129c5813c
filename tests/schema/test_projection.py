"""The compiled projection answers as graphql-core does, byte for byte, errors included; and it does carry the load."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import strawberry
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kbsearch.http.endpoint import GraphQLEndpoint
from kbsearch.http.limits import HttpLimits
from kbsearch.schema.build import LIST_SIZES, core_schema
from kbsearch.schema.context import context_factory
from kbsearch.schema.ids import encode_id
from kbsearch.workflow.actions import Role

from .random_queries import queries
from .world import SUBMISSION, World

PAGE = """query Page($text: String!, $badges: Boolean = true) {
  search(query: $text, first: 20) { totalCount
    facets { category { value count category { name path { name } } } region { value label count } owner { value count } }
    edges { cursor node { tier score knowledge { id status statusText badges @include(if: $badges) category { name } }
      version { __typename ...V } titleHighlights { start end } snippet { text highlights { start end } } citation { text at } } }
    pageInfo { hasNextPage endCursor } } }
fragment V on KnowledgeVersion { number title summary liveFrom author { name } ... on Node { id } }"""


class _Twins:
    """The same system behind two doors: one projects (and compares), one leaves everything to graphql-core."""

    def __init__(self, world: World, schema: strawberry.Schema) -> None:
        self.world = world
        wide = HttpLimits(
            list_sizes=LIST_SIZES,
            tokens=50_000,
            aliases=5_000,
            directives=5_000,
            fields=10_000,
            cost=10**7,
            overlaps=10**6,
            document_bytes=10**6,
        )
        self._doors = [
            GraphQLEndpoint(schema, context_factory(world.system), limits=wide, threads=1, projector=projector)
            for projector in (world.projector, None)
        ]
        self._runner = asyncio.Runner()

    def answers(self, who: str, query: str, variables: dict[str, Any]) -> tuple[bytes, bytes]:
        """The bodies of the projecting and of the plain door."""
        headers = {"authorization": f"Bearer {self.world.tokens[who]}", "x-request-id": "the-same", "accept": "application/json"}
        content = {"query": query, "variables": variables}

        async def send(endpoint: GraphQLEndpoint) -> bytes:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(endpoint), base_url="http://kb") as client:
                return (await client.post("/graphql", json=content, headers=headers)).content

        projecting, plain = self._doors
        return self._runner.run(send(projecting)), self._runner.run(send(plain))

    def close(self) -> None:
        for door in self._doors:
            door.close()
        self._runner.close()


@pytest.fixture
def twins(world: World, schema: strawberry.Schema) -> Iterator[_Twins]:
    made = _Twins(world, schema)
    yield made
    made.close()


def _inhabit(world: World) -> dict[str, str]:
    """Something of every kind; the opaque ids of some."""
    raw = world.publish(scope="LOCAL", title="漫游说明", body="出国前请开通漫游。", keywords=["漫游"], effectiveTo="2026-11-28")
    world.now += timedelta(minutes=1)
    drafted = world.act(
        "author", "draftUpdate", SUBMISSION, knowledgeId=encode_id("Knowledge", raw), content={"body": "出国前请开通国际漫游。"}
    )["submission"]
    world.approve(world.do("author", "submitForReview", drafted))
    national = world.publish(title="流量日包")
    waiting = world.do("author", "submitForReview", world.draft(title="漫游提醒"))
    held = world.submitted(world.draft(title="漫游资费"))
    world.draft("author2", scope="LOCAL", title="草稿")
    world.sync_index()
    return {
        "local": encode_id("Knowledge", raw),
        "national": encode_id("Knowledge", national),
        "waiting": waiting["id"],
        "held": held["id"],
    }


def _arguments(world: World, ids: dict[str, str]) -> dict[str, list[str]]:
    opaque = [json.dumps(i) for i in [*ids.values(), encode_id("Person", world.people["author"]), "废话"]]
    version = json.dumps(encode_id("KnowledgeVersion", "nothing:1"))
    return {
        "id": opaque,
        "ids": [f"[{', '.join([*opaque, version])}]"],
        "Query.knowledge.id": [json.dumps(ids["local"]), json.dumps(ids["national"])],
        "Query.submission.id": [json.dumps(ids["waiting"]), json.dumps(ids["held"])],
        "first": ["1", "2", "20", "20", "20", "0"],
        "query": ['"漫游"', '"流量 日包"', '""'],
        "text": ['"漫"', '"liu"'],
        "role": ["AUTHOR", "REVIEWER"],
        "number": ["1", "2", "9"],
        "from": ["1"],
        "to": ["2", "7"],
        "at": ['"2026-11-23T09:00:30+08:00"', '"2020-01-01"'],
        "after": ["null", "null", "null", '"废话"'],
        "openOnly": ["true", "false"],
    }


def test_random_queries_are_answered_the_same(world: World, twins: _Twins, schema: strawberry.Schema) -> None:
    offered = _arguments(world, _inhabit(world))
    world.enroll("chief", set(Role))
    executed, refused = 0, 0

    @settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
    @given(queries(core_schema(schema), offered), st.sampled_from(["chief", "chief", "agent", "author"]), st.booleans())
    def compare(query: str, who: str, yes: bool) -> None:
        nonlocal executed, refused
        projected, plain = twins.answers(who, query, {"yes": yes})
        assert projected == plain
        assert world.projector.mismatches == []
        executed += "data" in json.loads(plain)
        refused += "errors" in json.loads(plain)

    compare()
    # Most were executed, some with errors; and most root fields were projected.
    assert executed > 50
    assert refused > 0
    assert world.projector.projected.total() > 50


def test_the_search_page_is_projected_whole(world: World, twins: _Twins) -> None:
    _inhabit(world)
    for badges in (True, False, None):
        variables = {"text": "漫游"} if badges is None else {"text": "漫游", "badges": badges}
        projected, plain = (json.loads(answer) for answer in twins.answers("agent", PAGE, variables))
        assert projected == plain
        assert ("badges" in projected["data"]["search"]["edges"][0]["node"]["knowledge"]) is (badges is not False)
    assert world.projector.projected["search"] == 3
    assert world.projector.fallbacks == []


def test_a_refused_field_below_is_an_error_with_its_path_as_ever(world: World, twins: _Twins) -> None:
    ids = _inhabit(world)
    query = "query($id: ID!) { a: knowledge(id: $id) { title mine: submissions { id } } b: knowledge(id: $id) { title } }"
    projected, plain = twins.answers("agent", query, {"id": ids["local"]})
    assert projected == plain
    answer = json.loads(projected)
    assert answer["data"]["a"] == {"title": "漫游说明", "mine": None}
    assert answer["errors"][0]["path"] == ["a", "mine"]
    assert answer["errors"][0]["locations"] == [{"line": 1, "column": 49}]
    assert [name for name, _ in world.projector.fallbacks] == ["knowledge"]
    assert world.projector.projected["knowledge"] == 1


def test_what_a_root_field_notes_is_noted_once_also_when_the_plan_gives_up(world: World) -> None:
    ids = _inhabit(world)
    world.system.searcher.log.flush()
    answer = world.run("agent", "query($id: ID!) { knowledge(id: $id) { submissions { id } } }", id=ids["local"])
    assert answer["data"]["knowledge"] == {"submissions": None}
    assert [name for name, _ in world.projector.fallbacks] == ["knowledge"]
    world.system.searcher.log.flush()
    assert world.ask("agent", "query($id: ID!) { knowledge(id: $id) { reads } }", id=ids["local"])["knowledge"]["reads"] == 1


def test_null_and_missing_switches_are_errors_not_another_cases_plan(twins: _Twins) -> None:
    query = "query($on: Boolean = true) { me { person { login name @include(if: $on) } } }"
    for on in (True, False, None, False):
        projected, plain = twins.answers("agent", query, {"on": on})
        assert projected == plain
        assert ("errors" in json.loads(plain)) is (on is None)


def test_threads_share_plans(world: World) -> None:
    _inhabit(world)
    wrong: list[Any] = []
    expected = world.ask("agent", "{ search { edges { node { version { title } } } } }")

    def ask() -> None:
        runner = asyncio.Runner()

        async def send() -> Any:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(world.endpoint), base_url="http://kb") as client:
                headers = {"authorization": f"Bearer {world.tokens['agent']}"}
                query = {"query": "{ search { edges { node { version { title } } } } }"}
                return (await client.post("/graphql", json=query, headers=headers)).json()

        for _ in range(10):
            answer = runner.run(send())
            if answer.get("data") != expected:
                wrong.append(answer)
        runner.close()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
