"""临时口径 through the door: the author's, the reviewer's and the agent's side, from writing to its end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kbsearch.schema.ids import encode_id
from kbsearch.schema.rules import RULES
from kbsearch.workflow.interim_notes import PERMITTED, InterimNoteAction

from .world import World

FIELDS = "id text state stateText versionNumber hours beginsAt endsAt endReason returnText lockVersion allowedActions"
NOTE = f"interimNote {{ {FIELDS} }}"
PAGE = """query($id: ID!) { knowledge(id: $id) { badges badgeTexts interimNote { id text endsAt author { name } } } }"""
MUTATION_OF = {
    InterimNoteAction.WRITE: "writeInterimNote",
    InterimNoteAction.RESUBMIT: "resubmitInterimNote",
    InterimNoteAction.APPROVE: "approveInterimNote",
    InterimNoteAction.RETURN: "returnInterimNote",
    InterimNoteAction.WITHDRAW: "withdrawInterimNote",
    InterimNoteAction.END: "endInterimNote",
}


def write(world: World, raw: str, who: str = "author", **more: Any) -> Any:
    given = {"knowledgeId": encode_id("Knowledge", raw), "text": "系统割接，暂按短信通知解释", **more}
    payload = world.act(who, "writeInterimNote", NOTE, **given)
    assert payload["userErrors"] == []
    return payload["interimNote"]


def on(world: World, who: str, mutation: str, note: dict[str, Any], **more: Any) -> Any:
    return world.act(who, mutation, NOTE, **{"interimNoteId": note["id"], "lockVersion": note["lockVersion"], **more})


def approved(world: World, raw: str, **more: Any) -> Any:
    payload = on(world, "reviewer", "approveInterimNote", write(world, raw, **more))
    assert payload["userErrors"] == []
    return payload["interimNote"]


def page(world: World, raw: str, who: str = "agent") -> Any:
    return world.ask(who, PAGE, id=encode_id("Knowledge", raw))["knowledge"]


def listed(world: World, who: str = "reviewer", arguments: str = "") -> list[str]:
    edges = world.ask(who, f"{{ interimNotes{arguments} {{ edges {{ node {{ state }} }} }} }}")["interimNotes"]["edges"]
    return [edge["node"]["state"] for edge in edges]


def node(world: World, note: dict[str, Any], who: str) -> Any:
    return world.ask(who, "query($id: ID!) { node(id: $id) { ... on InterimNote { text } } }", id=note["id"])["node"]


def test_written_returned_mended_approved_shown_and_over(world: World) -> None:
    raw = world.publish(title="漫游资费", body="每日五元")
    note = write(world, raw)
    assert (note["state"], note["stateText"], note["versionNumber"], note["allowedActions"]) == ("PENDING", "待审核", 1, ["WITHDRAW"])
    assert page(world, raw) == {"badges": [], "badgeTexts": [], "interimNote": None}
    back = on(world, "reviewer", "returnInterimNote", note, reasonText="写明日期")["interimNote"]
    assert (back["state"], back["returnText"]) == ("RETURNED", "写明日期")
    again = on(world, "author", "resubmitInterimNote", back, text="今晚割接，暂按短信解释", hours=6)["interimNote"]
    shown = on(world, "reviewer", "approveInterimNote", again)["interimNote"]
    assert (shown["state"], shown["endsAt"], shown["allowedActions"]) == ("ACTIVE", "2026-11-23T07:00:00+00:00", ["END"])
    seen = page(world, raw)
    assert (seen["badges"], seen["badgeTexts"]) == (["INTERIM_NOTE"], ["临时口径"])
    assert (seen["interimNote"]["text"], seen["interimNote"]["author"]) == ("今晚割接，暂按短信解释", {"name": "姓author"})
    assert node(world, shown, "agent") == {"text": "今晚割接，暂按短信解释"}
    world.pass_time(timedelta(hours=6))
    assert page(world, raw)["interimNote"] is None
    assert node(world, shown, "agent") is None
    assert node(world, shown, "author") == {"text": "今晚割接，暂按短信解释"}
    assert (listed(world), listed(world, arguments="(states: [ENDED])")) == ([], ["ENDED"])


def test_it_rides_on_the_search_hit_at_no_cost_per_hit(world: World) -> None:
    for n in range(3):
        raw = world.publish(title=f"漫游资费{n}", body="每日五元")
        approved(world, raw, text=f"割接中{n}")
    world.sync_index()
    query = """{ search(query: "漫游") { edges { node { knowledge {
      title badges interimNote { text author { name } reviewedBy { name } } } } } } }"""
    hits = [edge["node"]["knowledge"] for edge in world.ask("agent", query)["search"]["edges"]]
    assert sorted((hit["title"], hit["interimNote"]["text"], *hit["badges"]) for hit in hits) == [
        (f"漫游资费{n}", f"割接中{n}", "INTERIM_NOTE") for n in range(3)
    ]
    assert world.found("割接中") == []  # the badge is searchable by eye only: a note's text is not in the index


def test_a_new_version_ends_it_in_the_same_breath(world: World) -> None:
    raw = world.publish(title="漫游资费", body="每日五元")
    note = approved(world, raw)
    update = world.act(
        "author", "draftUpdate", "submission { id rawId lockVersion submissionHash round }", knowledgeId=encode_id("Knowledge", raw),
        content={"body": "每日六元"},
    )["submission"]  # fmt: skip
    world.hq_approves(world.submitted(update))
    assert page(world, raw)["interimNote"] is None
    ended = world.ask("reviewer", "query($id: ID!) { node(id: $id) { ... on InterimNote { state endReason } } }", id=note["id"])["node"]
    assert ended == {"state": "ENDED", "endReason": "第 2 版已生效"}


def test_hidden_with_the_text_it_explains(world: World) -> None:
    raw = world.publish(title="漫游资费", body="每日五元")
    note = approved(world, raw)
    lock = world.ask("reviewer", "query($id: ID!) { knowledge(id: $id) { lockVersion } }", id=encode_id("Knowledge", raw))["knowledge"]
    suspended = {"knowledgeId": encode_id("Knowledge", raw), "reasonText": "核实", **lock}
    assert world.act("reviewer", "suspendKnowledge", "knowledge { interimNote { text } }", **suspended)["knowledge"] == {
        "interimNote": None
    }
    assert page(world, raw)["interimNote"] is None
    assert node(world, note, "agent") is None


def test_who_may_is_the_workflows_word() -> None:
    assert set(MUTATION_OF) == set(PERMITTED)
    for action, mutation in MUTATION_OF.items():
        assert RULES[f"Mutation.{mutation}"].roles == PERMITTED[action], mutation


def test_lists_show_authors_their_own_and_reviewers_all(world: World) -> None:
    raw = world.publish(title="漫游资费", body="每日五元")
    write(world, raw)
    write(world, raw, "author2")
    assert (listed(world), listed(world, "author")) == (["PENDING", "PENDING"], ["PENDING"])
    denied = world.run("agent", "{ interimNotes { edges { node { id } } } }")
    assert denied["errors"][0]["extensions"]["code"] == "PERMISSION_DENIED"
    mine = f'(knowledgeId: "{encode_id("Knowledge", raw)}", first: 1)'
    assert listed(world, arguments=mine) == ["PENDING"]
    assert listed(world, arguments='(knowledgeId: "junk")') == []
    bad = world.run("reviewer", '{ interimNotes(after: "junk") { edges { cursor } } }')
    assert bad["errors"][0]["extensions"]["code"] == "RULE_VIOLATED"


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"text": ""}, "BAD_TEXT"),
        ({"text": "字" * 501}, "BAD_TEXT"),
        ({"hours": 0}, "BAD_HOURS"),
        ({"hours": 73}, "BAD_HOURS"),
        ({"hours": -(2**31)}, "BAD_HOURS"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(world: World, given: dict[str, Any], rule: str) -> None:
    raw = world.publish(title="漫游资费", body="每日五元")
    payload = world.act("author", "writeInterimNote", NOTE, knowledgeId=encode_id("Knowledge", raw), **{"text": "说明", **given})
    assert [(error["rule"], error["message"] != "") for error in payload["userErrors"]] == [(rule, True)]
    assert listed(world) == []


def test_what_is_not_there_stale_or_not_theirs(world: World) -> None:
    raw, local = world.publish(title="漫游资费", body="每日五元"), world.publish(scope="LOCAL", title="本地", body="三元")
    note = write(world, raw, "both")
    assert on(world, "both", "approveInterimNote", note)["userErrors"][0]["rule"] == "FOUR_EYES"
    assert on(world, "reviewer", "approveInterimNote", {**note, "id": "junk"})["userErrors"][0]["code"] == "NOT_FOUND"
    assert on(world, "reviewer", "approveInterimNote", {**note, "lockVersion": 9})["userErrors"][0]["code"] == "STALE_OBJECT"
    assert on(world, "author", "withdrawInterimNote", note)["userErrors"][0]["code"] == "NOT_FOUND"
    assert on(world, "author", "approveInterimNote", note)["userErrors"][0]["code"] == "PERMISSION_DENIED"
    illegal = on(world, "reviewer", "endInterimNote", note, reasonText="不要了")["userErrors"][0]
    assert (illegal["__typename"], illegal["allowedActions"]) == ("IllegalTransitionError", ["APPROVE", "RETURN"])
    refused = world.act("author", "writeInterimNote", NOTE, knowledgeId=encode_id("Knowledge", local), text="说明")
    assert refused["userErrors"][0]["rule"] == "NOT_NATIONAL"
