"""What flows do in passing on their way to the steps they are about: a draft, a whole approval, a province's review."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.walk.desk import PAGE, Desk, global_id
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


def draft_publish(stage: Stage, writer: Desk, content: dict[str, Any]) -> PAGE:
    """A nationwide draft under headquarters' category."""
    category = global_id("Category", stage.category)
    return writer.act("draftPublish", scope="NATIONAL", categoryId=category, content=content)


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


def put_in_force(stage: Stage, writer: Desk, content: dict[str, Any], distribution: list[str]) -> PAGE:
    """A published item, in force here and in these provinces; returns the submission that published it."""
    waiting = send_to_hq(stage, writer, draft_publish(stage, writer, content))
    approve_at_hq(stage, waiting, distribution)
    for code in distribution:
        take_in_province(stage, code, waiting["knowledgeRawId"])
    return stage.reaches(writer, waiting["id"], "EFFECTIVE")


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
