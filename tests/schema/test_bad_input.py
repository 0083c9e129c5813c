"""Bad input at this door: junk ids, forged cursors, sizes, times, tokens, signatures; typed Chinese answers, never a crash."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from itertools import product
from typing import Any

from kbsearch.hq.signing import sign
from kbsearch.schema.ids import decode_id, encode_id

from .world import SECRET, World

JUNK_IDS = [
    "",
    "x",
    "!!!!",
    "𠮷" * 10,
    base64.b64encode(b"Submission:").decode(),
    base64.b64encode(b":x").decode(),
    base64.b64encode(b"Submission").decode(),
    base64.b64encode(b"Nothing:x").decode(),
    base64.b64encode(b"KnowledgeVersion:x:\xff").decode(),
    encode_id("KnowledgeVersion", "X:99999999999999999999"),
    encode_id("KnowledgeVersion", "X:²"),
    encode_id("Submission", "A\u200bB"),
    "A" * 5000,
]


def test_junk_ids_are_null_everywhere(world: World) -> None:
    for junk in JUNK_IDS:
        _junk_is_null(world, junk)


def _junk_is_null(world: World, junk: str) -> None:
    query = "query($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } submission(id: $id) { id } knowledge(id: $id) { id } }"
    assert world.ask("both", query, id=junk) == {"node": None, "nodes": [None], "submission": None, "knowledge": None}
    payload = world.act("both", "submitForReview", "submission { id }", submissionId=junk, lockVersion=1)
    assert ([e["__typename"] for e in payload["userErrors"]], payload["submission"]) == (["NotFoundError"], None)
    batch = world.act("both", "submitToHq", "submissions { id }", submissions=[{"id": junk, "lockVersion": 1}])
    assert [e["field"] for e in batch["userErrors"]] == [["submissions", "0", "id"]]
    drafted = world.act("both", "draftPublish", "submission { id }", scope="LOCAL", categoryId=junk, content={})
    assert [(e["__typename"], e["field"]) for e in drafted["userErrors"]] == [("NotFoundError", ["categoryId"])]


def test_ids_have_one_spelling_and_one_type(world: World) -> None:
    known = world.draft()["id"]
    assert decode_id(known + "=") is None
    assert decode_id(known[:-1] + "\n") is None
    other_type = encode_id("Knowledge", world.see({"id": known})["rawId"])
    assert world.ask("reviewer", "query($id: ID!) { submission(id: $id) { id } }", id=other_type) == {"submission": None}


def test_a_page_size_out_of_range_is_said_so(world: World) -> None:
    fields = ("reviewQueue(first: %d) { edges { cursor } }", "search(first: %d) { totalCount }", "newest(first: %d) { id }")
    for field, first in product(fields, (0, -1, 101, 2_147_483_647)):
        [error] = world.run("both", "{ " + field % first + " }")["errors"]
        # What is enormous and asks for items is refused before execution, by its cost.
        assert error["extensions"]["code"] in {"BAD_USER_INPUT"} | ({"TOO_COSTLY"} if first > 20_000 else set())
        assert "first" in error["message"]


def _queue(world: World, after: str | None, flags: str = "") -> Any:
    query = "query($a: String) { reviewQueue(first: 1, after: $a%s) { edges { cursor node { id } } pageInfo { hasNextPage endCursor } } }"
    return world.run("both", query % flags, a=after)


def test_cursors_are_ours_and_belong_to_their_list(world: World) -> None:
    for title in ("甲", "乙"):
        world.do("author", "submitForReview", world.draft(title=title))
    page = _queue(world, None)["data"]["reviewQueue"]
    cursor = page["pageInfo"]["endCursor"]
    assert page["pageInfo"]["hasNextPage"] is True
    second = _queue(world, cursor)["data"]["reviewQueue"]
    assert second["edges"][0]["node"]["id"] != page["edges"][0]["node"]["id"]
    assert second["pageInfo"]["hasNextPage"] is False
    forged = cursor[:-4] + ("AAAA" if cursor[-4:] != "AAAA" else "BBBB")
    for bad in (forged, "", "junk", "é", "A" * 3000, base64.urlsafe_b64encode(b"[0]" * 9).decode()):
        [error] = _queue(world, bad)["errors"]
        assert (error["extensions"]["code"], error["extensions"]["refusals"][0]["rule"]) == ("RULE_VIOLATED", "BAD_CURSOR"), bad
    [error] = _queue(world, cursor, ", filter: {overdueOnly: true}")["errors"]
    assert error["extensions"]["refusals"][0]["rule"] == "BAD_CURSOR"
    [error] = world.run("both", "query($a: String) { myWork(after: $a) { edges { cursor } } }", a=cursor)["errors"]
    assert error["extensions"]["refusals"][0]["rule"] == "BAD_CURSOR"
    [error] = world.run("both", "query($a: String) { search(after: $a) { totalCount } }", a=cursor)["errors"]
    assert error["extensions"]["refusals"][0]["rule"] == "BAD_CURSOR"


def test_a_time_without_offset_or_sense_is_said_so(world: World) -> None:
    bad = ("2026-11-23T08:00:00", "昨天", "", "2026-13-01", "0001-01-01", "9999-12-31", 5, True, "2026-11-23T08:00:00+99:00")
    for moment in bad:
        answer = world.run("agent", "query($t: DateTime) { search(asOf: $t) { totalCount } }", t=moment)
        [error] = answer["errors"]
        assert error["extensions"]["code"] == "BAD_USER_INPUT", moment
        assert "时间" in error["message"]


def test_a_bare_date_is_midnight_in_shanghai(world: World) -> None:
    made = world.draft(effectiveFrom="2026-12-01", effectiveTo="2026-12-31T23:59:59+08:00")
    content = world.see(made, selection="content { effectiveFrom effectiveTo }")["content"]
    assert content == {"effectiveFrom": "2026-11-30T16:00:00+00:00", "effectiveTo": "2026-12-31T15:59:59+00:00"}


def test_as_of_ahead_and_endless_queries_are_refused(world: World) -> None:
    [error] = world.run("agent", '{ search(asOf: "2030-01-01") { totalCount } }')["errors"]
    assert error["extensions"]["refusals"][0]["rule"] == "AS_OF_AHEAD"
    [error] = world.run("agent", "query($q: String!) { search(query: $q) { totalCount } }", q="流" * 201)["errors"]
    assert error["extensions"]["refusals"][0]["rule"] == "QUERY_TOO_LONG"


def test_a_bad_token_is_401(world: World) -> None:
    for header in ("", "kb_x", "Basic abc", "Bearer", "Bearer ", "Bearer kb_wrong", "Bearer kb_\u00e9", "bearer " + "k" * 5000):
        response = world.post({"query": "{ __typename }"}, {"authorization": header.encode("latin-1")})
        assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED"), header


def test_expired_revoked_and_absent_peoples_tokens_end(world: World) -> None:
    token = world.ask(
        "admin",
        "query($id: ID!) { node(id: $id) { ... on Person { lockVersion tokens { id label revokedAt } } } }",
        id=encode_id("Person", world.people["agent"]),
    )["node"]["tokens"][0]
    assert token["revokedAt"] is None
    ended = world.act("admin", "revokeToken", "token { revokedAt }", tokenId=token["id"])
    assert ended["token"]["revokedAt"] is not None
    assert "令牌无效" in world.run("agent", "{ me { roles } }")["errors"][0]["message"]
    gone = world.act(
        "admin", "updatePerson", "person { active }", personId=encode_id("Person", world.people["author"]), lockVersion=1, active=False
    )
    assert gone["person"] == {"active": False}
    assert "errors" in world.run("author", "{ me { roles } }")
    world.now += timedelta(days=301)
    assert "errors" in world.run("operator", "{ me { roles } }")


ACK = 'mutation { hqAcknowledge(input: {submissionId: "X", round: 1, hqReference: "R"}) { receipt { result } } }'


def test_an_unproven_delivery_is_401_and_leaves_nothing(world: World) -> None:
    for broken in ("secret", "body", "late", "early", "id", "signature", "both"):
        _unproven(world, broken)
    query = '{ inbox(filter: {kinds: ["hqAcknowledge"]}) { edges { cursor } } }'
    assert world.ask("operator", query)["inbox"]["edges"] == []


def _unproven(world: World, broken: str) -> None:
    body = json.dumps({"query": ACK}).encode()
    shift = {"late": timedelta(seconds=-301), "early": timedelta(seconds=301)}.get(broken, timedelta())
    secret = "whsec_" + base64.b64encode(b"x" * 32).decode() if broken == "secret" else SECRET
    headers = sign(secret, "wh-bad", world.now + shift, body)
    if broken == "body":
        body = body.replace(b'"R', b'"S')
    if broken == "id":
        headers["webhook-id"] = "wh-other"
    if broken == "signature":
        del headers["webhook-signature"]
    if broken == "both":
        headers["authorization"] = f"Bearer {world.tokens['both']}"
    response = world.post(body, headers)
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
    assert "data" not in response.json()


def test_a_signed_unlawful_message_gets_a_receipt(world: World) -> None:
    receipt = world.hq("hqReturn", submissionId="NONE", round=0, reasonCodes=["OTHER"], reasonText=" ")
    assert receipt["result"] == "REJECTED"
    answer = world.signed("mutation { hqApprove(input: {submissionId: 5}) { receipt { result } } }")
    assert answer.json()["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


def test_the_same_webhook_id_with_another_payload_is_quarantined(world: World) -> None:
    s = world.submitted(world.draft())
    about = {"submissionId": s["rawId"], "round": 1}
    first = world.hq("hqAcknowledge", "wh-same", **about, hqReference="R1")
    assert world.hq("hqAcknowledge", "wh-same", **about, hqReference="R1") == first
    other = world.hq("hqAcknowledge", "wh-same", **about, hqReference="R2")
    assert (first["result"], other["result"]) == ("APPLIED", "QUARANTINED")


def test_nothing_is_written_once_the_time_is_up(world: World) -> None:
    s = world.draft()
    world.seconds_per_look = 1000.0
    query = "mutation($i: SubmitForReviewInput!) { submitForReview(input: $i) { userErrors { message } } }"
    answer = world.run("author", query, i={"submissionId": s["id"], "lockVersion": s["lockVersion"]})
    world.seconds_per_look = 0.0
    assert answer["errors"][0]["extensions"]["code"] == "DEADLINE_EXCEEDED"
    assert world.see(s)["state"] == "DRAFT"


def test_a_broken_index_takes_only_search_down(world: World) -> None:
    world.publish(title="还在的知识")
    world.index.close()
    for path in sorted((world.index._layout.root).rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    query = '{ search(query: "知识") { totalCount } suggest(text: "知") { title } newest { title related { title } } }'
    answer = world.run("agent", query)
    assert answer["data"] == {"search": None, "suggest": None, "newest": [{"title": "还在的知识", "related": None}]}
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"SEARCH_UNAVAILABLE"}
    assert len(answer["errors"]) == 3
    assert all(error["message"].startswith("检索暂不可用") for error in answer["errors"])
