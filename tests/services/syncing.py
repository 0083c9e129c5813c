"""Headquarters' half of version sync as the tests play it: what it holds, its answer to a digest, what it sends again; asserts nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlmodel import select

from kbsearch.content import Content
from kbsearch.services.version_sync import planning, running
from kbsearch.store.tables import SyncDifference, SyncRun
from kbsearch.workflow.decide import Actor
from tests.services.house import House

EMPTY = hashlib.sha256(b"").hexdigest()


@cache
def hash_of(content: Content) -> str:
    """Reckoned once for many items."""
    return content.hash


@dataclass
class Held:
    """One item as headquarters has it."""

    category: str
    number: int
    content: Content
    status: str = "PUBLISHED"
    reason: str = "SERVICE_RETIRED"


@dataclass
class Headquarters:
    """Everything headquarters holds, by item id."""

    house: House
    items: dict[str, Held] = field(default_factory=dict)

    def push(self, item: str, text: str = "文", *, category: str = "HQ-ROOT", number: int = 1) -> None:
        """Both sides get it."""
        self.items[item] = Held(category, number, Content(title=f"题{item}", body=text))
        assert self.send(item) == ["APPLIED"]

    def send(self, item: str) -> list[str]:
        """The item again, as version.request is answered: its text, and its revocation where it has one."""
        held = self.items[item]
        found = [
            self.house.hq(
                "hqPushVersion",
                knowledgeId=item,
                number=held.number,
                categoryId=held.category,
                content=held.content.document(),
                contentHash=held.content.hash,
            ).receipt.value
        ]
        if held.status == "REVOKED":
            found.append(self.revoke(item, held.number, held.reason))
        return found

    def revoke(self, item: str, number: int, reason: str = "SERVICE_RETIRED") -> str:
        return self.house.hq("hqPushRevocation", knowledgeId=item, number=number, reason=reason).receipt.value

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {}
        for item in sorted(self.items):
            held = self.items[item]
            row = {"knowledgeId": item, "number": held.number, "status": held.status, "contentHash": hash_of(held.content)}
            found.setdefault(held.category, []).append(row)
        return found

    def answer(self, *, portion: int = 50) -> list[str]:
        """Answer the last digest as docs/hq-interface.md §4 says; the receipts."""
        told = self.house.sent("version.digest")[-1]
        digests = {c["categoryId"]: c["digest"] for c in told["categories"]}
        rows = self.rows()
        asked = digests.keys() | (rows.keys() if told["complete"] else set())
        differing = sorted(c for c in asked if digests.get(c, EMPTY) != _digest(rows.get(c, [])))
        parts = [differing[at : at + portion] for at in range(0, len(differing), portion)] or [[]]
        return [
            self.house.hq(
                "hqAnswerDigest",
                runId=told["runId"],
                categories=[{"categoryId": c, "items": rows.get(c, [])} for c in part],
                portion=at,
                portions=len(parts),
            ).receipt.value
            for at, part in enumerate(parts, 1)
        ]

    def answer_requests(self) -> list[str]:
        """Send again what the requests not answered yet ask for."""
        receipts = []
        for message in self.house.sent("version.request"):
            for item in message["items"]:
                key = item["knowledgeId"]
                receipts += self.send(key) if key in self.items else [self.revoke(key, item["held"], "NO_LONGER_USEFUL")]
        return receipts


def _digest(rows: list[dict[str, Any]]) -> str:
    lines = (f"{r['knowledgeId']}\t{r['number']}\t{r['status']}\t{r['contentHash']}" for r in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def start(house: House, actor: Actor | None, *categories: str) -> SyncRun:
    return house.write(lambda u: running.start(u, actor, categories))


def run_of(house: House, run_id: str) -> SyncRun:
    return house.read(lambda s: s.get_one(SyncRun, run_id))


def repair(house: House, reviewer: Actor, run_id: str, *exclude: str) -> SyncRun:
    lock = run_of(house, run_id).lock_version
    return house.write(lambda u: planning.apply_repair(u, reviewer, run_id, lock_version=lock, exclude=exclude))


def differences(house: House, run_id: str) -> dict[str, SyncDifference]:
    rows = house.rows(select(SyncDifference).where(SyncDifference.run_id == run_id))
    return {row.knowledge_id: row for row in rows}


def told(house: House, run_id: str) -> dict[str, tuple[str, str]]:
    """Kind and plan by item."""
    return {i: (d.kind.value, d.action.value) for i, d in differences(house, run_id).items()}
