"""A small synchronous client of headquarters' misbehaviour plan, for tests and the walk; holds no state of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from kbsearch.sandbox.misbehaviour import Plan, Rule

_PATH = "/api/misbehaviour"


@dataclass(frozen=True, slots=True)
class MisbehaviourClient:
    """`hq` is headquarters' root URL. Every answer is the view: seed, rules, fired, firedByKind, labels, waiting, extras, surprises."""

    http: httpx.Client
    hq: str

    def view(self) -> dict[str, Any]:
        """Plan and counts."""
        return dict(self.http.get(self.hq.rstrip("/") + _PATH).raise_for_status().json())

    def follow(self, plan: Plan) -> dict[str, Any]:
        """Begin a plan anew, counts at zero."""
        return self._post({"seed": plan.seed, "rules": [rule.document() for rule in plan.rules]})

    def go_on_with(self, rules: Sequence[Rule]) -> dict[str, Any]:
        """Replace the rules, seed and counts as they are."""
        return self._post({"rules": [rule.document() for rule in rules]})

    @contextmanager
    def also(self, *rules: Rule) -> Iterator[None]:
        """While the block runs these rules hold beside the present ones, and before them where they name the same fault."""
        present = self.view()["rules"]
        self._post({"rules": [*present, *(rule.document() for rule in rules)]})
        try:
            yield
        finally:
            self._post({"rules": present})

    def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        return dict(self.http.post(self.hq.rstrip("/") + _PATH, json=body).raise_for_status().json())
