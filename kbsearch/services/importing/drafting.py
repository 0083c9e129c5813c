"""Lines become drafts of one author: a publish for what is new, an update for what has been published; leaves nobody's desk."""

from __future__ import annotations

from kbsearch.errors import Refused
from kbsearch.services import drafts
from kbsearch.services.drafts import Draft
from kbsearch.services.importing.fields import Record
from kbsearch.services.importing.known import Known, load_known, remember
from kbsearch.services.importing.options import RejectedLineError
from kbsearch.services.importing.placing import Places
from kbsearch.services.importing.stock import Outcome
from kbsearch.store.lives import load_life
from kbsearch.store.tables import Submission
from kbsearch.store.unit import Unit
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.states import TERMINAL, SubmissionState

_WITH_AUTHOR = (SubmissionState.DRAFT, SubmissionState.RETURNED, SubmissionState.HQ_RETURNED, SubmissionState.BASE_CONFLICT)


class DraftBatch:
    """Takes the records of one transaction in order; each is all there or not at all."""

    def __init__(self, unit: Unit, actor: Actor, places: Places, records: list[Record]) -> None:
        self._unit, self._actor, self._places = unit, actor, places
        self._known = load_known(unit.session, records)

    def take(self, record: Record) -> Outcome:
        """Draft one record; raise RejectedLineError and leave nothing of it."""
        if record.version is not None:
            raise RejectedLineError("带版本号的行只能作为存量导入；要导入草稿请去掉版本一列")
        known = self._known.get((record.source, record.source_id))
        if known is not None and known.content_hash == record.content_hash:
            return Outcome.UNCHANGED
        scope, category_id = self._places.place(self._unit, record)
        draft = Draft(category_id=category_id, change_note=record.change_note)
        try:
            with self._unit.savepoint():
                if known is None:
                    submission = drafts.draft_publish(self._unit, self._actor, scope=scope, content=record.content, draft=draft)
                else:
                    submission = self._change(record, known, draft)
                remember(self._unit, record, submission.subject_id, submission.id)
        except Refused as refused:
            raise RejectedLineError("；".join(r.message for r in refused.refusals)) from refused
        return Outcome.IMPORTED if known is None else Outcome.UPDATED

    def finish(self) -> None:
        """Nothing is held back."""

    def _change(self, record: Record, known: Known, draft: Draft) -> Submission:
        unit, actor = self._unit, self._actor
        earlier = unit.session.get(Submission, known.submission_id) if known.submission_id else None
        if earlier is not None and earlier.state not in TERMINAL:
            if earlier.state not in _WITH_AUTHOR:
                raise RejectedLineError(f"它先前导入的申请正在“{earlier.state.label}”，请等它结束，或收回后再导入")
            return drafts.edit(unit, actor, earlier.id, lock_version=earlier.lock_version, content=record.content, draft=draft)
        life = load_life(unit.session, known.subject_id)
        if life is None or not life.versions:
            raise RejectedLineError("它先前导入的申请已结束而未发布；要再次导入请换一个来源名")
        return drafts.draft_update(unit, actor, known.subject_id, content=record.content, draft=draft)
