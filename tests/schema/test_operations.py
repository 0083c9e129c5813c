"""What operators, reviewers and admins do around the business: outbox, quarantine, brake, people, categories."""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import select

from kbsearch.schema.carrying import carry
from kbsearch.schema.context import RequestContext
from kbsearch.schema.ids import encode_id
from kbsearch.store.tables import OutboxMessage, OutboxStatus, Submission
from kbsearch.store.unit import Unit
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.states import SubmissionState

from .world import SUBMISSION, World


def _kill_outbox(world: World) -> None:
    with world.store.write() as unit:
        for message in unit.session.exec(select(OutboxMessage).where(OutboxMessage.destination == "hq")):
            message.status, message.last_error = OutboxStatus.DEAD, "400 拒收"


def test_dead_letters_are_seen_and_replayed(world: World) -> None:
    first = world.submitted(world.draft(title="甲"))
    world.submitted(world.draft(title="乙"))
    _kill_outbox(world)
    query = "{ outbox(filter: {statuses: [DEAD]}) { edges { node { id rawId kindText statusText lastError submissionId payload } } } }"
    dead = [edge["node"] for edge in world.ask("operator", query)["outbox"]["edges"]]
    assert [(d["kindText"], d["statusText"], d["lastError"]) for d in dead] == [("知识上传", "死信", "400 拒收")] * 2
    assert dead[1]["payload"]["content"]["title"] == "甲"
    assert world.see(first, selection="transport { status lastError }")["transport"] == [{"status": "DEAD", "lastError": "400 拒收"}]
    again = world.act("operator", "replayOutboxMessage", "outboxMessage { status attempts }", messageId=dead[0]["id"])
    assert (again["userErrors"], again["outboxMessage"]) == ([], {"status": "PENDING", "attempts": 0})
    twice = world.act("operator", "replayOutboxMessage", "outboxMessage { status }", messageId=dead[0]["id"])
    assert [e["rule"] for e in twice["userErrors"]] == ["NOT_DEAD"]
    assert world.act("operator", "replayDeadLetters", "count", confirm=False)["count"] == 0
    assert world.act("operator", "replayDeadLetters", "count", confirm=True)["count"] == 1
    assert (
        world.ask("operator", "query($id: ID!) { outboxMessage(id: $id) { status } }", id=dead[1]["id"])["outboxMessage"]["status"]
        == "PENDING"
    )
    _kill_outbox(world)
    gone = world.do("author", "withdrawSubmission", world.see(first, "author"))
    assert gone["state"] == "WITHDRAWN"


def test_a_quarantined_approval_is_applied_or_discarded_by_a_reviewer(world: World) -> None:
    for title, mutation in (("甲", "applyQuarantined"), ("乙", "discardQuarantined")):
        s = world.submitted(world.draft(title=title))
        wrong = {"submissionId": s["rawId"], "round": 1, "submissionHash": "0" * 64}
        receipt = world.hq("hqApprove", **wrong)
        assert receipt["result"] == "QUARANTINED"
        query = "{ inbox(filter: {statuses: [QUARANTINED]}) { edges { node { id rawId lockVersion statusText kindText payload } } } }"
        [held] = [edge["node"] for edge in world.ask("operator", query)["inbox"]["edges"]]
        assert (held["rawId"], held["kindText"], held["payload"]) == (receipt["inboxId"], "审批通过", wrong)
        alarms = world.ask("operator", "{ alarms { edges { node { kind subjectId } } } }")["alarms"]["edges"]
        assert alarms == [{"node": {"kind": "QUARANTINE", "subjectId": held["rawId"]}}]
        reason = {} if mutation == "applyQuarantined" else {"reasonText": "总部弄错了"}
        stale = world.act("reviewer", mutation, "inboxMessage { status }", inboxId=held["id"], lockVersion=99, **reason)
        assert ([e["__typename"] for e in stale["userErrors"]], stale["inboxMessage"]) == (
            ["VersionConflictError"],
            {"status": "QUARANTINED"},
        )
        done = world.act(
            "reviewer",
            mutation,
            "inboxMessage { status settledBy { name } }",
            inboxId=held["id"],
            lockVersion=held["lockVersion"],
            **reason,
        )
        status = "APPLIED" if mutation == "applyQuarantined" else "DISCARDED"
        assert done == {"userErrors": [], "inboxMessage": {"status": status, "settledBy": {"name": "姓reviewer"}}}
        assert world.ask("operator", "{ alarms { edges { cursor } } }")["alarms"]["edges"] == []
        assert world.see(s)["state"] == ("SUPERSEDED" if status == "APPLIED" else "SUBMITTED")
        one = world.ask("operator", "query($id: ID!) { inboxMessage(id: $id) { status reason } }", id=held["id"])["inboxMessage"]
        assert one["status"] == status


