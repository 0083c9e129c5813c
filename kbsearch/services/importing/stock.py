"""存量导入: lines become approved knowledge at once. New items go in by bulk; a new version of a known one goes the usual way."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlmodel import SQLModel, insert

from kbsearch.content import Content
from kbsearch.errors import Refused
from kbsearch.services.acceptance import add_version
from kbsearch.services.importing.fields import Record
from kbsearch.services.importing.known import Known, held_hashes, load_known, remember
from kbsearch.services.importing.options import RejectedLineError
from kbsearch.services.importing.placing import Places
from kbsearch.services.people import who
from kbsearch.services.transitions import settle_subject
from kbsearch.store.lives import Life, load_life
from kbsearch.store.submissions import lock_subject
from kbsearch.store.tables import DocumentType, VersionSource
from kbsearch.store.unit import Unit
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.states import KnowledgeStatus, Owner

ACTION = "IMPORT"
_TABLES = SQLModel.metadata.tables  # plain tables: mapped bulk inserts cost three times as much


class Outcome(StrEnum):
    """What became of one record."""

    IMPORTED = "IMPORTED"
    UPDATED = "UPDATED"
    UNCHANGED = "UNCHANGED"


def _start(content: Content, now: datetime) -> datetime:
    return content.effective_from if content.effective_from is not None and content.effective_from > now else now


def _first_status(content: Content, now: datetime) -> KnowledgeStatus:
    if _start(content, now) > now:
        return KnowledgeStatus.UNPUBLISHED
    expired = content.effective_to is not None and content.effective_to <= now
    return KnowledgeStatus.EXPIRED if expired else KnowledgeStatus.PUBLISHED


class StockBatch:
    """Takes the records of one transaction in order; `finish` writes the new ones."""

    def __init__(self, unit: Unit, actor: Actor, places: Places, records: list[Record]) -> None:
        self._unit, self._actor, self._places = unit, actor, places
        self._known = load_known(unit.session, records)
        numbered = [self._known[r.source, r.source_id].subject_id for r in records if r.version and (r.source, r.source_id) in self._known]
        self._held = held_hashes(unit.session, numbered) if numbered else {}
        self._items: list[dict[str, Any]] = []
        self._versions: list[dict[str, Any]] = []
        self._sources: list[dict[str, Any]] = []

    def take(self, record: Record) -> Outcome:
        """Import one record; raise RejectedLineError and leave nothing of it."""
        known = self._known.get((record.source, record.source_id))
        if known is None:
            self._add_new(record)
            return Outcome.IMPORTED
        if self._same(record, known):
            return Outcome.UNCHANGED
        self.finish()
        try:
            with self._unit.savepoint():
                return self._add_to(record, known)
        except Refused as refused:
            raise RejectedLineError("；".join(r.message for r in refused.refusals)) from refused

    def finish(self) -> None:
        """Write the new items collected so far, parents before children."""
        session = self._unit.session
        if self._items:
            session.execute(insert(_TABLES["subject"]), self._items)
            session.execute(insert(_TABLES["subject_version"]), self._versions)
            session.execute(insert(_TABLES["imported_source"]), self._sources)
        self._items, self._versions, self._sources = [], [], []

    def _same(self, record: Record, known: Known) -> bool:
        if record.version is None:
            return known.content_hash == record.content_hash
        held = self._held.get((known.subject_id, record.version))
        if held is not None and held != record.content_hash:
            raise RejectedLineError(f"第 {record.version} 版已有而内容不同；版本一经写入不再改")
        return held is not None

    def _add_new(self, record: Record) -> None:
        unit, content = self._unit, record.content
        scope, category_id = self._places.place(unit, record)
        subject_id, number = record.subject_id or unit.new_id(), record.version or 1
        start, status = _start(content, unit.now), _first_status(content, unit.now)
        coming = [m for m in (start, content.effective_to) if m is not None and m > unit.now]
        self._items.append(
            {
                "id": subject_id,
                "owner": Owner.LOCAL,
                "scope": scope,
                "category_id": category_id,
                "lock_version": 1,
                "sequence": 0,
                "created_at": unit.now,
                "next_change_at": min(coming, default=None),
                "recorded_base": None if status is KnowledgeStatus.UNPUBLISHED else number,
                "suspend_reason": "",
            }
        )
        self._versions.append(_version_row(unit, record, subject_id, number, start))
        self._sources.append(
            {
                "source": record.source,
                "source_id": record.source_id,
                "content_hash": record.content_hash,
                "subject_id": subject_id,
                "imported_at": unit.now,
            }
        )
        self._log(record, subject_id, number, before=None, after=status, lock_version=1)
        unit.touch(subject_id)
        self._known[record.source, record.source_id] = Known(subject_id, record.content_hash)
        self._held[subject_id, number] = record.content_hash

    def _add_to(self, record: Record, known: Known) -> Outcome:
        """A changed record: the next version of what it became, live at once."""
        unit = self._unit
        lock_subject(unit.session, known.subject_id)
        life = load_life(unit.session, known.subject_id)
        if life is None:
            raise RejectedLineError(f"它先前导入成的知识 {known.subject_id} 已不在库中，请换一个来源名后再导入")
        before = life.status(unit.now)
        _require_changeable(life, before, record)
        if record.version is None and life.versions[life.highest].content_hash == record.content_hash:
            remember(unit, record, known.subject_id, known.submission_id)
            return Outcome.UNCHANGED
        number = record.version or life.highest + 1
        add_version(
            unit,
            life.subject,
            record.content,
            number=number,
            live_from=_start(record.content, unit.now),
            source=VersionSource.IMPORT,
            base_number=life.base(unit.now),
            change_note=record.change_note,
        )
        life.subject.lock_version += 1
        settle_subject(unit, known.subject_id)
        after = load_life(unit.session, known.subject_id)
        status = after.status(unit.now) if after is not None else before
        self._log(record, known.subject_id, number, before=before, after=status, lock_version=life.subject.lock_version)
        remember(unit, record, known.subject_id, known.submission_id)
        self._held[known.subject_id, number] = record.content_hash
        return Outcome.UPDATED

    def _log(
        self, record: Record, subject_id: str, number: int, *, before: KnowledgeStatus | None, after: KnowledgeStatus, lock_version: int
    ) -> None:
        self._unit.log(
            who(self._actor),
            DocumentType.KNOWLEDGE,
            subject_id,
            ACTION,
            from_state=before.value if before else None,
            to_state=after.value,
            lock_version=lock_version,
            details={"source": record.source, "sourceId": record.source_id, "number": number},
        )


def _version_row(unit: Unit, record: Record, subject_id: str, number: int, start: datetime) -> dict[str, Any]:
    content = record.content
    return {
        "id": unit.new_id(),
        "subject_id": subject_id,
        "number": number,
        "title": content.title,
        "body": content.body,
        "summary": content.summary,
        "script": content.script,
        "keywords": list(content.keywords),
        "regions": list(content.regions),
        "effective_from": content.effective_from,
        "effective_to": content.effective_to,
        "attachments": [],
        "content_hash": record.content_hash,
        "change_note": record.change_note,
        "material": True,
        "live_from": start,
        "accepted": True,
        "history_only": False,
        "source": VersionSource.IMPORT,
        "distribution": [],
        "created_at": unit.now,
    }


def _require_changeable(life: Life, status: KnowledgeStatus, record: Record) -> None:
    """What the import may not touch goes through the workflow, or is headquarters'."""
    if life.subject.owner is Owner.HQ:
        raise RejectedLineError("这条知识归总部所有，只有总部能改")
    if not life.versions:
        raise RejectedLineError("这条已导入为草稿，还没有发布，请走审核流程，或作废草稿后换一个来源名导入")
    if status in (KnowledgeStatus.REVOKED, KnowledgeStatus.ARCHIVED):
        raise RejectedLineError(f"这条知识{status.label}，不能由导入恢复，请走发布流程")
    if record.version is not None and record.version < life.highest:
        raise RejectedLineError(f"第 {record.version} 版低于已有的第 {life.highest} 版；同一编号的各版须由低到高")
