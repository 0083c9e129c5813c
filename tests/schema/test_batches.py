"""批次 through the door: put together, handed in, reviewed as seen, sent, decided each, all or none."""

from __future__ import annotations

from typing import Any

from kbsearch.schema.ids import encode_id

from .world import World

FIELDS = """id title effectiveFrom lockVersion allowedActions author { name } counts { state stateText count }
  submissions { id rawId state lockVersion submissionHash round title content { effectiveFrom } batch { title } }"""
BATCH = f"batch {{ {FIELDS} }}"


def begin(world: World, who: str = "author", **more: Any) -> Any:
    payload = world.act(who, "draftBatch", BATCH, title="双十一套餐", **more)
    assert payload["userErrors"] == []
    return payload["batch"]


def on(world: World, who: str, mutation: str, batch: dict[str, Any], **more: Any) -> Any:
    return world.act(who, mutation, BATCH, **{"batchId": batch["id"], "lockVersion": batch["lockVersion"], **more})


def filled(world: World, count: int = 2, **more: Any) -> Any:
    ids = [world.draft(title=f"套餐{n}")["id"] for n in range(count)]
    payload = on(world, "author", "addToBatch", begin(world, **more), submissionIds=ids)
    assert payload["userErrors"] == []
    return payload["batch"]


def items(batch: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"submissionId": s["id"], "lockVersion": s["lockVersion"], "submissionHash": s["submissionHash"]} for s in batch["submissions"]]


def approve(world: World, batch: dict[str, Any], given: list[dict[str, Any]], **more: Any) -> Any:
    return world.act("reviewer", "approveBatch", BATCH, batchId=batch["id"], items=given, **more)


def counts(batch: dict[str, Any]) -> dict[str, int]:
    return {count["state"]: count["count"] for count in batch["counts"]}


def test_the_whole_way(world: World) -> None:
    batch = filled(world, 3, effectiveFrom="2026-12-01")
    assert (counts(batch), batch["allowedActions"]) == ({"DRAFT": 3}, ["ADD", "REMOVE", "SUBMIT_FOR_REVIEW"])
    assert {s["batch"]["title"] for s in batch["submissions"]} == {"双十一套餐"}
    batch = on(world, "author", "submitBatchForReview", batch)["batch"]
    assert {s["content"]["effectiveFrom"] for s in batch["submissions"]} == {"2026-11-30T16:00:00+00:00"}
    query = f"query($id: ID!) {{ batch(id: $id) {{ {FIELDS} }} }}"
    seen = world.ask("reviewer", query, id=batch["id"])["batch"]
    assert (counts(seen), seen["allowedActions"]) == ({"PENDING_REVIEW": 3}, ["APPROVE"])
    done = approve(world, seen, items(seen))
    assert done["userErrors"] == []
    assert counts(done["batch"]) == {"APPROVED": 3}
    sent = on(world, "reviewer", "submitBatchToHq", done["batch"])
    assert sent["userErrors"] == []
    first, second, _ = sent["batch"]["submissions"]
    world.hq_approves(first)
    assert (
        world.hq("hqReturn", submissionId=second["rawId"], round=second["round"], reasonCodes=["OTHER"], reasonText="请改")["result"]
        == "APPLIED"
    )
    now = world.ask("author", query, id=batch["id"])["batch"]
    assert counts(now) == {"SUBMITTED": 1, "HQ_RETURNED": 1, "SCHEDULED": 1}
    assert now["allowedActions"] == ["ADD", "REMOVE", "SUBMIT_FOR_REVIEW"]


def test_approval_and_submission_in_one_act(world: World) -> None:
    batch = on(world, "author", "submitBatchForReview", filled(world))["batch"]
    assert counts(approve(world, batch, items(batch), andSubmit=True)["batch"]) == {"SUBMITTED": 2}