def test_the_brake_the_archive_and_what_they_refuse(world: World) -> None:
    raw = world.publish(title="停一停", effectiveTo="2026-12-01")
    page = {"knowledgeId": encode_id("Knowledge", raw)}
    refused = world.act("reviewer", "archiveKnowledge", "knowledge { status lockVersion }", **page, lockVersion=1)
    assert [(e["__typename"], e["currentState"], e["allowedActions"]) for e in refused["userErrors"]] == [
        ("IllegalTransitionError", "PUBLISHED", ["SUSPEND", "MARK_STILL_IN_USE"])
    ]
    assert refused["knowledge"] == {"status": "PUBLISHED", "lockVersion": 1}
    silent = world.act("reviewer", "suspendKnowledge", "knowledge { status }", **page, lockVersion=1, reasonText=" ")
    assert [(e["__typename"], e["rule"], e["field"]) for e in silent["userErrors"]] == [
        ("ValidationError", "REASON_REQUIRED", ["reasonText"])
    ]
    done = world.act(
        "reviewer", "suspendKnowledge", "knowledge { status lockVersion suspendedUntil }", **page, lockVersion=1, reasonText="资费错"
    )
    assert done["knowledge"] == {"status": "SUSPENDED", "lockVersion": 2, "suspendedUntil": "2026-11-26T01:00:00+00:00"}
    back = world.act("reviewer", "resumeKnowledge", "knowledge { status }", **page, lockVersion=2)
    assert back["knowledge"] == {"status": "PUBLISHED"}
    world.pass_time(timedelta(days=10))
    ended = world.act("reviewer", "archiveKnowledge", "knowledge { status timeline { actionText actorName } }", **page, lockVersion=3)
    assert ended["knowledge"]["status"] == "ARCHIVED"
    texts = [row["actionText"] for row in ended["knowledge"]["timeline"]]
    assert [t for t in texts if t in {"停用", "恢复", "归档"}] == ["停用", "恢复", "归档"]
    assert "总部审批通过" in texts
    assert "总部审批通过" not in [
        row["actionText"]
        for row in world.ask("agent", "query($id: ID!) { knowledge(id: $id) { timeline { actionText } } }", id=page["knowledgeId"])[
            "knowledge"
        ]["timeline"]
    ]


def test_index_state_tells_what_waits(world: World) -> None:
    world.publish()
    [state] = world.ask("operator", "{ indexState { destination documents expected pending lagSeconds fresh searchable reason } }")[
        "indexState"
    ]
    assert state == {
        "destination": "index:embedded",
        "documents": 1,
        "expected": 1,
        "pending": 0,
        "lagSeconds": None,
        "fresh": True,
        "searchable": True,
        "reason": "",
    }
    assert world.ask("operator", "{ destinations { name failingSince } }") == {"destinations": []}


