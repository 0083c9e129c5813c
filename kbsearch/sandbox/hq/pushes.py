"""HQ's versions and revocations as callbacks to the second line, for its own knowledge and to repair what differs; accepts nothing."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from kbsearch.sandbox.hq.callbacks import send_callback
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.tree import latest_push
from kbsearch.sandbox.hq.versions import find_item, highest_version


def version_values(desk: HqDesk, version: sqlite3.Row, **more: Any) -> dict[str, Any]:
    """HqPushVersion's input for a version as HQ holds it; its category is one of the tree pushed last, which it may overtake."""
    item = find_item(desk, version["subject_id"])
    tree = latest_push(desk)
    return {
        "knowledgeId": version["subject_id"],
        "number": version["number"],
        "categoryId": item["category_id"],
        "treeVersion": tree["treeVersion"] if tree else None,
        "content": json.loads(version["content"]),
        "contentHash": version["content_hash"],
        "distribution": json.loads(version["distribution"]),
        **more,
    }


def push_version_again(desk: HqDesk, version: sqlite3.Row, *, about: str) -> None:
    """Number and content unchanged under a fresh webhook-id; no base, for the other side may lack that too."""
    made = desk.db.one("SELECT data FROM review_case WHERE id = ? AND round = ?", version["case_id"], version["round"])
    data = json.loads(made["data"]) if made else {}
    said = {"changeNote": data.get("changeNote"), "material": data.get("material")}
    values = version_values(desk, version, effectiveFrom=version["effective_from"], **said)
    send_callback(desk, "hqPushVersion", values, lane=version["subject_id"], about=about)


def push_revocation_again(desk: HqDesk, ending: sqlite3.Row, *, about: str) -> None:
    """The same revocation once more."""
    push_revocation(
        desk,
        {
            "knowledgeId": ending["subject_id"],
            "number": ending["number"],
            "reason": ending["reason"],
            "reasonText": ending["reason_text"],
            "replacementId": ending["replacement_id"],
            "effectiveFrom": ending["effective_from"],
        },
        about=about,
    )


def push_revocation(desk: HqDesk, values: dict[str, Any], *, about: str, round_: int | None = None) -> None:
    """HqPushRevocation with these values."""
    send_callback(desk, "hqPushRevocation", values, lane=values["knowledgeId"], about=about, round_=round_)


def push_held_version(desk: HqDesk, knowledge_id: str, *, about: str) -> None:
    """The highest version once more, if HQ holds any."""
    version = highest_version(desk, knowledge_id)
    if version is not None:
        push_version_again(desk, version, about=about)
