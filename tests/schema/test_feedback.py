"""知识反馈 through the door: given, dispatched by headquarters' signature, opened, followed to its end, answered."""

from __future__ import annotations

from typing import Any

import pytest

from kbsearch.content import Content
from kbsearch.schema.ids import encode_id
from kbsearch.schema.rules import RULES
from kbsearch.workflow.feedback import PERMITTED, FeedbackAction

from .feedback_door import FEEDBACK, dispatched, give, on, opened, person, receipt_of_dispatch, results, rules_of, see, waiting
from .world import World

MUTATION_OF = {
    FeedbackAction.GIVE: "giveFeedback",
    FeedbackAction.OPEN_UPDATE: "openUpdateFromFeedback",
    FeedbackAction.LINK: "linkFeedbackToSubmission",
    FeedbackAction.UNLINK: "unlinkFeedback",
    FeedbackAction.RESOLVE: "resolveFeedback",
    FeedbackAction.REASSIGN: "reassignFeedback",
}


def test_from_the_province_to_the_answer_with_an_update(world: World) -> None:
    raw = world.publish(title="流量日包", body="每日五元")
    feedback = dispatched(world, raw, reporter="张三", opinion="请核实")
    draft = opened(world, feedback)
    query = "query($id: ID!) { submission(id: $id) { feedback { text provinceName } content { body } changeNote } }"
    told = world.ask("author", query, id=draft["id"])
    assert told["submission"] == {
        "feedback": [{"text": "营业厅说是四十元", "provinceName": "广东"}],
        "content": {"body": "每日五元"},
        "changeNote": "据知识反馈（广东，总部编号 FB-1）：营业厅说是四十元",
    }
    edited = world.do("author", "editSubmission", draft, content={"body": "每日四十元"})
    # The reviewer who opened it reviews it: opening is not editing.
    sent = world.approve(world.do("author", "submitForReview", edited), "reviewer", andSubmit=True)
    assert results(world) == []
    world.hq_approves(sent)
    done = see(
        world, feedback, selection="timeline { actionText actorName fromStateText toStateText reasonLabels } transport { kind status }"
    )
    assert (done["state"], done["resolution"], done["resolvedVersion"]) == ("RESOLVED", "ADOPTED", {"number": 2, "body": "每日四十元"})
    assert [(t["actionText"], t["actorName"], t["toStateText"]) for t in done["timeline"]] == [
        ("接收", "总部", "待处理"),
        ("开出更新", "姓reviewer", "处理中"),
        ("采纳办结", "系统", "已办结"),
    ]
    assert done["timeline"][-1]["reasonLabels"] == ["采纳已更新"]
    assert done["transport"] == [{"kind": "feedback.result", "status": "PENDING"}]
    assert [(r["feedbackId"], r["dispatch"], r["resolution"], r["number"]) for r in results(world)] == [("FB-1", 1, "ADOPTED", 2)]


def test_dispatched_again_and_out_of_order(world: World) -> None:
    raw = world.publish()
    assert receipt_of_dispatch(world, raw, hook="W1") == "APPLIED"
    assert receipt_of_dispatch(world, raw, hook="W1") == "APPLIED"  # the same delivery: its first receipt
    assert receipt_of_dispatch(world, raw) == "DUPLICATE"
    assert receipt_of_dispatch(world, raw, text="另一句") == "QUARANTINED"
    [feedback] = waiting(world)
    assert on(world, "reviewer", "resolveFeedback", feedback, resolution="NO_CHANGE", text="口径无误")["userErrors"] == []
    assert receipt_of_dispatch(world, raw, 3, opinion="省里不认可") == "APPLIED"
    assert receipt_of_dispatch(world, raw, 2) == "OUT_OF_DATE"
    now = see(world, feedback, selection="dispatch opinion")
    assert (now["state"], now["dispatch"], now["opinion"], now["resolution"]) == ("RECEIVED", 3, "省里不认可", None)
    assert on(world, "reviewer", "resolveFeedback", feedback, resolution="REJECTED", text="以文件为准")["userErrors"] == []
    assert [(r["dispatch"], r["resolution"]) for r in results(world)] == [(1, "NO_CHANGE"), (3, "REJECTED")]