def test_admins_keep_people_tokens_and_categories(world: World) -> None:
    made = world.act("admin", "createPerson", "person { id login roles active lockVersion }", login="new", name="新人", roles=["AGENT"])[
        "person"
    ]
    assert (made["login"], made["roles"], made["active"]) == ("new", ["AGENT"], True)
    twice = world.act("admin", "createPerson", "person { id }", login="new", name="又一", roles=[])
    assert [(e["__typename"], e["rule"]) for e in twice["userErrors"]] == [("DuplicateError", "LOGIN_TAKEN")]
    changed = world.act("admin", "updatePerson", "person { roles lockVersion }", personId=made["id"], lockVersion=1, roles=["AUTHOR"])
    assert changed["person"] == {"roles": ["AUTHOR"], "lockVersion": 2}
    wide = world.act("admin", "issueToken", "clearToken", personId=made["id"], scopes=["ADMIN"])
    assert ([e["rule"] for e in wide["userErrors"]], wide["clearToken"]) == (["SCOPE_TOO_WIDE"], None)
    for days in (0, -5, 367, 2_000_000_000):
        long = world.act("admin", "issueToken", "clearToken", personId=made["id"], days=days)
        assert [e["rule"] for e in long["userErrors"]] == ["BAD_LIFETIME"]
    people = world.ask(
        "admin", "{ people(first: 100) { edges { node { login } } } tokens(first: 100) { edges { node { person { login } } } } }"
    )
    assert [e["node"]["login"] for e in people["people"]["edges"]] == sorted([*world.people, "new"])
    assert len(people["tokens"]["edges"]) == len(world.people)
    assert {p["login"] for p in world.ask("reviewer", "{ colleagues(role: AUTHOR) { login } }")["colleagues"]} == {
        "author",
        "author2",
        "both",
        "new",
    }

    child = world.act("admin", "createCategory", "category { id parent { name } }", name="下级", parentId=world.local_category)["category"]
    assert child["parent"] == {"name": "本地业务"}
    full = world.act("admin", "retireCategory", "category { retiredAt }", categoryId=world.local_category, lockVersion=1)
    assert ([e["rule"] for e in full["userErrors"]], full["category"]) == (["NOT_EMPTY"], {"retiredAt": None})
    hq = world.act("admin", "updateCategory", "category { name }", categoryId=encode_id("Category", "TARIFF"), lockVersion=1, name="改名")
    assert [e["rule"] for e in hq["userErrors"]] == ["HQ_TREE_READ_ONLY"]
    renamed = world.act(
        "admin", "updateCategory", "category { name position }", categoryId=child["id"], lockVersion=1, name="新名", position=3
    )
    assert renamed["category"] == {"name": "新名", "position": 3}
    tree = world.ask("agent", "{ categories { name children { name origin children { name } } } }")["categories"]
    assert tree == [
        {
            "name": "知识库",
            "children": [
                {"name": "全网知识", "origin": "HQ", "children": [{"name": "栏目TARIFF"}, {"name": "栏目ROAMING"}]},
                {"name": "本地业务", "origin": "LOCAL", "children": [{"name": "新名"}]},
            ],
        }
    ]


def test_an_incomplete_draft_is_told_what_is_missing_and_a_second_open_one_is_refused(world: World) -> None:
    empty = world.draft(title="", body="")
    assert empty["problems"] == ["缺标题", "缺正文"]
    refused = world.act("author", "submitForReview", SUBMISSION, submissionId=empty["id"], lockVersion=1)
    assert [(e["rule"], e["problems"]) for e in refused["userErrors"]] == [("INCOMPLETE", ["缺标题", "缺正文"])]
    many = world.act(
        "author", "editSubmission", SUBMISSION, submissionId=empty["id"], lockVersion=1, content={"title": "长" * 201, "regions": ["XX"]}
    )
    assert [e["field"] for e in many["userErrors"]] == [["content", "title"], ["content", "regions"]]
    assert many["submission"]["lockVersion"] == 1

    raw = encode_id("Knowledge", world.publish(title="一条"))
    drafts = [world.act("author", "draftUpdate", SUBMISSION, knowledgeId=raw, content={"body": str(i)})["submission"] for i in range(2)]
    world.do("author", "submitForReview", drafts[0])
    second = world.act("author", "submitForReview", SUBMISSION, submissionId=drafts[1]["id"], lockVersion=1)
    [error] = second["userErrors"]
    assert (error["__typename"], error["rule"], error["existingId"]) == ("DuplicateError", "ANOTHER_OPEN", drafts[0]["id"])
    wrong = world.act("author", "recallSubmission", SUBMISSION, submissionId=drafts[1]["id"], lockVersion=1)
    [error] = wrong["userErrors"]
    assert (error["__typename"], error["currentState"]) == ("IllegalTransitionError", "DRAFT")
    assert "SUBMIT_FOR_REVIEW" not in error["allowedActions"]
    assert "EDIT" in error["allowedActions"]


class _Asked:
    """The one attribute `carry` reads of Strawberry's info."""

    def __init__(self, context: RequestContext) -> None:
        self.context = context


def test_rule_three_holds_in_the_database_when_two_race(world: World) -> None:
    raw = encode_id("Knowledge", world.publish(title="一条"))
    made = [world.act("author", "draftUpdate", SUBMISSION, knowledgeId=raw)["submission"] for _ in range(2)]
    world.do("author", "submitForReview", made[0])
    context = RequestContext(world.store, world.system.searcher, b"x", lambda: None, Actor(world.people["author"]))

    def as_if_nobody_looked(unit: Unit, _actor: Actor) -> None:
        row = unit.session.get(Submission, made[1]["rawId"])
        assert row is not None
        row.state = SubmissionState.PENDING_REVIEW

    carried = carry(_Asked(context), as_if_nobody_looked)  # type: ignore[arg-type]
    assert [(type(e).__name__, e.code) for e in carried.errors] == [("DuplicateError", "RULE_VIOLATED")]
    assert world.see(made[1])["state"] == "DRAFT"


