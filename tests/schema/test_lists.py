"""Lists as people page through them: order, filters, cursors; and that a longer list costs no more statements."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import event

from kbsearch.schema.ids import encode_id

from .world import World

QUEUE = """query($first: Int!, $after: String, $filter: ReviewQueueFilter) {
  reviewQueue(first: $first, after: $after, filter: $filter) {
    edges { cursor node { title urgency dueAt state overdue } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


def _queue(world: World, first: int = 20, after: str | None = None, who: str = "reviewer", **wanted: Any) -> Any:
    return world.ask(who, QUEUE, first=first, after=after, filter=wanted)["reviewQueue"]


def _titles(connection: Any) -> list[str]:
    return [edge["node"]["title"] for edge in connection["edges"]]


def _waiting(world: World, title: str, *, urgent: bool = False, scope: str = "NATIONAL") -> Any:
    s = world.draft(title=title, scope=scope)
    if urgent:
        s = world.do("author", "editSubmission", s, urgency="URGENT")
    world.now += timedelta(seconds=1)
    return world.do("author", "submitForReview", s)


def test_the_queue_is_urgent_first_then_by_due_date_and_pages_without_gaps(world: World) -> None:
    for title, urgent in (("甲", False), ("乙", True), ("丙", False), ("丁", True)):
        _waiting(world, title, urgent=urgent)
    world.draft(title="还在写")
    whole = _queue(world)
    assert _titles(whole) == ["乙", "丁", "甲", "丙"]
    assert whole["pageInfo"]["hasNextPage"] is False
    seen: list[str] = []
    after = None
    while True:
        page = _queue(world, 1, after)
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        seen += _titles(page)
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == ["乙", "丁", "甲", "丙"]


def test_a_new_urgent_one_does_not_shift_the_next_page(world: World) -> None:
    for title in ("甲", "乙", "丙"):
        _waiting(world, title)
    first = _queue(world, 2)
    _waiting(world, "急", urgent=True)
    assert _titles(_queue(world, 2, first["pageInfo"]["endCursor"])) == ["丙"]


def test_queue_filters(world: World) -> None:
    national = _waiting(world, "全网的", urgent=True)
    _waiting(world, "本地的", scope="LOCAL")
    approved = world.approve(_waiting(world, "已通过"))
    claimed = world.do("reviewer", "claimSubmission", national)
    assert claimed["lockVersion"] == national["lockVersion"] + 1
    expected: list[tuple[dict[str, Any], list[str]]] = [
        ({}, ["全网的", "本地的", "已通过"]),
        ({"states": ["APPROVED"]}, ["已通过"]),
        ({"states": ["DRAFT"]}, []),
        ({"kinds": ["REVOKE"]}, []),
        ({"kinds": ["PUBLISH", "UPDATE"], "scope": "LOCAL"}, ["本地的"]),
        ({"categoryIds": [encode_id("Category", "HQ")]}, ["全网的", "已通过"]),
        ({"categoryIds": [world.local_category]}, ["本地的"]),
        ({"categoryIds": ["junk"]}, []),
        ({"categoryIds": []}, []),
        ({"urgency": "URGENT"}, ["全网的"]),
        ({"authorId": encode_id("Person", world.people["author"])}, ["全网的", "本地的", "已通过"]),
        ({"authorId": encode_id("Person", world.people["both"])}, []),
        ({"authorId": "junk"}, []),
        ({"claimedByMe": True}, ["全网的"]),
        ({"unclaimedOnly": True}, ["本地的", "已通过"]),
        ({"overdueOnly": True}, []),
    ]
    for wanted, titles in expected:
        assert _titles(_queue(world, **wanted)) == titles, wanted
    assert _titles(_queue(world, who="reviewer2", claimedByMe=True)) == []
    world.now += timedelta(hours=25)
    overdue = _queue(world, overdueOnly=True)
    assert _titles(overdue) == ["全网的", "本地的", "已通过"]
    assert all(edge["node"]["overdue"] for edge in overdue["edges"])
    assert _titles(_queue(world, unclaimedOnly=True)) == ["全网的", "本地的", "已通过"], "a lease runs out"
    assert world.see(approved)["state"] == "APPROVED"


def test_my_work_is_mine_last_changed_first(world: World) -> None:
    first = world.draft(title="先写的")
    world.now += timedelta(seconds=1)
    world.draft("author2", title="别人的")
    second = world.draft(title="后写的")
    world.now += timedelta(seconds=1)
    world.do("author", "submitForReview", first)
    query = "query($s: [SubmissionState!]) { myWork(states: $s) { edges { node { title } } } }"
    assert _titles(world.ask("author", query)["myWork"]) == ["先写的", "后写的"]
    assert _titles(world.ask("author", query, s=["DRAFT"])["myWork"]) == ["后写的"]
    reassigned = world.do("reviewer", "reassignSubmission", second, authorId=encode_id("Person", world.people["author2"]))
    assert reassigned["state"] == "DRAFT"
    assert _titles(world.ask("author2", query)["myWork"]) == ["后写的", "别人的"]


SEARCH = """query($first: Int!, $after: String, $filter: SearchFilter) {
  search(query: "资费", first: $first, after: $after, filter: $filter) {
    edges { cursor node { knowledge { title status badges reads category { name path { name } } currentVersion { author { name } } }
      version { number title script author { name } citation { text } } tier score snippet { text offset highlights { start end } }
      titleHighlights { start end } } }
    totalCount searchId resultsChanged tookMs pageInfo { hasNextPage endCursor }
    facets { category { category { name } value count } region { value label count }
      kind { value label count } owner { value label count } } } }"""


def _search(world: World, first: int = 20, after: str | None = None, **wanted: Any) -> Any:
    return world.ask("agent", SEARCH, first=first, after=after, filter=wanted)["search"]


def test_search_filters_facets_highlights_and_pages(world: World) -> None:
    world.publish(title="资费说明一", body="先说别的。这里讲资费。", regions=["BJ"])
    world.publish(title="资费说明二", body="资费。", scope="LOCAL")
    world.publish(title="资费说明三", body="无。", regions=["GD"])
    page = _search(world)
    assert page["totalCount"] == 3
    assert page["searchId"]
    by_title = {edge["node"]["version"]["title"]: edge["node"] for edge in page["edges"]}
    hit = by_title["资费说明一"]
    assert hit["titleHighlights"] == [{"start": 0, "end": 2}]
    shown = hit["snippet"]
    assert [shown["text"][h["start"] : h["end"]] for h in shown["highlights"]] == ["资费"]
    assert hit["knowledge"]["category"]["path"] == [{"name": "知识库"}, {"name": "全网知识"}, {"name": "栏目TARIFF"}]
    assert hit["tier"] == "LEXICAL"
    facets = page["facets"]
    assert facets["region"] == [
        {"value": "*", "label": "全国", "count": 1},
        {"value": "BJ", "label": "北京", "count": 1},
        {"value": "GD", "label": "广东", "count": 1},
    ]
    assert facets["kind"] == [{"value": "KNOWLEDGE", "label": "知识", "count": 3}]
    assert facets["owner"] == [{"value": "LOCAL", "label": "本系统", "count": 3}]
    assert [(f["category"]["name"], f["count"]) for f in facets["category"]] == [("栏目TARIFF", 2), ("本地业务", 1)]
    assert _search(world, regions=["BJ"])["totalCount"] == 2
    assert _search(world, regions=["BJ"], includeNationwide=False)["totalCount"] == 1
    assert _search(world, categoryIds=[facets["category"][0]["value"]])["totalCount"] == 2
    assert _search(world, categoryIds=["junk"])["totalCount"] == 0
    assert _search(world, categoryIds=[])["totalCount"] == 0
    assert _search(world, scopes=["LOCAL"])["totalCount"] == 1
    assert _search(world, owners=["HQ"])["totalCount"] == 0
    assert _search(world, kinds=["ANNOUNCEMENT"])["totalCount"] == 0
    assert _search(world, effectiveFrom="2026-11-24")["totalCount"] == 0
    assert _search(world, updatedTo="2026-11-24")["totalCount"] == 3
    seen, after = [], None
    for _ in range(3):
        page = _search(world, 1, after)
        seen += [e["node"]["version"]["title"] for e in page["edges"]]
        after = page["pageInfo"]["endCursor"]
    assert sorted(seen) == ["资费说明一", "资费说明三", "资费说明二"]
    assert page["pageInfo"]["hasNextPage"] is False


def test_suggest_newest_most_read_related_and_clicks(world: World) -> None:
    kept = world.publish(title="宽带提速说明", body="提速。")
    world.now += timedelta(minutes=1)
    other = world.publish(title="宽带提速办理", body="办理。")
    suggested = world.ask("agent", '{ suggest(text: "宽带", first: 5) { title highlights { start end } knowledgeId number } }')["suggest"]
    assert {s["title"] for s in suggested} == {"宽带提速说明", "宽带提速办理"}
    assert suggested[0]["highlights"] == [{"start": 0, "end": 2}]
    page = world.ask(
        "agent", "query($id: ID!) { knowledge(id: $id) { related(first: 3) { title } reads } }", id=encode_id("Knowledge", kept)
    )
    assert page["knowledge"]["related"] == [{"title": "宽带提速办理"}]
    clicked = world.act("agent", "recordClick", "recorded", searchId="S1", knowledgeId=encode_id("Knowledge", kept), position=1)
    assert clicked == {"userErrors": [], "recorded": True}
    bad = world.act("agent", "recordClick", "recorded", searchId="", knowledgeId=encode_id("Knowledge", kept), position=0)
    assert [e["rule"] for e in bad["userErrors"]] == ["BAD_CLICK"]
    assert world.system.searcher.log.flush() >= 2
    lists = world.ask("agent", "{ newest(first: 1) { title } mostRead { rawId reads } }")
    assert lists == {"newest": [{"title": "宽带提速办理"}], "mostRead": [{"rawId": kept, "reads": 1}]}
    assert other != kept


@contextmanager
def _counted(world: World) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            statements.append(statement)

    event.listen(world.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(world.engine, "before_cursor_execute", note)


WHOLE_QUEUE = """query($first: Int!) { reviewQueue(first: $first) { edges { node {
  title kind state allowedActions submissionHash problems baseMoved overdue
  author { name } approvedBy { name } claimedBy { name } category { name path { name } }
  knowledge { title badges status reads } baseVersion { number author { name } }
  differencesToBase { field } amendedByHq { field } returns { reasonText by } revisions { number editedBy { name } }
  timeline { actionText actorName } transport { kindText status }
  scheduledVersion { number } distribution acceptedVersion { number } } } } }"""


def _statements(world: World, who: str, query: str, **variables: Any) -> int:
    with _counted(world) as statements:
        world.ask(who, query, **variables)
    return len(statements)


def test_a_longer_queue_costs_no_more_statements(world: World) -> None:
    def update(title: str) -> None:
        raw = world.publish(title=title)
        made = world.act(
            "author", "draftUpdate", "submission { id lockVersion }", knowledgeId=encode_id("Knowledge", raw), content={"body": "改"}
        )
        world.do("author", "submitForReview", made["submission"])

    for title in ("一", "二"):
        update(title)
    few = _statements(world, "reviewer", WHOLE_QUEUE, first=50)
    for title in ("三", "四", "五"):
        update(title)
        _waiting(world, f"新{title}")
    assert len(_queue(world, 50)["edges"]) == 8
    assert _statements(world, "reviewer", WHOLE_QUEUE, first=50) == few
    assert few <= 25


def test_a_longer_result_costs_no_more_statements(world: World) -> None:
    for title in ("资费甲", "资费乙"):
        world.publish(title=title)
    few = _statements(world, "agent", SEARCH, first=20)
    for title in ("资费丙", "资费丁", "资费戊"):
        world.publish(title=title)
    assert _search(world)["totalCount"] == 5
    assert _statements(world, "agent", SEARCH, first=20) == few
    assert few <= 15


def test_a_longer_list_of_knowledge_costs_no_more_statements(world: World) -> None:
    query = """{ newest(first: 50) { title badges reads category { name } history { number author { name } }
      timeline { actionText actorName } submissions { title state author { name } } allowedActions } }"""
    for title in ("一", "二"):
        world.publish(title=title)
    few = _statements(world, "both", query)
    for title in ("三", "四", "五"):
        world.publish(title=title)
    assert len(world.ask("both", query)["newest"]) == 5
    assert _statements(world, "both", query) == few
    assert few <= 20


def test_only_facets_that_are_asked_for_are_counted(world: World) -> None:
    world.publish(title="资费")
    query = """query { search(query: "资费") { ...Page } }
      fragment Page on SearchConnection { facets { owner { count } ... on SearchFacets { region { value } } } }"""
    assert world.ask("agent", query)["search"]["facets"] == {"owner": [{"count": 1}], "region": [{"value": "*"}]}
