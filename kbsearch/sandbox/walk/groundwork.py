"""What flows do in passing on their way to the steps they are about: a draft, a whole approval, a province's review."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.walk.desk import PAGE, Desk, global_id
from kbsearch.sandbox.walk.documents import LOCAL_TREE
from kbsearch.sandbox.walk.stage import Stage


def wording(title_word: str, body_word: str, price: int = 20) -> dict[str, Any]:
    """A knowledge item of a made-up data pack; the two words make title and body findable."""
    return {
        "title": f"星驰流量包（{title_word}）",
        "body": f"星驰流量包每月 {price} 元，含全国流量 10GB，当月有效，可叠加办理。口径编号 {body_word}。",
        "summary": f"星驰流量包的资费与办理口径，每月 {price} 元。",
        "script": f"您好，星驰流量包每月 {price} 元，含 10GB 全国流量，办理后立即生效。",
        "keywords": ["星驰流量包", title_word],
        "regions": [],
    }


def draft_publish(stage: Stage, writer: Desk, content: dict[str, Any], *, category: str | None = None) -> PAGE:
    """A nationwide draft under a category of headquarters' (raw id); where none is named, the stage's."""
    return writer.act("draftPublish", scope="NATIONAL", categoryId=global_id("Category", category or stage.category), content=content)


def send_to_hq(stage: Stage, writer: Desk, draft: PAGE) -> PAGE:
    """Submit for review, approve and hand over in one act, until headquarters waits for its reviewer."""
    handed = writer.on(draft, "submitForReview")
    stage.reviewer.approve(stage.reviewer.submission(handed["id"]), and_submit=True)
    waiting = stage.reaches(writer, handed["id"], "PENDING_HQ")
    stage.hq.wait_submission(waiting["rawId"], "PENDING", round_=waiting["round"], timeout=stage.patience)
    return waiting


def approve_at_hq(stage: Stage, submission: PAGE, distribution: list[str]) -> dict[str, Any]:
    """Headquarters approves; returns its callback with the receipt."""
    stage.hq.decide(submission["rawId"], "approve", distribution=distribution)
    return stage.hq.wait_receipt(submission["rawId"], "hqApprove", round_=submission["round"], timeout=stage.patience)


def put_in_force(stage: Stage, writer: Desk, content: dict[str, Any], distribution: list[str], *, category: str | None = None) -> PAGE:
    """A published item, in force here and in these provinces; returns the submission that published it."""
    waiting = send_to_hq(stage, writer, draft_publish(stage, writer, content, category=category))
    approve_at_hq(stage, waiting, distribution)
    for code in distribution:
        take_in_province(stage, code, waiting["knowledgeRawId"])
    return stage.reaches(writer, waiting["id"], "EFFECTIVE")


def hq_puts_in_force(stage: Stage, content: dict[str, Any], category: str) -> str:
    """An item of headquarters' own, given to no province, pushed to us and applied; returns its raw id."""
    draft = stage.hq.make_knowledge(content, category, distribution=[])
    stage.hq.decide_draft(draft["id"], "approve")
    stage.hq.wait_receipt(draft["id"], "hqPushVersion", timeout=stage.patience)
    return str(draft["knowledgeId"])


def put_in_force_locally(stage: Stage, content: dict[str, Any]) -> PAGE:
    """An item of 本地 scope under the first local leaf, reviewed here and told to nobody; returns the submission that published it."""
    category = global_id("Category", local_leaf(stage))
    return pass_locally(stage, stage.author.act("draftPublish", scope="LOCAL", categoryId=category, content=content))


def pass_locally(stage: Stage, draft: PAGE) -> PAGE:
    """Submitted for review and approved; returns the submission, which is then in force when its scope is 本地."""
    handed = stage.author.on(draft, "submitForReview")
    stage.reviewer.approve(stage.reviewer.submission(handed["id"]))
    return stage.author.submission(handed["id"])


def local_branches(stage: Stage) -> list[tuple[str, str, str]]:
    """Every local category below the root as agents see it: raw id, name, and the raw id above it."""
    found: list[tuple[str, str, str]] = []
    waiting = [(above["rawId"], below) for above in stage.agent.ask(LOCAL_TREE)["categories"] for below in above["children"]]
    while waiting:
        parent, node = waiting.pop(0)
        if node["origin"] == "LOCAL":
            found.append((node["rawId"], node["name"], parent))
            waiting += [(node["rawId"], below) for below in node.get("children") or []]
    return found


def local_leaf(stage: Stage) -> str:
    """The raw id of the first local category that has none below it."""
    branches = local_branches(stage)
    above = {parent for _, _, parent in branches}
    return next(raw for raw, _, _ in branches if raw not in above)


def deliveries(stage: Stage, code: str, knowledge_id: str) -> list[dict[str, Any]]:
    """What a province got about an item, newest first."""
    return [each for each in stage.provinces[code].deliveries() if each["knowledgeId"] == knowledge_id]


def waiting_delivery(stage: Stage, code: str, knowledge_id: str) -> dict[str, Any]:
    """The delivery that waits for the province's reviewer; an empty one when none comes within patience."""

    def look() -> dict[str, Any]:
        waiting = [each for each in deliveries(stage, code, knowledge_id) if each["state"] == "PENDING"]
        return waiting[0] if waiting else {}

    return stage.until(look, bool)


def take_in_province(stage: Stage, code: str, knowledge_id: str) -> dict[str, Any]:
    """The province's reviewer approves what waits; returns the decided delivery."""
    return stage.provinces[code].decide(waiting_delivery(stage, code, knowledge_id)["id"], "approve")


def last_log(submission: PAGE, action: str) -> PAGE:
    """The latest entry of the submission's log with this action; an empty one when there is none."""
    return next((entry for entry in reversed(submission["timeline"]) if entry["action"] == action), {})
