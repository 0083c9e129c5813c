"""Every kind of caller against every root field: who is let through and who is told no, from a table written by hand."""

from __future__ import annotations

from typing import Any

import pytest
import strawberry

from kbsearch.schema.build import core_schema
from kbsearch.schema.ids import encode_id

from .world import World

EVERYONE = {"agent", "author", "reviewer", "operator", "admin"}
CALLERS = (*sorted(EVERYONE), "stranger", "hq")
JUNK = encode_id("Submission", "NOBODYS")
HASH = "0" * 64
LOCK = "lockVersion: 1"
SUB = f'submissionId: "{JUNK}", {LOCK}'
KNOW = f'knowledgeId: "{encode_id("Knowledge", "NOBODYS")}", {LOCK}'
BOX = f'inboxId: "{encode_id("InboxMessage", "NOBODYS")}", {LOCK}'
CAT = encode_id("Category", "NOBODYS")
SAID = f'feedbackId: "{encode_id("Feedback", "NOBODYS")}", {LOCK}'
LOT = f'batchId: "{encode_id("Batch", "NOBODYS")}", {LOCK}'
RUN = f'runId: "{encode_id("SyncRun", "NOBODYS")}", {LOCK}'
PIN = f'interimNoteId: "{encode_id("InterimNote", "NOBODYS")}", {LOCK}'
ROUND = 'submissionId: "NOBODYS", round: 1'
# root field → (a call of it, who may)
QUERIES: dict[str, tuple[str, set[str]]] = {
    "me": ("me { roles }", EVERYONE),
    "node": (f'node(id: "{CAT}") {{ id }}', EVERYONE),
    "nodes": (f'nodes(ids: ["{CAT}"]) {{ id }}', EVERYONE),
    "search": ('search(query: "流量") { totalCount }', EVERYONE),
    "suggest": ('suggest(text: "流") { title }', EVERYONE),
    "knowledge": (f'knowledge(id: "{CAT}") {{ id }}', EVERYONE),
    "categories": ("categories { name }", EVERYONE),
    "newest": ("newest { id }", EVERYONE),
    "mostRead": ("mostRead { id }", EVERYONE),
    "eventCursor": ("eventCursor", EVERYONE),
    "feedback": (f'feedback(id: "{JUNK}") {{ id }}', EVERYONE),
    "notices": ("notices { edges { cursor } }", EVERYONE),
    "myFavourites": ("myFavourites { edges { cursor } }", EVERYONE),
    "changedSinceLastRead": ("changedSinceLastRead { change { toNumber } }", EVERYONE),
    "recentSearches": ("recentSearches { query }", EVERYONE),
    "myFeedback": ("myFeedback { edges { cursor } }", EVERYONE),
    "feedbackQueue": ("feedbackQueue { edges { cursor } }", {"reviewer"}),
    "feedbackStatistics": ("feedbackStatistics { total }", {"reviewer"}),
    "submission": (f'submission(id: "{JUNK}") {{ id }}', {"author", "reviewer"}),
    "myWork": ("myWork { edges { cursor } }", {"author"}),
    "reviewQueue": ("reviewQueue { edges { cursor } }", {"reviewer"}),
    "colleagues": ("colleagues(role: AUTHOR) { name }", {"reviewer"}),
    "interimNotes": ("interimNotes { edges { cursor } }", {"author", "reviewer"}),
    "batch": (f'batch(id: "{JUNK}") {{ id }}', {"author", "reviewer"}),
    "batches": ("batches { edges { cursor } }", {"author", "reviewer"}),
    "managersReport": ("managersReport { provincesCovered }", {"reviewer", "admin"}),
    "announcement": (f'announcement(id: "{JUNK}") {{ id }}', EVERYONE),
    "myAnnouncements": ("myAnnouncements { edges { cursor } }", EVERYONE),
    "issuedAnnouncements": ("issuedAnnouncements { edges { cursor } }", {"author", "reviewer"}),
    "receivedAnnouncements": ("receivedAnnouncements { edges { cursor } }", {"reviewer"}),
    "syncRuns": ("syncRuns { edges { cursor } }", {"operator", "reviewer"}),
    "syncRun": (f'syncRun(id: "{JUNK}") {{ id }}', {"operator", "reviewer"}),
    "taxonomyHistory": ("taxonomyHistory { edges { cursor } }", {"operator", "reviewer", "admin"}),
    "outbox": ("outbox { edges { cursor } }", {"operator"}),
    "outboxMessage": (f'outboxMessage(id: "{JUNK}") {{ id }}', {"operator"}),
    "inbox": ("inbox { edges { cursor } }", {"operator", "reviewer"}),
    "inboxMessage": (f'inboxMessage(id: "{JUNK}") {{ id }}', {"operator", "reviewer"}),
    "alarms": ("alarms { edges { cursor } }", {"operator", "reviewer"}),
    "indexState": ("indexState { documents }", {"operator"}),
    "destinations": ("destinations { name }", {"operator"}),
    "people": ("people { edges { cursor } }", {"admin"}),
    "tokens": ("tokens { edges { cursor } }", {"admin"}),
}
MUTATIONS: dict[str, tuple[str, set[str]]] = {
    "recordClick": (f'searchId: "S", knowledgeId: "{CAT}", position: 1', EVERYONE),
    "favourite": (f'documentId: "{CAT}"', EVERYONE),
    "unfavourite": (f'documentId: "{CAT}"', EVERYONE),
    "markNoticesRead": ("ids: []", EVERYONE),
    "setNoticeChannel": ("kinds: []", EVERYONE),
    "markAnnouncementRead": (f'announcementId: "{CAT}"', EVERYONE),
    "signAnnouncement": (f'announcementId: "{CAT}", contentHash: "{HASH}"', EVERYONE),
    "remindUnsigned": (f'announcementId: "{CAT}"', {"author", "reviewer"}),
    "giveFeedback": ('text: ""', EVERYONE),
    "openUpdateFromFeedback": (f'{SAID}, authorId: "{CAT}"', {"reviewer"}),
    "linkFeedbackToSubmission": (f'{SAID}, submissionId: "{JUNK}"', {"reviewer"}),
    "unlinkFeedback": (SAID, {"reviewer"}),
    "resolveFeedback": (f'{SAID}, resolution: NO_CHANGE, text: "无误"', {"reviewer"}),
    "reassignFeedback": (f'{SAID}, handlerId: "{CAT}"', {"reviewer"}),
    "hqDispatchFeedback": ('feedbackId: "F", dispatch: 1, province: "BJ", knowledgeId: "NOBODYS", number: 1, text: "错"', {"hq"}),
    "draftPublish": (f'scope: LOCAL, categoryId: "{CAT}", content: {{}}', {"author"}),
    "draftUpdate": (f'knowledgeId: "{CAT}"', {"author"}),
    "draftRevoke": (f'knowledgeId: "{CAT}", reason: MERGED', {"author"}),
    "draftAnnouncement": ("content: {}", {"author"}),
    "draftCorrection": (f'announcementId: "{CAT}"', {"author"}),
    "draftRecall": (f'announcementId: "{CAT}", reason: MERGED', {"author"}),
    "draftReply": (f'announcementId: "{CAT}", content: {{}}', {"author"}),
    "releaseAnnouncement": (f'announcementId: "{CAT}", {LOCK}', {"reviewer"}),
    "editSubmission": (SUB, {"author"}),
    "editRevocation": (f"{SUB}, reason: MERGED", {"author"}),
    "rebaseSubmission": (SUB, {"author"}),
    "submitForReview": (SUB, {"author"}),
    "recallSubmission": (SUB, {"author"}),
    "withdrawSubmission": (SUB, {"author", "reviewer"}),
    "voidSubmission": (SUB, {"author", "reviewer"}),
    "claimSubmission": (SUB, {"reviewer"}),
    "releaseSubmission": (SUB, {"reviewer"}),
    "approveSubmission": (f'{SUB}, submissionHash: "{HASH}"', {"reviewer"}),
    "returnSubmission": (f'{SUB}, reasonCodes: [OTHER], reasonText: "改"', {"reviewer"}),
    "submitToHq": (f'submissions: [{{ id: "{JUNK}", {LOCK} }}]', {"reviewer"}),
    "reassignSubmission": (SUB, {"reviewer"}),
    "suspendKnowledge": (f'{KNOW}, reasonText: "错"', {"reviewer"}),
    "resumeKnowledge": (KNOW, {"reviewer"}),
    "archiveKnowledge": (KNOW, {"reviewer"}),
    "markStillInUse": (f"{KNOW}, stillInUse: true", {"reviewer"}),
    "draftRenewal": (f'knowledgeId: "{CAT}", effectiveTo: null', {"author"}),
    "draftBatch": ('title: ""', {"author"}),
    "addToBatch": (f"{LOT}, submissionIds: []", {"author"}),
    "removeFromBatch": (f"{LOT}, submissionIds: []", {"author"}),
    "submitBatchForReview": (LOT, {"author"}),
    "approveBatch": (f'batchId: "{CAT}", items: []', {"reviewer"}),
    "submitBatchToHq": (LOT, {"reviewer"}),
    "writeInterimNote": (f'knowledgeId: "{CAT}", text: ""', {"author"}),
    "resubmitInterimNote": (f'{PIN}, text: ""', {"author"}),
    "withdrawInterimNote": (PIN, {"author"}),
    "approveInterimNote": (PIN, {"reviewer"}),
    "returnInterimNote": (f'{PIN}, reasonText: "改"', {"reviewer"}),
    "endInterimNote": (f'{PIN}, reasonText: "止"', {"reviewer"}),
    "applyQuarantined": (BOX, {"reviewer"}),
    "discardQuarantined": (f'{BOX}, reasonText: "错"', {"reviewer"}),
    "replayOutboxMessage": (f'messageId: "{JUNK}"', {"operator"}),
    "replayDeadLetters": ("confirm: true", {"operator"}),
    "createPerson": ('login: "", name: "", roles: []', {"admin"}),
    "updatePerson": (f'personId: "{CAT}", {LOCK}', {"admin"}),
    "issueToken": (f'personId: "{CAT}"', {"admin"}),
    "revokeToken": (f'tokenId: "{CAT}"', {"admin"}),
    "createCategory": ('name: ""', {"admin"}),
    "updateCategory": (f'categoryId: "{CAT}", {LOCK}', {"admin"}),
    "retireCategory": (f'categoryId: "{CAT}", {LOCK}', {"admin"}),
    "hqAcknowledge": (f'{ROUND}, hqReference: "X"', {"hq"}),
    "hqApprove": (f'{ROUND}, submissionHash: "{HASH}"', {"hq"}),
    "hqReturn": (f'{ROUND}, reasonCodes: [OTHER], reasonText: "改"', {"hq"}),
    "hqReject": (f'{ROUND}, reasonCodes: [OTHER], reasonText: "否"', {"hq"}),
    "hqWithdrawResult": (f"{ROUND}, granted: true", {"hq"}),
    "hqPushVersion": (
        f'knowledgeId: "NOBODYS", number: 1, categoryId: "X", content: {{ title: "a", body: "b" }}, contentHash: "{HASH}"',
        {"hq"},
    ),
    "hqPushRevocation": ('knowledgeId: "NOBODYS", number: 1, reason: MERGED', {"hq"}),
    "hqPublishAnnouncement": (
        f'announcementId: "NOBODYS", number: 1, issuer: {{ code: "HQ" }}, content: {{ title: "a", body: "b" }}, contentHash: "{HASH}"',
        {"hq"},
    ),
    "hqCorrectAnnouncement": (
        f'announcementId: "NOBODYS", number: 2, base: 1, content: {{ title: "a", body: "b" }}, contentHash: "{HASH}"',
        {"hq"},
    ),
    "hqRecallAnnouncement": ('announcementId: "NOBODYS", number: 1, reason: MERGED', {"hq"}),
    "hqDeliverReply": (
        f'replyId: "R", announcementId: "A", organisation: {{ code: "GD" }}, content: {{ title: "a", body: "b" }}, contentHash: "{HASH}"',
        {"hq"},
    ),
    "compareWithHq": (f'categoryIds: ["{CAT}"]', {"operator", "reviewer"}),
    "applyRepair": (RUN, {"reviewer"}),
    "discardSync": (RUN, {"reviewer"}),
    "hqAnswerDigest": ('runId: "NOBODYS", categories: []', {"hq"}),
    "hqPushTaxonomy": ("treeVersion: 1, nodes: []", {"hq"}),
}


