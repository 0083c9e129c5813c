"""What the index holds, as values: one document per knowledge version, or the tombstone of one; knows no engine and no store."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DocumentKind(StrEnum):
    """What a hit is; the values are the ones filters and facets use."""

    KNOWLEDGE = "KNOWLEDGE"
    ANNOUNCEMENT = "ANNOUNCEMENT"


class Owner(StrEnum):
    """Who may change the item: headquarters only, or we ourselves."""

    HQ = "HQ"
    LOCAL = "LOCAL"


EVERYONE = "*"
"""The audience of documents that are for everybody."""

NATIONWIDE = "*"
"""The value the region facet gives for documents without regions (全国), and what a region filter lets through beside its own."""


def document_id_of(subject_id: str, number: int) -> str:
    """Return the index id of one version."""
    return f"{subject_id}:{number}"


@dataclass(frozen=True, slots=True)
class IndexDocument:
    """One version of one knowledge, as it is to be found.

    `sequence` is the external version of this write (the business sequence of the transaction that caused it): an engine
    never lets a lower one win over a higher one, whether document or tombstone. `category_id` is the leaf. `regions` empty
    means nationwide. The version is live in [`live_from`, `live_to`), both aware; `live_from` None: it never came into force
    and never will (history only, found by no search); `live_to` None: open end. `hidden` (suspended, published in error) is
    found by no search at any instant. `audience` holds the tokens of those it is for (None: everybody; empty: nobody, but for
    searches that filter no audience). `reads` is the popularity that MOST_READ sorts by, 0 ≤ reads < 2**31. `attachment_text`
    is found like the text, weighs little and is never highlighted. `still_in_use` is 停售在用.
    """

    subject_id: str
    number: int
    sequence: int
    title: str
    body: str
    category_id: str
    updated_at: datetime
    kind: str = DocumentKind.KNOWLEDGE
    summary: str = ""
    script: str = ""
    keywords: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    owner: str = Owner.LOCAL
    scope: str = ""
    live_from: datetime | None = None
    live_to: datetime | None = None
    hidden: bool = False
    reads: int = 0
    attachment_text: str = ""
    audience: tuple[str, ...] | None = None
    still_in_use: bool = False

    def __post_init__(self) -> None:
        """Refuse what would be compared wrongly later: naive instants, negative counters."""
        for name in ("updated_at", "live_from", "live_to"):
            instant = getattr(self, name)
            if instant is not None and instant.tzinfo is None:
                raise ValueError(f"{name} 必须带时区：{instant!r}")
        if self.sequence < 0 or self.reads < 0:
            raise ValueError("sequence 与 reads 不能为负数")

    @property
    def document_id(self) -> str:
        """The id within the index, `subject_id:number`."""
        return document_id_of(self.subject_id, self.number)

    @property
    def ever_live(self) -> bool:
        """Whether the live interval is not empty."""
        return self.live_from is not None and (self.live_to is None or self.live_from < self.live_to)

    @property
    def digest(self) -> str:
        """16 hex digits over every indexed value but `sequence` and `reads`: equal digests mean the same searchable content.

        `reads` is left out because it moves with every reader while the index learns of it only now and then.
        """
        values = (
            self.subject_id, self.number, self.kind, self.title, self.body, self.summary, self.script, len(self.keywords), *self.keywords,
            self.category_id, *sorted(self.regions), self.owner, self.scope, micros(self.live_from), micros(self.live_to),
            self.hidden, micros(self.updated_at), self.attachment_text, self.still_in_use,
            *((EVERYONE,) if self.audience is None else sorted(self.audience)),
        )  # fmt: skip
        return hashlib.sha256("\0".join(map(str, values)).encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Tombstone:
    """The document is to be gone; a later write with a lower `sequence` must not bring it back."""

    document_id: str
    sequence: int

    def __post_init__(self) -> None:
        """Refuse a negative sequence."""
        if self.sequence < 0:
            raise ValueError("sequence 不能为负数")


Change = IndexDocument | Tombstone


def winners(batch: Iterable[Change]) -> dict[str, Change]:
    """Return the one change per id that counts: the highest sequence, the last of equals."""
    chosen: dict[str, Change] = {}
    for change in batch:
        known = chosen.get(change.document_id)
        if known is None or known.sequence <= change.sequence:
            chosen[change.document_id] = change
    return chosen


def micros(instant: datetime | None) -> int | None:
    """Return whole microseconds since 1970-01-01 UTC, without the rounding of floats."""
    if instant is None:
        return None
    delta = instant - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
