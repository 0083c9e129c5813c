"""What else the demo's people have on their desks: interim notes, batches, favourites, readings, searches, one attached file."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import partial
from typing import Any

from kbsearch.attachments.port import FileStore
from kbsearch.seed.content import document
from kbsearch.seed.stage import Stage
from kbsearch.seed.timetable import shifted
from kbsearch.services import batches, drafts, knowledge
from kbsearch.services.attachment_intake import upload
from kbsearch.services.desk.favourites import favourite
from kbsearch.services.desk.readings import Opened, record_readings
from kbsearch.services.drafts import Draft
from kbsearch.services.interim_notes import writing
from kbsearch.services.search_log import SearchLogger
from kbsearch.store.submissions import content_of, latest_revision
from kbsearch.store.tables import Batch, InterimNote, Subject, Submission
from kbsearch.store.unit import Store, Unit
from kbsearch.workflow.decide import Actor

_KEPT = "-12d"  # favourites are that old, so that what changed since is seen


def attach(store: Store, files: FileStore | None, people: dict[str, Actor]) -> dict[tuple[str, int], str]:
    """Upload the one attached file; returns the digest by (item, version) that names it, nothing where no files are kept."""
    told = document("desk.json")["attachment"]
    if files is None:
        return {}
    text = "\n".join(told["lines"]) + "\n"
    row = upload(store, files, people[told["by"]], name=told["name"], file=io.BytesIO(text.encode()))
    return {(told["sourceId"], told["number"]): row.sha256}


def enter_desks(stage: Stage) -> None:
    """Everything of desk.json but the attached file."""
    told = document("desk.json")
    for note in told["interimNotes"]:
        _enter_note(stage, note)
    for batch in told["batches"]:
        _enter_batch(stage, batch)
    for mark in told["stillInUse"]:
        stage.at(mark["ago"], partial(_mark, stage.people[mark["by"]], mark["sourceId"]))
    stage.at(_KEPT, lambda store: _keep(store, stage, told["favourites"]))


def _enter_note(stage: Stage, told: dict[str, Any]) -> None:
    made: list[str] = []

    def write(store: Store) -> None:
        with store.write() as unit:
            author = stage.people[told["author"]]
            made.append(writing.write(unit, author, told["sourceId"], text=told["text"], hours=told["hours"]).id)

    def approve(store: Store) -> None:
        with store.write() as unit:
            lock = unit.session.get_one(InterimNote, made[0]).lock_version
            writing.approve(unit, stage.people[told["reviewer"]], made[0], lock_version=lock)

    stage.at(told["ago"], write)
    if told["approved"]:
        stage.at(told["approved"], approve)


def _enter_batch(stage: Stage, told: dict[str, Any]) -> None:
    author, made = stage.people[told["author"]], []

    def gather(store: Store) -> None:
        with store.write() as unit:
            batch = batches.draft_batch(unit, author, title=told["title"], effective_from=stage.calendar.moment(told["effectiveFrom"]))
            made.append(batch.id)
            ids = [_changed(unit, author, update).id for update in told["updates"]]
            batches.add(unit, author, batch.id, ids, lock_version=batch.lock_version)

    def hand_in(store: Store) -> None:
        with store.write() as unit:
            lock = unit.session.get_one(Batch, made[0]).lock_version
            batches.submit_for_review(unit, author, made[0], lock_version=lock)

    stage.at(told["ago"], gather)
    stage.at(told["submitted"], hand_in)


def _changed(unit: Unit, author: Actor, told: dict[str, Any]) -> Submission:
    """An update of an item in the fields the file names."""
    draft = Draft(change_note=told["changeNote"])
    submission = drafts.draft_update(unit, author, told["sourceId"], content=None, draft=draft)
    present = content_of(latest_revision(unit.session, submission.id))
    if present is None:
        raise RuntimeError("an update has a content")
    written = replace(present, **told["content"])
    return drafts.edit(unit, author, submission.id, lock_version=submission.lock_version, content=written, draft=draft)


def _mark(actor: Actor, subject_id: str, store: Store) -> None:
    with store.write() as unit:
        lock = unit.session.get_one(Subject, subject_id).lock_version
        knowledge.mark_still_in_use(unit, actor, subject_id, lock_version=lock, still_in_use=True)


def _keep(store: Store, stage: Stage, favourites: dict[str, list[str]]) -> None:
    with store.write() as unit:
        for login, ids in favourites.items():
            for subject_id in ids:
                favourite(unit, stage.people[login], subject_id)


def read_and_search(store: Store, stage: Stage) -> None:
    """What some people last read and searched for."""
    told, people, calendar = document("desk.json"), stage.people, stage.calendar
    record_readings(
        store, [Opened(people[who].id, subject_id, number, calendar.at(ago)) for who, subject_id, number, ago in told["readings"]]
    )
    for who, query, ago, total in told["searches"]:
        at = calendar.at(ago)
        log = SearchLogger(shifted(store, at))
        log.searched(people[who].id, query, total, 6.0, at)
        log.flush()
