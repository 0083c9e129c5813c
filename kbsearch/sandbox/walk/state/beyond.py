"""What headquarters' and the provinces' own APIs show, and the alarms left open here; inboxes and quarantine are set aside."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.walk.desk import PAGE
from kbsearch.sandbox.walk.state.view import View, in_order, kept, pages

_ALARMS = """query($after: String) { alarms(openOnly: true, first: 100, after: $after) {
edges { node { kind message } } pageInfo { hasNextPage endCursor } } }"""


def gather_cases(view: View) -> list[dict[str, Any]]:
    """Headquarters' cases: submissions as they arrived there, and its own drafts; what is not ours is named here."""
    hq = view.stage.hq
    cases = sorted((hq.submission(each["id"]) for each in hq.submissions()), key=lambda each: str(each["receivedAt"]))
    for case in cases:
        if case["origin"] != "SECOND_LINE":
            name = view.names.give(case["id"], f"{case['origin']} 的《{case['title']}》的 {case['flow']} 申请")
            view.names.give(case["hqReference"], f"{name}的总部编号")
    drafts = sorted((hq.draft(each["id"]) for each in hq.drafts()), key=lambda each: str(each["receivedAt"]))
    for draft in drafts:
        name = view.names.give(draft["id"], f"《{draft['title']}》的总部草稿")
        view.names.give(draft["hqReference"], f"{name}的总部编号")
    return [*cases, *drafts]


def show_cases(view: View, cases: list[dict[str, Any]]) -> dict[str, Any]:
    """By the submission's or draft's name."""
    return {str(view.names.of(each["id"]) or each["id"]): kept(each) for each in cases}


def gather_held(view: View) -> dict[str, dict[str, Any]]:
    """What headquarters holds of each knowledge item."""
    return {each["id"]: view.stage.hq.knowledge(each["id"]) for each in view.stage.hq.all_knowledge()}


def show_held(view: View, held: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """By name."""
    return {str(view.names.of(raw) or raw): kept(item) for raw, item in held.items()}


def gather_hq_tree(view: View) -> dict[str, Any] | None:
    """Headquarters' tree as last pushed."""
    return view.stage.hq.taxonomy()


def show_hq_tree(_view: View, tree: dict[str, Any] | None) -> Any:
    """Its version and nodes."""
    return kept(tree)


def gather_provinces(view: View) -> dict[str, Any]:
    """Each province's pages of all items headquarters holds, and what it was sent."""
    raw_ids = [each["id"] for each in view.stage.hq.all_knowledge()]
    return {
        code: {"deliveries": province.deliveries(), "knowledge": {raw: province.knowledge(raw) for raw in raw_ids}}
        for code, province in view.stage.provinces.items()
    }


def show_provinces(view: View, provinces: dict[str, Any]) -> dict[str, Any]:
    """By province, both by name; the order of deliveries says nothing, the state they led to says all."""
    return {
        code: {
            "deliveries": _by_item(view, seen["deliveries"]),
            "knowledge": {str(view.names.of(raw) or raw): kept(page) for raw, page in seen["knowledge"].items()},
        }
        for code, seen in provinces.items()
    }


def _by_item(view: View, deliveries: list[dict[str, Any]]) -> dict[str, list[Any]]:
    items: dict[str, list[Any]] = {}
    for each in deliveries:
        raw = str(each.get("subjectId") or each["knowledgeId"])
        items.setdefault(view.names.of(raw) or raw, []).append(view.names.scrubbed(kept(each)))
    return {name: in_order(told) for name, told in items.items()}


def gather_alarms(view: View) -> list[PAGE]:
    """What the operator is still alarmed about, quarantine aside."""
    return [each for each in pages(view.stage.operator, _ALARMS) if each["kind"] != "QUARANTINE"]


def show_alarms(view: View, alarms: list[PAGE]) -> list[Any]:
    """In no order."""
    return in_order(view.names.scrubbed(alarms))