def test_operators_filter_what_they_look_at(world: World) -> None:
    first, second = (world.submitted(world.draft(title=title)) for title in ("甲", "乙"))
    world.hq("hqAcknowledge", submissionId=first["rawId"], round=1, hqReference="R")
    world.hq("hqApprove", submissionId=second["rawId"], round=1, submissionHash="0" * 64)
    world.hq("hqPushRevocation", knowledgeId=second["knowledgeRawId"], number=1, reason="SERVICE_RETIRED")
    outbox = "query($f: OutboxFilter) { outbox(filter: $f) { edges { node { submissionId } } } }"
    for wanted, found in (
        ({"destinations": ["hq"], "kinds": ["knowledge.publish"]}, [second["rawId"], first["rawId"]]),
        ({"submissionId": first["rawId"]}, [first["rawId"]]),
        ({"knowledgeId": second["knowledgeRawId"], "statuses": ["PENDING"], "destinations": ["hq"]}, [second["rawId"]]),
        ({"statuses": ["DELIVERED"]}, []),
        ({"kinds": ["nothing"]}, []),
    ):
        seen = world.ask("operator", outbox, f=wanted)["outbox"]["edges"]
        assert [edge["node"]["submissionId"] for edge in seen][: len(found) or 1] == found, wanted
    inbox = "query($f: InboxFilter, $n: Int!, $a: String) { inbox(filter: $f, first: $n, after: $a) { edges { cursor node { kind } } } }"
    for wanted, kinds in (
        ({"kinds": ["hqAcknowledge", "hqApprove"]}, ["hqApprove", "hqAcknowledge"]),
        ({"submissionId": first["rawId"]}, ["hqAcknowledge"]),
        ({"knowledgeId": second["knowledgeRawId"]}, ["hqPushRevocation"]),
        ({"statuses": ["QUARANTINED"]}, ["hqApprove"]),
    ):
        edges = world.ask("reviewer", inbox, f=wanted, n=10)["inbox"]["edges"]
        assert sorted(edge["node"]["kind"] for edge in edges) == sorted(kinds), wanted
    newest = world.ask("reviewer", inbox, n=1)["inbox"]["edges"]
    following = world.ask("reviewer", inbox, n=10, a=newest[0]["cursor"])["inbox"]["edges"]
    assert len(following) == 3  # the tree, the acknowledgement, and one of the other two
    assert newest[0] not in following
    alarms = "query($o: Boolean!) { alarms(openOnly: $o) { edges { node { message } } } }"
    assert [len(world.ask("operator", alarms, o=only)["alarms"]["edges"]) for only in (True, False)] == [1, 1]
    left = world.act(
        "admin", "updatePerson", "person { active }", personId=encode_id("Person", world.people["author2"]), lockVersion=1, active=False
    )
    assert left["person"] == {"active": False}
    people = (
        "query($o: Boolean!) { people(activeOnly: $o, first: 100) { edges { node { login tokens { label scopes person { login } } } } } }"
    )
    counts = [len(world.ask("admin", people, o=only)["people"]["edges"]) for only in (True, False)]
    assert counts == [len(world.people) - 1, len(world.people)]


def test_what_ended_is_not_among_the_newest_and_points_to_what_lives(world: World) -> None:
    raw = world.publish(scope="LOCAL", title="旧的")
    world.now += timedelta(minutes=1)
    world.publish(scope="LOCAL", title="新的")
    drafted = world.act("author", "draftRevoke", SUBMISSION, knowledgeId=encode_id("Knowledge", raw), reason="NO_LONGER_USEFUL")
    world.approve(world.do("author", "submitForReview", drafted["submission"]))
    assert world.ask("agent", "{ newest { title } }") == {"newest": [{"title": "新的"}]}
    page = "query($id: ID!) { knowledge(id: $id) { badgeTexts related { title } shownVersion { isCurrent regions effectiveFrom } } }"
    assert world.ask("agent", page, id=encode_id("Knowledge", raw))["knowledge"] == {
        "badgeTexts": ["已撤销"],
        "related": [{"title": "新的"}],
        "shownVersion": {"isCurrent": False, "regions": [], "effectiveFrom": None},
    }
