"""Knowledge as agents and reviewers open it, what search finds, and the category tree."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.walk.desk import PAGE, global_id
from kbsearch.sandbox.walk.state.submissions import gather_submissions
from kbsearch.sandbox.walk.state.view import View
from kbsearch.sandbox.walk.words import WORD

_VERSION = (
    "number title body summary script keywords regions effectiveFrom effectiveTo distribution contentHash source textHidden isCurrent"
)
_SEEN = f"""query($id: ID!) {{ knowledge(id: $id) {{
rawId owner scope status statusText notice textHidden title badges revokeReason allowedActions
category {{ rawId name }} replacement {{ rawId }}
currentVersion {{ {_VERSION} }} shownVersion {{ number title body textHidden }} comingVersions {{ number distribution }}
history {{ {_VERSION} }} }} }}"""
_TREE = """query { categories { rawId name
children { rawId name children { rawId name children { rawId name children { rawId name } } } } } }"""


def gather_knowledge(view: View) -> list[str]:
    """The raw ids of all items known on either side: those of our submissions are named already."""
    held = sorted(view.stage.hq.all_knowledge(), key=lambda item: str(item["title"]))
    for item in held:
        view.names.give(item["id"], f"《{item['title']}》")
    ours = {each["knowledgeRawId"] for each in gather_submissions(view) if each["subjectKind"] == "KNOWLEDGE"}
    return sorted({*ours, *(item["id"] for item in held)}, key=lambda raw: str(view.names.of(raw)))


def show_knowledge(view: View, raw_ids: list[str]) -> dict[str, Any]:
    """By name: the page an agent gets, and what a reviewer may do with it."""
    shown: dict[str, Any] = {}
    for raw in raw_ids:
        name = str(view.names.of(raw))
        page = _page(view, "agent", raw)
        for version in page.get("history", []):
            view.names.give(version["contentHash"], f"{name}第 {version['number']} 版的内容哈希")
        shown[name] = page | {"reviewerMay": _page(view, "reviewer", raw).get("allowedActions")}
    return shown


def _page(view: View, part: str, raw: str) -> PAGE:
    return dict(view.stage.desks[part].ask(_SEEN, id=global_id("Knowledge", raw))["knowledge"] or {})


def gather_search(view: View) -> dict[str, dict[str, int]]:
    """What default search finds for every word of the walk that stands in a name."""
    words = sorted({word for name in view.names.all() for word in WORD.findall(name)})
    return {word: view.stage.agent.found(word) for word in words}


def show_search(view: View, found: dict[str, dict[str, int]]) -> dict[str, Any]:
    """By word: items and version numbers."""
    return {word: {str(view.names.of(raw) or raw): number for raw, number in hits.items()} for word, hits in found.items()}


def gather_tree(view: View) -> list[PAGE]:
    """The category tree as agents see it."""
    return list(view.stage.agent.ask(_TREE)["categories"])


def show_tree(_view: View, roots: list[PAGE]) -> list[PAGE]:
    """As it is: its ids are headquarters' and the walk's own."""
    return roots