def test_before_the_version_is_here_it_waits(world: World) -> None:
    assert receipt_of_dispatch(world, "K-UNKNOWN") == "DEFERRED"
    assert waiting(world) == []
    content = Content(title="总部知识", body="总部口径")
    world.hq(
        "hqPushVersion", knowledgeId="K-UNKNOWN", number=1, categoryId="TARIFF",
        content={"title": content.title, "body": content.body}, contentHash=content.hash,
    )  # fmt: skip
    [feedback] = waiting(world)
    assert (feedback["title"], feedback["allowedActions"]) == ("总部知识", ["LINK", "RESOLVE", "REASSIGN"])
    refused = on(world, "reviewer", "openUpdateFromFeedback", feedback, authorId=person(world, "author"))
    assert rules_of(refused) == ["OWNED_BY_HQ"]


@pytest.mark.parametrize("signed", [True, False])
def test_only_headquarters_dispatches(world: World, *, signed: bool) -> None:
    said = 'feedbackId: "F", dispatch: 1, province: "BJ", knowledgeId: "K", number: 1, text: "错"'
    query = f"mutation {{ hqDispatchFeedback(input: {{ {said} }}) {{ receipt {{ result }} userErrors {{ code }} }} }}"
    if signed:
        assert world.signed(query, secret="whsec_" + "d3Jv" * 8).status_code == 401
    else:
        assert world.ask("reviewer", query)["hqDispatchFeedback"] == {"receipt": None, "userErrors": [{"code": "PERMISSION_DENIED"}]}


def test_an_agent_sees_what_became_of_it(world: World) -> None:
    raw = world.publish(scope="LOCAL", title="流量包", body="每月三十元")
    feedback = give(world, "agent", raw, searchQuery="流量包 资费")
    fields = "id stateText searchQuery resolutionText resolvedVersion { number body } submission { id }"
    mine = f"{{ myFeedback {{ edges {{ node {{ {fields} }} }} }} }}"
    [edge] = world.ask("agent", mine)["myFeedback"]["edges"]
    assert (edge["node"]["id"], edge["node"]["stateText"], edge["node"]["searchQuery"]) == (feedback["id"], "待处理", "流量包 资费")
    draft = world.do("author", "editSubmission", opened(world, feedback), content={"body": "每月四十元"})
    world.approve(world.do("author", "submitForReview", draft))
    [edge] = world.ask("agent", mine)["myFeedback"]["edges"]
    assert edge["node"]["resolvedVersion"] == {"number": 2, "body": "每月四十元"}
    assert (edge["node"]["resolutionText"], edge["node"]["submission"]) == ("已采纳，知识已更新为第 2 版。", None)
    assert world.ask("author2", mine)["myFeedback"]["edges"] == []


def test_a_search_in_vain_becomes_knowledge_its_giver_can_open(world: World) -> None:
    feedback = give(world, "agent", text="客户问得多", searchQuery="国际漫游")
    assert (feedback["title"], feedback["versionNumber"]) == ("没有搜到：国际漫游", None)
    none = on(world, "reviewer", "openUpdateFromFeedback", feedback, authorId=person(world, "author"))
    assert (rules_of(none), none["feedback"]["state"]) == (["BAD_CATEGORY"], "RECEIVED")
    draft = opened(world, feedback, categoryId=world.local_category)
    written = world.do("author", "editSubmission", draft, content={"body": "出境前开通。"})
    world.approve(world.do("author", "submitForReview", written))
    done = see(world, feedback, "agent")
    assert (done["resolvedKnowledge"], done["resolvedVersion"]["body"]) == ({"title": "国际漫游"}, "出境前开通。")


