"""What changed between two wordings, field by field, as runs a screen can colour; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher

from kbsearch.clock import SHANGHAI
from kbsearch.content import Content
from kbsearch.workflow.audience import Audience, organisation_name
from kbsearch.workflow.labels import Labelled
from kbsearch.workflow.regions import PROVINCES

_SENTENCE = re.compile(r"[^。！？；\n]*[。！？；\n]+|[^。！？；\n]+")
_CLOSE_LOOK = 2_000  # characters; longer replaced passages are shown whole, character comparison is quadratic


class ChangeKind(Labelled):
    """How a run of text differs."""

    SAME = "SAME", "未变"
    REMOVED = "REMOVED", "删去"
    ADDED = "ADDED", "新增"


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text that stayed, went or came."""

    kind: ChangeKind
    text: str


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """One field that differs: its name, Chinese label, both values, and the runs from one to the other."""

    field: str
    label: str
    before: str
    after: str
    runs: tuple[Run, ...]


def _regions(content: Content) -> str:
    return "、".join(PROVINCES.get(r, r) for r in content.regions) or "全国"


def _moment(moment: datetime | None) -> str:
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M") if moment else ""


def _day(content: Content, name: str) -> str:
    return _moment(getattr(content, name))


def _yes(said: object) -> str:
    return "是" if said else ""


def audience_text(audience: Audience) -> str:
    """Organisations and people by name, organisations first."""
    organisations = [organisation_name(code) or code for code in sorted(audience.organisations)]
    return "、".join(
        organisations + [f"{p.name or p.id}（{organisation_name(p.organisation) or p.organisation}）" for p in sorted(audience.people)]
    )


_FIELDS = (
    ("title", "标题", lambda c: c.title),
    ("summary", "摘要", lambda c: c.summary),
    ("script", "口径", lambda c: c.script),
    ("body", "正文", lambda c: c.body),
    ("keywords", "关键词", lambda c: "、".join(c.keywords)),
    ("regions", "适用省份", _regions),
    ("effectiveFrom", "生效时间", lambda c: _day(c, "effective_from")),
    ("effectiveTo", "失效时间", lambda c: _day(c, "effective_to")),
    ("attachments", "附件", lambda c: "、".join(c.attachments)),
    ("audience", "公告对象", lambda c: audience_text(c.terms.audience) if c.terms else ""),
    ("mustRead", "必读", lambda c: _yes(c.terms and c.terms.must_read)),
    ("needsReply", "须回复", lambda c: _yes(c.terms and c.terms.needs_reply)),
    ("replyDueAt", "回复期限", lambda c: _moment(c.terms.reply_due_at) if c.terms else ""),
)


def differences(before: Content, after: Content) -> list[FieldDifference]:
    """The fields that differ, in reading order; an empty list means equal."""
    found = []
    for name, label, read in _FIELDS:
        old, new = read(before), read(after)
        if old != new:
            found.append(FieldDifference(name, label, old, new, tuple(_merged(_runs(old, new)))))
    return found


def _runs(old: str, new: str) -> Iterator[Run]:
    """Sentence by sentence first, then character by character inside what was replaced."""
    a, b = _SENTENCE.findall(old), _SENTENCE.findall(new)
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        removed, added = "".join(a[i1:i2]), "".join(b[j1:j2])
        if tag == "replace" and len(removed) + len(added) <= _CLOSE_LOOK:
            yield from _characters(removed, added)
            continue
        if tag == "equal":
            yield Run(ChangeKind.SAME, removed)
            continue
        yield Run(ChangeKind.REMOVED, removed)
        yield Run(ChangeKind.ADDED, added)


def _characters(old: str, new: str) -> Iterator[Run]:
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Run(ChangeKind.SAME, old[i1:i2])
            continue
        yield Run(ChangeKind.REMOVED, old[i1:i2])
        yield Run(ChangeKind.ADDED, new[j1:j2])


def _merged(runs: Iterator[Run]) -> Iterator[Run]:
    held: Run | None = None
    for run in runs:
        if not run.text:
            continue
        if held is not None and held.kind is run.kind:
            held = Run(held.kind, held.text + run.text)
            continue
        if held is not None:
            yield held
        held = run
    if held is not None:
        yield held