def _answer(world: World, caller: str, query: str) -> Any:
    if caller == "hq":
        return dict(world.signed(query).json())
    return world.run(None if caller == "stranger" else caller, query)


def test_the_tables_cover_every_root_field(schema: strawberry.Schema) -> None:
    core = core_schema(schema)
    assert core.query_type is not None
    assert core.mutation_type is not None
    assert set(core.query_type.fields) == set(QUERIES)
    assert set(core.mutation_type.fields) == set(MUTATIONS)


@pytest.mark.parametrize("caller", CALLERS)
def test_queries(world: World, caller: str) -> None:
    for name, (call, allowed) in QUERIES.items():
        answer = _answer(world, caller, f"{{ {call} }}")
        codes = [e["extensions"]["code"] for e in answer.get("errors", [])]
        if caller in allowed:
            assert codes == [], f"{caller} {name}: {answer}"
        else:
            assert codes == ["PERMISSION_DENIED"], f"{caller} {name}: {answer}"
            assert answer["data"] == {name: None}


@pytest.mark.parametrize("caller", CALLERS)
def test_mutations(world: World, caller: str) -> None:
    for name, (given, allowed) in MUTATIONS.items():
        answer = _answer(world, caller, f"mutation {{ {name}(input: {{ {given} }}) {{ userErrors {{ __typename message }} }} }}")
        assert "errors" not in answer, f"{caller} {name}: {answer}"
        errors = answer["data"][name]["userErrors"]
        denied = [e["__typename"] for e in errors] == ["PermissionError"]
        assert denied == (caller not in allowed), f"{caller} {name}: {errors}"


