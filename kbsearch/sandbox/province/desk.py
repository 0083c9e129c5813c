"""A province's desk: store, clock, outbox to HQ, mode, and the history of its numbered steps; operations live beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from kbsearch.sandbox.config import Mode, ProvinceSpec
from kbsearch.sandbox.database import Database
from kbsearch.sandbox.instants import Clock, to_wire
from kbsearch.sandbox.outbox import Outbox
from kbsearch.sandbox.refusal import RefusalError
from kbsearch.sandbox.subjects import Step, step_name

HEADQUARTERS = "hq"
SCHEMA = "kbsearch.sandbox.province/1"


@dataclass(slots=True)
class ProvinceDesk:
    """One province; `auto` takes whatever HQ sends and passes its own users' work on, `manual` waits for its 知识管理员."""

    spec: ProvinceSpec
    db: Database
    clock: Clock
    new_id: Callable[[], str]
    outbox: Outbox

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

    def send(self, kind: str, data: dict[str, Any], *, lane: str, about: str, round_: int | None = None) -> None:
        """Put one message to HQ into the outbox."""
        message = {"schema": SCHEMA, "province": self.spec.code, "kind": kind, "issuedAt": self.now(), "data": data}
        self.outbox.put(HEADQUARTERS, lane, kind, json.dumps(message, ensure_ascii=False), about=about, round_=round_)

    def record_step(self, kind: str, flow: str, step: Step, subject_id: str, detail: str) -> None:
        """Add a line such as 3.1.1.1-8 知识接收; nothing where the step has no number."""
        numbered = step_name(kind, flow, step)
        if numbered is not None:
            self.db.insert("step", subject_id=subject_id, step=numbered[0], title=numbered[1], at=self.now(), detail=detail)

    def steps(self, subject_id: str | None) -> list[dict[str, Any]]:
        """History of one item, submission subject or feedback, or of all, in order."""
        rows = self.db.all("SELECT * FROM step WHERE ?1 IS NULL OR subject_id = ?1 ORDER BY seq", subject_id)
        names = ("step", "title", "at", "detail")
        return [{name: row[name] for name in names} | {"subjectId": row["subject_id"], "knowledgeId": row["subject_id"]} for row in rows]
