"""What the mirrored tree went through, and what comparisons with headquarters found and mended."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.walk.desk import PAGE
from kbsearch.sandbox.walk.state.view import View, in_order, pages

_EFFECT = "kind categoryRawId name before after items favourites openSubmissions"
_TREES = f"""query($after: String) {{ taxonomyHistory(first: 10, after: $after) {{
edges {{ node {{ treeVersion effect effects(first: 100) {{ {_EFFECT} }} }} }} pageInfo {{ hasNextPage endCursor }} }} }}"""
_SIDE = "number status contentHash category { rawId }"
_RUNS = f"""query($after: String) {{ syncRuns(first: 5, after: $after) {{ edges {{ node {{
state compared note categories {{ rawId }} startedBy {{ name }} appliedBy {{ name }}
differences(first: 100) {{ edges {{ node {{ knowledgeRawId kind action chosen repairedAt ours {{ {_SIDE} }} theirs {{ {_SIDE} }} }} }} }}
}} }} pageInfo {{ hasNextPage endCursor }} }} }}"""


def gather_tree_history(view: View) -> list[PAGE]:
    """Every push we mirrored, newest first, with what it did."""
    return pages(view.stage.reviewer, _TREES)


def show_tree_history(_view: View, history: list[PAGE]) -> list[Any]:
    """In order; the effects of one push in none."""
    return [each | {"effects": in_order(each["effects"])} for each in history]


def gather_sync_runs(view: View) -> list[PAGE]:
    """Every comparison, newest first."""
    return pages(view.stage.reviewer, _RUNS)


def show_sync_runs(view: View, runs: list[PAGE]) -> list[Any]:
    """In order; ids of items by name, and the differences of one comparison in no order."""
    return [each | {"differences": in_order(view.names.scrubbed([edge["node"] for edge in each["differences"]["edges"]]))} for each in runs]


def gather_digest_rows(view: View) -> list[dict[str, Any]]:
    """What headquarters would say it holds, item by item."""
    return view.stage.hq.digest_rows()


def show_digest_rows(view: View, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """By name."""
    return {str(view.names.of(each["knowledgeId"]) or each["knowledgeId"]): each for each in rows}
