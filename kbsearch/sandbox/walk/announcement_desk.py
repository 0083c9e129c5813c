"""What the announcement flows do in passing: wordings, pages as one person sees them, units taking in what arrived; judges nothing."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.walk.announcement_documents import ANNOUNCEMENT_BY_ID, MY_ANNOUNCEMENTS, RECEIPTS, WHO
from kbsearch.sandbox.walk.desk import PAGE, Desk, Refused, global_id
from kbsearch.sandbox.walk.documents import NOTICES
from kbsearch.sandbox.walk.groundwork import approve_at_hq, send_to_hq
from kbsearch.sandbox.walk.stage import Stage

OURS, HQ, PLATFORM = "SECOND_LINE", "HQ", "P-MUSIC"
ANOTHER_PLATFORM = {"code": PLATFORM, "name": "咪咕音乐二线"}
DAY_AHEAD, DAY_PAST = "2099-12-31T15:59:59.000000Z", "2020-01-01T00:00:00.000000Z"


def announced(title_word: str, body_word: str) -> dict[str, Any]:
    """The text of an announcement about a made-up cut-over; the two words make title and body findable."""
    return {
        "title": f"网络割接公告（{title_word}）",
        "body": f"今晚零点至四点网络割接，期间办理类业务可能延迟，请向客户说明。通告编号 {body_word}。",
        "summary": "割接期间的对客说明。",
    }


def for_whom(*organisations: str, people: tuple[PAGE, ...] = ()) -> PAGE:
    """An audience of these organisations and these people of ours (as `who` gives them)."""
    named = [{"organisation": OURS, "id": each["login"], "name": each["name"]} for each in people]
    return {"organisations": list(organisations), "people": named}


def who(desk: Desk) -> PAGE:
    """The person at a desk: id, login, name."""
    return dict(desk.ask(WHO)["me"]["person"])


def page(desk: Desk, raw_id: str) -> PAGE:
    """One announcement as this person sees it; an empty one when it is not theirs to see."""
    return dict(desk.ask(ANNOUNCEMENT_BY_ID, id=global_id("Announcement", raw_id))["announcement"] or {})


def listed(desk: Desk, raw_id: str, filter_: str = "CURRENT") -> bool:
    """Whether the announcement is in this person's list, however long that is."""
    after: str | None = None
    while True:
        seen = desk.ask(MY_ANNOUNCEMENTS, filter=filter_, after=after)["myAnnouncements"]
        if any(edge["node"]["rawId"] == raw_id for edge in seen["edges"]):
            return True
        if not seen["pageInfo"]["hasNextPage"]:
            return False
        after = seen["pageInfo"]["endCursor"]


def receipts(desk: Desk, raw_id: str, state: str | None = None) -> dict[str, PAGE]:
    """Who has to sign and how far they have come, by login."""
    answer = desk.ask(RECEIPTS, id=global_id("Announcement", raw_id), state=state)["announcement"]
    return {edge["node"]["person"]["login"]: edge["node"] for edge in answer["receipts"]["edges"]}


def notices(desk: Desk, document_id: str, kind: str) -> list[PAGE]:
    """What this person was told of a document (global id), latest first."""
    return [each for each in desk.listed(NOTICES) if (each["documentId"], each["kind"]) == (document_id, kind)]


def refused(desk: Desk, name: str, **given: Any) -> str | None:
    """The rule, or else the code, a mutation was refused with; None when it was carried out."""
    try:
        desk.act(name, **given)
    except Refused as refusal:
        return str(refusal.first.get("rule") or refusal.first["code"])
    return None


def draft(writer: Desk, content: PAGE, terms: PAGE, urgency: str | None = None) -> PAGE:
    """A draft of ours; whom it is for decides whether it leaves."""
    return writer.act("draftAnnouncement", content={**content, "terms": terms}, urgency=urgency)


def put_out(stage: Stage, writer: Desk, content: PAGE, terms: PAGE) -> PAGE:
    """An announcement of ours approved by headquarters, taken in by the provinces it is for; returns its submission."""
    waiting = send_to_hq(stage, writer, draft(writer, content, terms))
    approve_at_hq(stage, waiting, terms["audience"]["organisations"])
    for code in stage.provinces:
        if code in terms["audience"]["organisations"]:
            take_in(stage, code, waiting["subjectRawId"])
    return stage.reaches(writer, waiting["id"], "EFFECTIVE")


def arrived(stage: Stage, code: str, raw_id: str) -> dict[str, Any]:
    """What waits for a province's reviewer about this announcement; an empty one when nothing comes within patience."""

    def look() -> dict[str, Any]:
        held = stage.provinces[code].deliveries("PENDING")
        return next((each for each in held if each["subjectId"] == raw_id), {})

    return stage.until(look, bool)


def take_in(stage: Stage, code: str, raw_id: str) -> dict[str, Any]:
    """The province publishes what waits to its users, or takes back what was recalled; returns the decided delivery."""
    return stage.provinces[code].decide(arrived(stage, code, raw_id)["id"], "approve")


def sent_to(stage: Stage, code: str, raw_id: str) -> list[tuple[str, int]]:
    """Everything a province ever got about an announcement, oldest first: kind and version."""
    return [(each["kind"], each["number"]) for each in reversed(stage.provinces[code].deliveries()) if each["subjectId"] == raw_id]


def hq_puts_out(stage: Stage, content: PAGE, terms: PAGE, **fields: Any) -> str:
    """An announcement of headquarters' own that reaches us; returns its raw id."""
    made = stage.hq.make_announcement({**content, **terms}, **fields)
    stage.hq.decide_draft(made["id"], "approve")
    stage.hq.wait_receipt(made["id"], "hqPublishAnnouncement", timeout=stage.patience)
    return str(made["announcementId"])


def hq_passes(stage: Stage, case: dict[str, Any], callback: str) -> str:
    """Headquarters' reviewer approves a draft of its own, or what it made for another platform; returns our receipt's result."""
    decide = stage.hq.decide_draft if case["origin"] == HQ else stage.hq.decide
    decide(case["id"], "approve")
    return str(stage.hq.wait_receipt(case["id"], callback, timeout=stage.patience)["receipt"]["result"])


def steps_at_hq(stage: Stage, about: str, wanted: list[str]) -> list[str]:
    """The numbers of the steps headquarters has noted, once they are those wanted; a delivery is noted when its answer has come."""

    def look() -> list[str]:
        return sorted({each["step"] for each in stage.hq.steps(about)})

    return stage.until(look, lambda done: done == wanted)
