"""Feedback as people and headquarters handle it through the door, for tests; `on` acts on it as it stands at that moment."""

from __future__ import annotations

from typing import Any

from kbsearch.schema.ids import encode_id

from .world import SUBMISSION_FIELDS, World

FIELDS = """id rawId state stateText lockVersion allowedActions title versionNumber resolution resolutionText overdue
  submission { id state } handler { name } duplicateOf { id } resolvedVersion { number body } resolvedKnowledge { title }"""
FEEDBACK = f"feedback {{ {FIELDS} }}"


def person(world: World, login: str) -> str:
    return encode_id("Person", world.people[login])


def give(world: World, who: str, raw: str | None = None, text: str = "资费应为四十元", **more: Any) -> Any:
    """Feedback that must be taken."""
    about = {} if raw is None else {"knowledgeId": encode_id("Knowledge", raw)}
    payload = world.act(who, "giveFeedback", FEEDBACK, text=text, **about, **more)
    assert payload["userErrors"] == []
    return payload["feedback"]


def see(world: World, feedback: dict[str, Any], who: str = "reviewer", selection: str = "") -> Any:
    return world.ask(who, f"query($id: ID!) {{ feedback(id: $id) {{ {FIELDS} {selection} }} }}", id=feedback["id"])["feedback"]


def on(world: World, who: str, mutation: str, feedback: dict[str, Any], selection: str = FEEDBACK, **more: Any) -> Any:
    """One action on feedback as it stands now; the payload."""
    lock = more.pop("lockVersion", None) or see(world, feedback)["lockVersion"]
    return world.act(who, mutation, selection, feedbackId=feedback["id"], lockVersion=lock, **more)


def opened(world: World, feedback: dict[str, Any], author: str = "author", who: str = "reviewer", **more: Any) -> Any:
    """The draft opened from feedback."""
    selection = f"submission {{ {SUBMISSION_FIELDS} }} {FEEDBACK}"
    payload = on(world, who, "openUpdateFromFeedback", feedback, selection, authorId=person(world, author), **more)
    assert payload["userErrors"] == []
    assert payload["feedback"]["state"] == "IN_PROGRESS"
    return payload["submission"]


def dispatched(world: World, raw: str, dispatch: int = 1, **more: Any) -> Any:
    """What headquarters' dispatch made."""
    receipt = receipt_of_dispatch(world, raw, dispatch, **more)
    assert receipt == "APPLIED"
    return world.ask("reviewer", "{ feedbackQueue(filter: {origin: HQ}) { edges { node { id hqId } } } }")["feedbackQueue"]["edges"][0][
        "node"
    ]


def waiting(world: World) -> list[dict[str, Any]]:
    """What headquarters dispatched and nobody settled."""
    query = "{ feedbackQueue(filter: {origin: HQ}) { edges { node { id title allowedActions } } } }"
    return [edge["node"] for edge in world.ask("reviewer", query)["feedbackQueue"]["edges"]]


def receipt_of_dispatch(world: World, raw: str, dispatch: int = 1, hook: str | None = None, **more: Any) -> str:
    said = {"feedbackId": "FB-1", "province": "GD", "knowledgeId": raw, "number": 1, "text": "营业厅说是四十元", **more}
    return str(world.hq("hqDispatchFeedback", hook, dispatch=dispatch, **said)["result"])


def results(world: World) -> list[dict[str, Any]]:
    """What headquarters was told, oldest first."""
    query = '{ outbox(filter: {kinds: ["feedback.result"]}, first: 50) { edges { node { payload } } } }'
    return [edge["node"]["payload"] for edge in reversed(world.ask("operator", query)["outbox"]["edges"])]


def rules_of(payload: dict[str, Any]) -> list[str]:
    return [error.get("rule") or error["__typename"] for error in payload["userErrors"]]
