"""Whom an announcement is for: organisations and named people; pure, and the one place that knows the codes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kbsearch.workflow.regions import PROVINCES

HQ = "HQ"
OURS = "SECOND_LINE"
_PLATFORM = re.compile(r"P-[A-Z0-9]{1,16}")


def organisation_name(code: str) -> str | None:
    """The Chinese name of an organisation; None when there is none of this code."""
    if code == HQ:
        return "总部"
    if code == OURS:
        return "二线客服系统"
    if code in PROVINCES:
        return PROVINCES[code]
    return f"二线平台 {code[2:]}" if _PLATFORM.fullmatch(code) else None


@dataclass(frozen=True, slots=True, order=True)
class Addressee:
    """One named person of an organisation; of ours `id` is the login."""

    organisation: str
    id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Audience:
    """Everyone of these organisations, and these people besides."""

    organisations: frozenset[str] = frozenset()
    people: frozenset[Addressee] = frozenset()

    @property
    def empty(self) -> bool:
        """Whether it is for nobody."""
        return not self.organisations and not self.people

    @property
    def only_ours(self) -> bool:
        """Whether it concerns only people of ours and so never leaves (product.md §2: 本地)."""
        return self.organisations <= {OURS} and all(p.organisation == OURS for p in self.people)

    def includes(self, login: str) -> bool:
        """Whether one of our people may read it."""
        return OURS in self.organisations or any(p.organisation == OURS and p.id == login for p in self.people)

    @property
    def addressed(self) -> frozenset[str]:
        """Every organisation it reaches, wholly or through its people."""
        return self.organisations | {p.organisation for p in self.people}

    def document(self) -> dict[str, object]:
        """The canonical form of docs/hq-interface.md §2."""
        people = [{"organisation": p.organisation, "id": p.id, "name": p.name} for p in sorted(self.people)]
        return {"organisations": sorted(self.organisations), "people": people}