def test_a_token_narrowed_to_a_scope_cannot_do_more(world: World) -> None:
    made = world.ask(
        "admin",
        "mutation($i: IssueTokenInput!) { issueToken(input: $i) { clearToken token { scopes } userErrors { message } } }",
        i={"personId": encode_id("Person", world.people["both"]), "scopes": ["AUTHOR"], "days": 3},
    )["issueToken"]
    assert made["token"] == {"scopes": ["AUTHOR"]}
    world.tokens["narrow"] = made["clearToken"]
    assert world.ask("narrow", "{ me { roles person { roles } } }")["me"] == {
        "roles": ["AUTHOR"],
        "person": {"roles": ["AUTHOR", "REVIEWER"]},
    }
    denied = world.run("narrow", "{ reviewQueue { edges { cursor } } }")
    assert denied["errors"][0]["extensions"]["code"] == "PERMISSION_DENIED"


def test_strangers_may_look_at_the_schema(world: World) -> None:
    assert world.run(None, "{ __typename __schema { queryType { name } } }")["data"]["__schema"] == {"queryType": {"name": "Query"}}


def test_other_authors_submissions_do_not_exist_for_an_author(world: World) -> None:
    mine = world.draft("author")
    query = "query($id: ID!) { submission(id: $id) { id } node(id: $id) { id } }"
    assert world.ask("author2", query, id=mine["id"]) == {"submission": None, "node": None}
    assert world.ask("agent", "query($id: ID!) { node(id: $id) { id } }", id=mine["id"]) == {"node": None}
    assert world.ask("reviewer", query, id=mine["id"])["node"] == {"id": mine["id"]}
    payload = world.act("author2", "voidSubmission", "submission { id }", submissionId=mine["id"], lockVersion=1)
    assert ([e["__typename"] for e in payload["userErrors"]], payload["submission"]) == (["NotFoundError"], None)


def test_people_and_messages_are_nodes_only_for_those_who_need_them(world: World) -> None:
    world.submitted(world.draft())
    outbox = world.ask("operator", '{ outbox(filter: {destinations: ["hq"]}) { edges { node { id } } } }')["outbox"]["edges"][0]["node"][
        "id"
    ]
    author = encode_id("Person", world.people["author"])
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    seen = {who: world.ask(who, query, ids=[outbox, author])["nodes"] for who in ("agent", "author", "reviewer", "operator", "admin")}
    assert seen == {
        "agent": [None, None],
        "author": [None, {"id": author}],
        "reviewer": [None, {"id": author}],
        "operator": [{"id": outbox}, None],
        "admin": [None, {"id": author}],
    }
