"""Announcements, replies, receipts and notices as people, headquarters and the provinces have them; timelines are logs and left out."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.walk.desk import PAGE, Desk, global_id
from kbsearch.sandbox.walk.state.submissions import gather_submissions
from kbsearch.sandbox.walk.state.view import View, in_order, kept, pages

_VERSION = "number title body contentHash material source baseNumber changeNote distribution effectiveTo isCurrent"
_SEEN = f"""query($id: ID!) {{ announcement(id: $id) {{
owner scope issuer {{ code name }} urgency status statusText notice badges textHidden title body mustRead needsReply replyDueAt toReply
audience {{ text }} localAudience {{ text }} effectiveTo currentVersion {{ {_VERSION} }} comingVersions {{ number }}
history {{ {_VERSION} }} recallReason allowedActions myReceipt {{ state signAgain }} receiptSummary {{ total pending read signed }}
replies {{ rawId organisation {{ code name }} authorName ours late title body }} }} }}"""
_RECEIPTS = """query($id: ID!) { announcement(id: $id) { receipts(first: 100) {
edges { node { person { login } state signAgain versionNumber proofValid } } } } }"""
_MINE = """query($filter: AnnouncementFilter!, $after: String) { myAnnouncements(filter: $filter, first: 100, after: $after) {
edges { node { rawId } } pageInfo { hasNextPage endCursor } } }"""
_FILTERS = ("CURRENT", "ALL", "MUST_READ", "UNREAD", "UNSIGNED", "TO_REPLY")
_NOTICES = """query($after: String) { notices(first: 100, after: $after) {
edges { node { kind title text nextStep readAt } } pageInfo { hasNextPage endCursor } } }"""
_READERS = ("agent", "author", "reviewer")
# The two reviewers as one: where both approve at the same moment, chance decides who passed it and is told what becomes of it.
_TOLD = {each: (each,) for each in ("agent", "author", "author_reviewer", "operator")} | {"reviewers": ("reviewer", "second_reviewer")}


def gather_announcements(view: View) -> list[str]:
    """The raw ids of all announcements known on either side; replies are named after their titles and whose they are."""
    hq = view.stage.hq
    for each in sorted(hq.announcements(), key=lambda item: str(item["title"])):
        view.names.give(each["id"], f"《{each['title']}》")
    for each in sorted(hq.replies(), key=lambda item: (str(item["title"]), str(item["issuer"]["code"]))):
        view.names.give(each["id"], f"{each['issuer']['code']} 的《{each['title']}》")
    ours = {each["knowledgeRawId"] for each in gather_submissions(view) if each["subjectKind"] == "ANNOUNCEMENT"}
    return sorted({*ours, *(each["id"] for each in hq.announcements())}, key=lambda raw: str(view.names.of(raw)))


def show_announcements(view: View, raw_ids: list[str]) -> dict[str, Any]:
    """By name: the page each kind of reader gets, and the whole list of receipts."""
    shown: dict[str, Any] = {}
    for raw in raw_ids:
        name = str(view.names.of(raw))
        seen = {part: _page(view.stage.desks[part], raw) for part in _READERS}
        for version in seen["reviewer"].get("history", []):
            view.names.give(version["contentHash"], f"{name}第 {version['number']} 版的内容哈希")
        shown[name] = {**seen, "receipts": _receipts(view.stage.reviewer, raw)}
    return shown


def _page(desk: Desk, raw: str) -> PAGE:
    page = dict(desk.ask(_SEEN, id=global_id("Announcement", raw))["announcement"] or {})
    if page:
        page["replies"] = in_order([{name: told for name, told in each.items() if name != "rawId"} for each in page["replies"]])
    return page


def _receipts(desk: Desk, raw: str) -> list[PAGE]:
    answer = desk.ask(_RECEIPTS, id=global_id("Announcement", raw))["announcement"]
    return [edge["node"] for edge in ((answer or {}).get("receipts") or {"edges": []})["edges"]]


def gather_lists(view: View) -> dict[str, dict[str, list[str]]]:
    """What stands in the lists of two readers: by filter, raw ids."""
    return {
        part: {each: [node["rawId"] for node in pages(view.stage.desks[part], _MINE, filter=each)] for each in _FILTERS}
        for part in ("agent", "author")
    }


def show_lists(view: View, lists: dict[str, dict[str, list[str]]]) -> dict[str, Any]:
    """By name; the order of the lists follows times."""
    return {part: {each: sorted(str(view.names.of(raw)) for raw in raws) for each, raws in told.items()} for part, told in lists.items()}


def gather_hq_announcements(view: View) -> dict[str, dict[str, Any]]:
    """What headquarters holds of each, with the replies it accepted."""
    return {each["id"]: view.stage.hq.announcement(each["id"]) for each in view.stage.hq.announcements()}


def show_hq_announcements(view: View, held: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """By name."""
    return {
        str(view.names.of(raw)): {**kept(item), "replies": in_order(view.names.scrubbed(kept(item["replies"])))}
        for raw, item in held.items()
    }


def gather_province_announcements(view: View) -> dict[str, dict[str, PAGE | None]]:
    """What each province knows of each announcement, of its own papers and of the replies it received."""
    raw_ids = [each["id"] for each in view.stage.hq.announcements()]
    return {code: {raw: province.announcement(raw) for raw in raw_ids} for code, province in view.stage.provinces.items()}


def show_province_announcements(view: View, provinces: dict[str, dict[str, PAGE | None]]) -> dict[str, Any]:
    """By province and name."""
    return {code: {str(view.names.of(raw)): kept(page) for raw, page in seen.items()} for code, seen in provinces.items()}


def gather_notices(view: View) -> dict[str, list[PAGE]]:
    """What each part was told in the application; that something was quarantined is set aside like quarantine itself."""
    heard = {name: [each for part in parts for each in pages(view.stage.desks[part], _NOTICES)] for name, parts in _TOLD.items()}
    return {name: [each for each in told if each["kind"] != "QUARANTINED"] for name, told in heard.items()}


def show_notices(view: View, told: dict[str, list[PAGE]]) -> dict[str, Any]:
    """By part, in no order: times alone would decide it."""
    return {
        part: in_order(view.names.scrubbed([{**each, "readAt": each["readAt"] is not None} for each in heard]))
        for part, heard in told.items()
    }


def gather_attachments(view: View) -> list[PAGE]:
    """The files headquarters holds or still fetches."""
    return list(view.stage.hq.attachments())


def show_attachments(view: View, files: list[PAGE]) -> list[Any]:
    """In no order."""
    return in_order(view.names.scrubbed(kept(files)))
