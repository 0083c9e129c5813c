"""Announcements through GraphQL over HTTP, for the tests of that door; asserts only that what must succeed does."""

from __future__ import annotations

from typing import Any

from kbsearch.content import Content
from kbsearch.schema.ids import encode_id

from .world import SUBMISSION, SUBMISSION_FIELDS, World

OURS = "SECOND_LINE"
FIELDS = """id rawId status statusText title body badges notice urgency mustRead needsReply replyDueAt toReply textHidden lockVersion
  allowedActions issuer { code name } audience { organisations { code name } people { personId name } text }"""
WORDING = {"title": "割接公告", "body": "今晚割接，暂停办理。"}


def content(audience: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """An announcement's ContentInput; `more` are terms or fields of its text."""
    terms = {name: more.pop(name) for name in ("mustRead", "needsReply", "replyDueAt") if name in more}
    whom = {"organisations": [OURS, "GD"]} if audience is None else audience
    return {**WORDING, **more, "terms": {"audience": whom, **terms}}


def draft(world: World, who: str = "author", given: dict[str, Any] | None = None, **more: Any) -> Any:
    """A drafted announcement."""
    made = world.act(who, "draftAnnouncement", SUBMISSION, content=given or content(), **more)
    assert made["userErrors"] == [], made["userErrors"]
    return made["submission"]


def begin(world: World, mutation: str, raw: str, who: str = "author", **more: Any) -> Any:
    """A correction, recall or reply, drafted."""
    made = world.act(who, mutation, SUBMISSION, announcementId=encode_id("Announcement", raw), **more)
    assert made["userErrors"] == [], made["userErrors"]
    return made["submission"]


def publish(world: World, given: dict[str, Any] | None = None) -> str:
    """An announcement of ours in force; its raw id."""
    submission = world.do("author", "submitForReview", draft(world, given=given))
    if world.see(submission, selection="scope")["scope"] == "LOCAL":
        world.approve(submission)
    else:
        world.hq_approves(world.approve(submission, andSubmit=True), distribution=["GD", OURS])
    world.sync_index()
    return str(submission["knowledgeRawId"])


def wire(**given: Any) -> dict[str, Any]:
    """Content as headquarters sends it: its canonical document and hash."""
    document = {
        **WORDING,
        "audience": {"organisations": [OURS], "people": []},
        "mustRead": False,
        "needsReply": False,
        "replyDueAt": None,
        **given,
    }
    text = Content.from_document(document)
    return {"content": text.document(), "contentHash": text.hash}


def from_hq(world: World, raw: str, *, number: int = 1, content_of: dict[str, Any] | None = None, **more: Any) -> Any:
    """公告下发: the receipt."""
    issuer = more.pop("issuer", {"code": "HQ", "name": "总部"})
    return world.hq("hqPublishAnnouncement", announcementId=raw, number=number, issuer=issuer, **wire(**(content_of or {})), **more)


def page(world: World, who: str, raw: str, selection: str = "") -> Any:
    """An announcement as somebody sees it; None: not theirs to know."""
    query = f"query($id: ID!) {{ announcement(id: $id) {{ {FIELDS} {selection} }} }}"
    return world.ask(who, query, id=encode_id("Announcement", raw))["announcement"]


def mine(world: World, who: str, wanted: str = "CURRENT") -> list[str]:
    """The titles of what is addressed to somebody."""
    query = "query($f: AnnouncementFilter!) { myAnnouncements(filter: $f) { edges { node { title } } } }"
    return [e["node"]["title"] for e in world.ask(who, query, f=wanted)["myAnnouncements"]["edges"]]


def submission_with(selection: str) -> str:
    """A selection of a submission."""
    return f"submission {{ {SUBMISSION_FIELDS} {selection} }}"
