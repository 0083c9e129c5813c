"""The people that stand in messages, by login; shows nothing but that they are there."""

from __future__ import annotations

import base64

from kbsearch.sandbox.walk.desk import PAGE
from kbsearch.sandbox.walk.state.view import View

_COLLEAGUES = "query($role: Role!) { colleagues(role: $role) { id login name } }"


def gather_people(view: View) -> list[PAGE]:
    """Authors and reviewers; their raw ids are named by login."""
    found = {
        each["login"]: each
        for role in ("AUTHOR", "REVIEWER")
        for each in view.stage.reviewer.ask(_COLLEAGUES, role=role)["colleagues"] or []
    }
    people = [found[login] for login in sorted(found)]
    for each in people:
        view.names.give(base64.b64decode(each["id"]).decode().partition(":")[2], f"@{each['login']}")
    return people


def show_people(_view: View, people: list[PAGE]) -> dict[str, str]:
    """Names by login."""
    return {each["login"]: each["name"] for each in people}
