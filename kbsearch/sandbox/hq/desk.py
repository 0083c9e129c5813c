"""HQ's desk: the store, clock, outbox and settings every HQ operation works with; operations live beside it, by noun."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from kbsearch.sandbox.config import Mode, ProvinceSpec
from kbsearch.sandbox.database import Database
from kbsearch.sandbox.hq.rules import DEFAULT_RULES, Rule, rules_from_json
from kbsearch.sandbox.instants import Clock, to_wire
from kbsearch.sandbox.outbox import Outbox
from kbsearch.sandbox.refusal import RefusalError
from kbsearch.sandbox.subjects import HQ, SECOND_LINE


@dataclass(slots=True)
class HqDesk:
    """`delay` is the automatic reviewer's patience in seconds where a rule states none.

    `review_bell` wakes it, `fetch_bell` the fetcher of attachments.
    """

    db: Database
    clock: Clock
    new_id: Callable[[], str]
    outbox: Outbox
    provinces: tuple[ProvinceSpec, ...]
    delay: float
    review_bell: asyncio.Event
    fetch_bell: asyncio.Event

    def now(self) -> str:
        """The present instant in wire form."""
        return to_wire(self.clock())

    @property
    def mode(self) -> Mode:
        """`auto` or `manual`; survives a restart only when the start does not say otherwise."""
        return cast("Mode", self.db.setting("mode", "auto"))

    def set_mode(self, mode: Any) -> None:
        """Switch at run time; what waits is then reviewed by the rules."""
        if mode not in ("auto", "manual"):
            raise RefusalError.invalid("mode 须是 auto（自动）或 manual（人工）。")
        self.db.store_setting("mode", mode)
        self.review_bell.set()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules in force, first match wins."""
        stored = self.db.setting("rules", None)
        return DEFAULT_RULES if stored is None else rules_from_json(stored)

    def set_rules(self, rules: Any) -> None:
        """Replace the rules (a JSON list); an empty list means everything is approved."""
        rules_from_json(rules)
        self.db.store_setting("rules", rules)
        self.review_bell.set()

    def province_codes(self) -> list[str]:
        """Codes of the configured provinces, as configured."""
        return [province.code for province in self.provinces]

    def organisation_name(self, code: str) -> str:
        """Chinese name of an organisation code; the code itself where HQ knows no name."""
        known = {HQ: "总部", SECOND_LINE: "全网业务平台二线客服", **{province.code: province.name for province in self.provinces}}
        return known.get(code, code)

    def checked_distribution(self, codes: Any) -> list[str]:
        """A caller's list of provinces, each configured, each once."""
        known = self.province_codes()
        if not isinstance(codes, list) or any(code not in known for code in codes):
            raise RefusalError.invalid(f"distribution 须是省代码的列表，可用的有：{'、'.join(known)}。")
        return sorted(set(codes), key=known.index)

    def default_distribution(self, content: dict[str, Any]) -> list[str]:
        """Every province, or those the content names where it names any."""
        regions = content.get("regions") or []
        return [code for code in self.province_codes() if not regions or code in regions]

    def next_reference(self) -> str:
        """HQ's own number of a submission, such as HQ-2026-000123."""
        count = int(self.db.setting("references", 0)) + 1
        self.db.store_setting("references", count)
        return f"HQ-{self.clock().year}-{count:06d}"