def test_nothing_happens_unless_all_can(world: World) -> None:
    batch = on(world, "author", "submitBatchForReview", filled(world))["batch"]
    seen = items(batch)
    seen[1]["submissionHash"] = "0" * 64
    refused = approve(world, batch, seen)
    assert [(e["__typename"], e["field"]) for e in refused["userErrors"]] == [("VersionConflictError", ["items", "1", "submissionHash"])]
    assert refused["userErrors"][0]["message"].startswith("《套餐1》：")
    assert counts(refused["batch"]) == {"PENDING_REVIEW": 2}
    assert approve(world, batch, items(batch)[:1])["userErrors"][0]["rule"] == "BATCH_INCOMPLETE"


def test_what_may_be_taken_out(world: World) -> None:
    batch = filled(world)
    less = on(world, "author", "removeFromBatch", batch, submissionIds=[batch["submissions"][0]["id"]])
    assert (less["userErrors"], counts(less["batch"])) == ([], {"DRAFT": 1})
    again = on(world, "author", "removeFromBatch", less["batch"], submissionIds=[batch["submissions"][0]["id"]])
    assert [(e["code"], e["field"][:2]) for e in again["userErrors"]] == [("NOT_FOUND", ["submissionIds", "0"])]


def test_bad_input_and_others(world: World) -> None:
    batch = filled(world)
    for mutation, more in (("addToBatch", {"submissionIds": ["junk"]}), ("removeFromBatch", {"submissionIds": ["junk"]})):
        refused = on(world, "author", mutation, batch, **more)["userErrors"]
        assert [(e["code"], e["field"]) for e in refused] == [("NOT_FOUND", ["submissionIds", "0"])]
    assert on(world, "author", "addToBatch", batch, submissionIds=[])["userErrors"][0]["rule"] == "BATCH_SIZE"
    many = [encode_id("Submission", f"s{n}") for n in range(101)]
    assert on(world, "author", "addToBatch", batch, submissionIds=many)["userErrors"][0]["rule"] == "BATCH_SIZE"
    assert on(world, "author", "submitBatchForReview", {**batch, "lockVersion": 1})["userErrors"][0]["code"] == "STALE_OBJECT"
    assert on(world, "author", "submitBatchForReview", {**batch, "id": "junk"})["userErrors"][0]["code"] == "NOT_FOUND"
    assert on(world, "author2", "submitBatchForReview", batch)["userErrors"][0]["code"] == "NOT_FOUND"
    assert on(world, "reviewer", "submitBatchForReview", batch)["userErrors"][0]["code"] == "PERMISSION_DENIED"
    assert on(world, "author", "submitBatchToHq", batch)["userErrors"][0]["code"] == "PERMISSION_DENIED"
    assert on(world, "reviewer", "submitBatchToHq", batch)["userErrors"][0]["rule"] == "NOTHING_TO_DO"
    junk = [{"submissionId": "junk", "lockVersion": 1, "submissionHash": ""}]
    assert approve(world, batch, junk)["userErrors"][0]["field"] == ["items", "0", "submissionId"]
    past = world.act("author", "draftBatch", BATCH, title="晚了", effectiveFrom="2020-01-01")
    assert past["userErrors"][0]["rule"] == "MOMENT_PAST"


def test_who_sees_which(world: World) -> None:
    mine, theirs = filled(world), begin(world, "author2")
    query = "{ batches { edges { node { id } } pageInfo { hasNextPage } } }"

    def ids(who: str) -> list[str]:
        return [edge["node"]["id"] for edge in world.ask(who, query)["batches"]["edges"]]

    assert ids("author") == [mine["id"]]
    assert sorted(ids("reviewer")) == sorted([mine["id"], theirs["id"]])
    assert world.ask("author2", "query($id: ID!) { batch(id: $id) { id } node(id: $id) { id } }", id=mine["id"]) == {
        "batch": None,
        "node": None,
    }
    assert world.ask("reviewer", "query($id: ID!) { node(id: $id) { ... on Batch { title } } }", id=mine["id"])["node"] == {
        "title": "双十一套餐"
    }
    assert world.run("agent", query)["errors"][0]["extensions"]["code"] == "PERMISSION_DENIED"
