"""An agent's own desk through GraphQL over HTTP: favourites, what changed since I read it, recent searches."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from kbsearch.schema.ids import encode_id

from . import announcing as a
from .world import World

MARKS = "isFavourite changedSinceLastRead"
CHANGED = """{ changedSinceLastRead {
  change { fromNumber toNumber knownAt changedAt } knowledge { title isFavourite } announcement { title }
} }"""
MINE = """query($n: Int! = 20, $a: String) { myFavourites(first: $n, after: $a) {
  edges { node { createdAt knowledge { title } announcement { title } change { fromNumber toNumber } } }
  pageInfo { hasNextPage endCursor } } }"""


def read(world: World, raw: str, who: str = "agent") -> Any:
    """Opens the page, as a screen does, and lets the batch be written."""
    seen = world.ask(who, f"query($id: ID!) {{ knowledge(id: $id) {{ {MARKS} }} }}", id=encode_id("Knowledge", raw))["knowledge"]
    world.system.searcher.log.flush()
    return seen


def update(world: World, raw: str, body: str) -> None:
    made = world.act(
        "author",
        "draftUpdate",
        "submission { id lockVersion submissionHash }",
        knowledgeId=encode_id("Knowledge", raw),
        content={"body": body},
    )
    world.approve(world.do("author", "submitForReview", made["submission"]))


def keep(world: World, type_name: str, raw: str, mutation: str = "favourite", who: str = "agent") -> Any:
    selection = "knowledge { isFavourite } announcement { isFavourite }"
    return world.act(who, mutation, selection, documentId=encode_id(type_name, raw))


def test_what_changed_since_i_read_it_with_the_numbers_to_compare(world: World) -> None:
    raw = world.publish(scope="LOCAL")
    assert read(world, raw) == {"isFavourite": False, "changedSinceLastRead": False}
    assert world.ask("agent", CHANGED)["changedSinceLastRead"] == []
    world.now += timedelta(hours=1)
    update(world, raw, "每日三元。")
    changed = world.ask("agent", CHANGED)["changedSinceLastRead"]
    assert changed == [
        {
            "change": {
                "fromNumber": 1, "toNumber": 2, "knownAt": "2026-11-23T01:00:00+00:00", "changedAt": "2026-11-23T02:00:00+00:00",
            },
            "knowledge": {"title": "流量日包", "isFavourite": False},
            "announcement": None,
        }
    ]  # fmt: skip
    compare = "query($id: ID!) { knowledge(id: $id) { changedSinceLastRead differences(from: 1, to: 2) { field after } } }"
    seen = world.ask("agent", compare, id=encode_id("Knowledge", raw))["knowledge"]
    assert seen == {"changedSinceLastRead": True, "differences": [{"field": "body", "after": "每日三元。"}]}
    world.system.searcher.log.flush()
    assert world.ask("agent", CHANGED)["changedSinceLastRead"] == []
    assert world.ask("author2", CHANGED)["changedSinceLastRead"] == []


def test_favourites(world: World) -> None:
    raw, note = world.publish(scope="LOCAL"), a.publish(world, a.content({"people": [{"organisation": a.OURS, "id": "agent"}]}))
    assert keep(world, "Knowledge", raw) == {"userErrors": [], "knowledge": {"isFavourite": True}, "announcement": None}
    world.now += timedelta(hours=1)
    assert keep(world, "Announcement", note)["announcement"] == {"isFavourite": True}
    update(world, raw, "每日三元。")
    first = world.ask("agent", MINE, n=1)["myFavourites"]
    rest = world.ask("agent", MINE, a=first["pageInfo"]["endCursor"])["myFavourites"]
    nodes = [edge["node"] for page in (first, rest) for edge in page["edges"]]
    assert [(n["knowledge"], n["announcement"], n["change"]) for n in nodes] == [
        (None, {"title": "割接公告"}, None),
        ({"title": "流量日包"}, None, {"fromNumber": 1, "toNumber": 2}),
    ]
    assert keep(world, "Knowledge", raw, "unfavourite")["knowledge"] == {"isFavourite": False}
    assert len(world.ask("agent", MINE)["myFavourites"]["edges"]) == 1
    for type_name, key in (("Announcement", note), ("Knowledge", "nothing"), ("Person", world.people["agent"]), ("Knowledge", note)):
        assert [e["code"] for e in keep(world, type_name, key, who="author2")["userErrors"]] == ["NOT_FOUND"], type_name


def test_what_was_taken_from_me_is_not_shown_among_my_marks(world: World) -> None:
    """Kept and read while it was mine, then corrected for somebody else: no title, no number of it."""
    raw = a.publish(world, a.content({"people": [{"organisation": a.OURS, "id": "agent"}]}, title="金丝雀"))
    keep(world, "Announcement", raw)
    a.page(world, "agent", raw)
    world.system.searcher.log.flush()
    world.now += timedelta(hours=1)
    only = {"terms": {"audience": {"people": [{"organisation": a.OURS, "id": "author2"}]}}}
    world.approve(world.do("author", "submitForReview", a.begin(world, "draftCorrection", raw, content=only)))
    assert a.page(world, "agent", raw) is None
    assert world.ask("agent", CHANGED)["changedSinceLastRead"] == []
    node = world.ask("agent", MINE)["myFavourites"]["edges"][0]["node"]
    assert (node["knowledge"], node["announcement"], node["change"]) == (None, None, None)
    assert keep(world, "Announcement", raw, "unfavourite")["userErrors"] == []


def test_announcements_that_changed_are_told_too(world: World) -> None:
    raw = a.publish(world, a.content({"organisations": [a.OURS]}))
    a.page(world, "agent", raw)
    world.system.searcher.log.flush()
    world.now += timedelta(hours=1)
    world.approve(world.do("author", "submitForReview", a.begin(world, "draftCorrection", raw, content={"body": "改过。"})))
    changed = world.ask("agent", CHANGED)["changedSinceLastRead"]
    assert [(c["knowledge"], c["announcement"]["title"], c["change"]["toNumber"]) for c in changed] == [(None, "割接公告", 2)]
    assert a.page(world, "agent", raw, MARKS)["changedSinceLastRead"] is True


def test_recent_searches_are_mine(world: World) -> None:
    for who, text in (("agent", "流量"), ("agent", "话费"), ("author", "机密"), ("agent", "流量")):
        world.now += timedelta(minutes=1)
        world.ask(who, "query($q: String!) { search(query: $q) { totalCount } }", q=text)
    world.system.searcher.log.flush()
    found = world.ask("agent", "{ recentSearches { query at } }")["recentSearches"]
    assert found == [
        {"query": "流量", "at": "2026-11-23T01:04:00+00:00"},
        {"query": "话费", "at": "2026-11-23T01:02:00+00:00"},
    ]