def test_who_sees_which_feedback(world: World) -> None:
    raw = world.publish(scope="LOCAL")
    feedback = give(world, "agent", raw)
    page = "query($id: ID!) { knowledge(id: $id) { badges feedback { id } } }"
    key = encode_id("Knowledge", raw)

    def seen() -> dict[str, bool]:
        found = {who: see(world, feedback, who) is not None for who in ("agent", "author", "author2", "reviewer", "operator")}
        nodes = {who: world.ask(who, "query($id: ID!) { node(id: $id) { id } }", id=feedback["id"])["node"] is not None for who in found}
        assert nodes == found
        return found

    assert seen() == {"agent": True, "author": False, "author2": False, "reviewer": True, "operator": False}
    assert world.ask("author", page, id=key)["knowledge"] == {"badges": ["FEEDBACK_OPEN"], "feedback": []}
    opened(world, feedback)
    assert seen() == {"agent": True, "author": True, "author2": False, "reviewer": True, "operator": False}
    assert world.ask("author", page, id=key)["knowledge"]["feedback"] == [{"id": feedback["id"]}]
    assert world.ask("reviewer", page, id=key)["knowledge"]["feedback"] == [{"id": feedback["id"]}]
    answer = world.run("agent", page, id=key)
    assert answer["errors"][0]["extensions"]["code"] == "PERMISSION_DENIED"
    assert answer["data"]["knowledge"] == {"badges": ["FEEDBACK_OPEN"], "feedback": None}


def test_the_giver_and_the_author_may_look_but_not_touch(world: World) -> None:
    feedback = give(world, "agent", world.publish(scope="LOCAL"))
    opened(world, feedback)
    for who in ("agent", "author"):
        assert see(world, feedback, who)["allowedActions"] == []
        assert rules_of(on(world, who, "unlinkFeedback", feedback)) == ["PermissionError"]


def test_an_update_that_ends_unapplied_gives_it_back(world: World) -> None:
    feedback = dispatched(world, world.publish())
    draft = opened(world, feedback)
    assert see(world, feedback)["allowedActions"] == ["UNLINK", "REASSIGN"]
    illegal = on(world, "reviewer", "resolveFeedback", feedback, resolution="NO_CHANGE", text="无误")
    assert [(e["__typename"], e["allowedActions"]) for e in illegal["userErrors"]] == [("IllegalTransitionError", ["UNLINK", "REASSIGN"])]
    world.do("author", "voidSubmission", draft)
    now = see(world, feedback)
    assert (now["state"], now["submission"], now["allowedActions"]) == ("RECEIVED", None, ["OPEN_UPDATE", "LINK", "RESOLVE", "REASSIGN"])
    assert results(world) == []


def test_headquarters_rejection_gives_it_back_and_another_update_settles_it(world: World) -> None:
    feedback = dispatched(world, world.publish())
    sent = world.submitted(opened(world, feedback))
    world.hq("hqReject", submissionId=sent["rawId"], round=1, reasonCodes=["OTHER"], reasonText="不必")
    assert see(world, feedback)["state"] == "RECEIVED"
    again = world.submitted(opened(world, feedback, "author"))
    world.hq_approves(again)
    assert see(world, feedback)["resolution"] == "ADOPTED"
    assert [r["submissionId"] for r in results(world)] == [again["rawId"]]


def test_linked_to_what_is_open_already(world: World) -> None:
    raw = world.publish(scope="LOCAL")
    update = world.act("author", "draftUpdate", "submission { id }", knowledgeId=encode_id("Knowledge", raw))["submission"]
    feedback, other = give(world, "agent", raw), give(world, "operator", raw)
    linked = on(world, "reviewer", "linkFeedbackToSubmission", feedback, submissionId=update["id"])
    assert (linked["userErrors"], linked["feedback"]["submission"]["id"]) == ([], update["id"])
    foreign = world.draft(scope="LOCAL")
    assert rules_of(on(world, "reviewer", "linkFeedbackToSubmission", other, submissionId=foreign["id"])) == ["OTHER_SUBJECT"]
    assert rules_of(on(world, "reviewer", "linkFeedbackToSubmission", other, submissionId="junk")) == ["NotFoundError"]
    assert on(world, "reviewer", "unlinkFeedback", feedback, reasonText="关联错了")["feedback"]["state"] == "RECEIVED"


