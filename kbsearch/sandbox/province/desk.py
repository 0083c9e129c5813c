"""A province's desk: store, clock, mode, and the history of its numbered steps; operations live beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from kbsearch.sandbox.config import Mode, ProvinceSpec
from kbsearch.sandbox.database import Database
from kbsearch.sandbox.instants import Clock, to_wire
from kbsearch.sandbox.refusal import RefusalError

FLOWS = {"PUBLISH": ("3.1.1.1", "知识"), "UPDATE": ("3.1.1.2", "知识更新"), "REVOKE": ("3.1.1.3", "知识撤销")}
STEPS = {"8": "接收", "9": "审核", "10": "发布"}


@dataclass(slots=True)
class ProvinceDesk:
    """One province; `auto` approves whatever HQ sends at once, `manual` waits for its 知识管理员."""

    spec: ProvinceSpec
    db: Database
    clock: Clock

    def now(self) -> str:
        """The present instant in wire form."""
        return to_wire(self.clock())

    @property
    def mode(self) -> Mode:
        """`auto` or `manual`."""
        return cast("Mode", self.db.setting("mode", "auto"))

    def set_mode(self, mode: Any) -> None:
        """Switch at run time; what waits keeps waiting for a person."""
        if mode not in ("auto", "manual"):
            raise RefusalError.invalid("mode 须是 auto（自动）或 manual（人工）。")
        self.db.store_setting("mode", mode)

    def record_step(self, flow: str, step: str, knowledge_id: str, detail: str) -> None:
        """Add a line such as 3.1.1.1-8 知识接收."""
        section, noun = FLOWS[flow]
        # Step 10 of 3.1.1.3 is called 知识撤销, not 知识撤销发布.
        title = "知识撤销" if (flow, step) == ("REVOKE", "10") else f"{noun}{STEPS[step]}"
        self.db.insert("step", knowledge_id=knowledge_id, step=f"{section}-{step}", title=title, at=self.now(), detail=detail)

    def steps(self, knowledge_id: str | None) -> list[dict[str, Any]]:
        """History of one item or of all, in order."""
        rows = self.db.all("SELECT * FROM step WHERE ? IS NULL OR knowledge_id = ? ORDER BY seq", knowledge_id, knowledge_id)
        return [{name: row[name] for name in ("step", "title", "at", "detail")} | {"knowledgeId": row["knowledge_id"]} for row in rows]
