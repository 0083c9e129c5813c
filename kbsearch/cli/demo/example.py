"""Finds, through the service's public interface, a published item that may be changed; changes nothing."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from kbsearch.cli.demo.telling import WORD

_FIND = """query($query: String!) { search(query: $query, first: 20, filter: {scopes: [NATIONAL]}) {
edges { node { knowledge { id title badges submissions { state kind } } } } } }"""
_OVER = {"EFFECTIVE", "WITHDRAWN", "VOIDED", "HQ_REJECTED", "SUPERSEDED", "CLOSED_STALE"}


def ask(url: str, token: str, query: str, variables: dict[str, Any]) -> dict[str, Any]:
    """One GraphQL request; OSError or ValueError when it is not answered as it should be."""
    body = json.dumps({"query": query, "variables": variables}).encode()
    headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
    request = urllib.request.Request(url, body, headers)  # noqa: S310 - the address of the service just started
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
        told: dict[str, Any] = json.load(answer)
    if "errors" in told:
        raise ValueError(told["errors"][0]["message"])
    data: dict[str, Any] = told["data"]
    return data


def item_to_change(url: str, token: str) -> tuple[str, str] | None:
    """(id, title) of a nationwide item nobody is changing, None when there is none or the service does not say."""
    try:
        edges = ask(url, token, _FIND, {"query": WORD})["search"]["edges"]
    except (OSError, ValueError, TypeError, KeyError):
        return None
    for edge in edges:
        knowledge = edge["node"]["knowledge"]
        if all(s["state"] in _OVER for s in knowledge["submissions"] or ()):
            return knowledge["id"], knowledge["title"]
    return None