def test_duplicates(world: World) -> None:
    raw = world.publish(scope="LOCAL")
    first, second = give(world, "agent", raw), give(world, "operator", raw)
    same = {"resolution": "DUPLICATE", "text": "同一件事"}
    assert rules_of(on(world, "reviewer", "resolveFeedback", second, **same)) == ["ORIGINAL_REQUIRED"]
    assert rules_of(on(world, "reviewer", "resolveFeedback", second, **same, duplicateOfId=second["id"])) == ["DUPLICATE_CIRCLE"]
    assert rules_of(on(world, "reviewer", "resolveFeedback", second, **same, duplicateOfId="junk")) == ["NotFoundError"]
    done = on(world, "reviewer", "resolveFeedback", second, **same, duplicateOfId=first["id"])
    assert done["feedback"]["duplicateOf"] == {"id": first["id"]}
    assert see(world, second, "operator")["duplicateOf"] is None  # somebody else's


@pytest.mark.parametrize(
    ("given", "rules"),
    [
        ({"text": "错"}, ["BAD_FEEDBACK_TEXT"]),
        ({"text": "错" * 2001}, ["BAD_FEEDBACK_TEXT"]),
        ({"knowledgeId": "junk"}, ["NotFoundError"]),
        ({"knowledgeId": encode_id("Submission", "X")}, ["NotFoundError"]),
        ({"knowledgeId": None}, ["NOTHING_NAMED"]),
        ({"number": 99}, ["NO_SUCH_VERSION"]),
        ({"number": -1}, ["NO_SUCH_VERSION"]),
        ({"searchQuery": "搜" * 201}, ["QUERY_TOO_LONG"]),
    ],
)
def test_bad_input_of_giving(world: World, given: dict[str, Any], rules: list[str]) -> None:
    raw = world.publish(scope="LOCAL")
    payload = world.act("agent", "giveFeedback", FEEDBACK, **{"text": "口径写错了", "knowledgeId": encode_id("Knowledge", raw), **given})
    assert (rules_of(payload), payload["feedback"]) == (rules, None)


@pytest.mark.parametrize("given", [{"text": 3}, {"text": "口径写错了", "number": 2**31}, {"text": "口径写错了", "urgency": "SOON"}, {}])
def test_input_of_the_wrong_type_is_an_error_and_no_crash(world: World, given: dict[str, Any]) -> None:
    query = "mutation($i: GiveFeedbackInput!) { giveFeedback(input: $i) { userErrors { message } } }"
    answer = world.run("agent", query, i=given)
    assert answer["errors"]
    assert "data" not in answer or answer["data"] is None


def test_stale_and_second_clicks(world: World) -> None:
    raw = world.publish(scope="LOCAL")
    feedback = give(world, "agent", raw)
    twice = world.act("agent", "giveFeedback", FEEDBACK, text="再说一遍", knowledgeId=encode_id("Knowledge", raw))
    assert rules_of(twice) == ["FEEDBACK_JUST_GIVEN"]
    assert rules_of(on(world, "reviewer", "resolveFeedback", feedback, resolution="NO_CHANGE", text=" ")) == ["REASON_REQUIRED"]
    assert rules_of(on(world, "reviewer", "resolveFeedback", feedback, resolution="ADOPTED", text="改了")) == ["ADOPTED_BY_UPDATE"]
    stale = on(world, "reviewer", "resolveFeedback", feedback, resolution="NO_CHANGE", text="无误", lockVersion=9)
    assert [(e["__typename"], e["lockVersion"], e["currentState"]) for e in stale["userErrors"]] == [
        ("VersionConflictError", 1, "RECEIVED")
    ]
    assert stale["feedback"]["state"] == "RECEIVED"


def test_the_rules_of_the_door_are_the_workflow_s() -> None:
    for action, mutation in MUTATION_OF.items():
        assert RULES[f"Mutation.{mutation}"].roles == PERMITTED[action]
    assert set(MUTATION_OF) == set(PERMITTED)
