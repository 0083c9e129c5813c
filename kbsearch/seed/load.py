"""Loads the demo into an empty store through the real operations, once; never touches a store that holds anything."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from sqlmodel import Session, col, or_, select, update

from kbsearch.attachments.port import FileStore
from kbsearch.seed.announcing import enter_announcements
from kbsearch.seed.content import Calendar, document, lines
from kbsearch.seed.desk import attach, enter_desks, read_and_search
from kbsearch.seed.headquarters import Headquarters
from kbsearch.seed.orders import enter_feedback
from kbsearch.seed.scenes import Scene
from kbsearch.seed.stage import Stage
from kbsearch.seed.stock import Stockroom, read_stock
from kbsearch.seed.timetable import Timetable, shifted
from kbsearch.services import knowledge, people, sweep, taxonomy
from kbsearch.services.people import CONSOLE
from kbsearch.store.tables import (
    AppSecret,
    InboxMessage,
    OutboxMessage,
    OutboxStatus,
    Person,
    Subject,
    Submission,
    SyncRun,
    TaxonomyVersion,
)
from kbsearch.store.unit import Store
from kbsearch.workflow.actions import Role
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.states import SubmissionKind, SubmissionState
from kbsearch.workflow.version_sync import SyncState

_MARK = "demo-content"
_FIRST_DAY = timedelta(days=640)
# These wait for headquarters: the sandbox gets them when it starts and must keep them for a person to decide.
_HELD = (SubmissionState.SUBMITTED, SubmissionState.PENDING_HQ, SubmissionState.WITHDRAW_PENDING)
_ARCHIVED, _ARCHIVED_BY = "LB-02", "madan"  # expired; archiving is the only way to show 已归档


class SeedInterruptedError(Exception):
    """An earlier load was cut off; half a demo is of no use and cannot be told from people's work."""

    def __init__(self) -> None:
        super().__init__("上次装入演示内容时中断，库中内容不完整。请删除数据目录（或换一个空库）后重新装入。")


@dataclass(frozen=True, slots=True)
class Held:
    """A submission headquarters is to decide by hand; `match` are words of the title its desk shows."""

    submission_id: str
    match: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """`loaded` is False when the store was left as it is; `hold` is what this demo holds, also on a later start."""

    loaded: bool
    hold: tuple[Held, ...] = ()


def _is_empty(session: Session) -> bool:
    return all(session.exec(select(t).limit(1)).first() is None for t in (Person, Subject, Submission, InboxMessage, TaxonomyVersion))


def _mark(store: Store, hold: tuple[Held, ...] | None) -> None:
    value = json.dumps({"done": hold is not None, "hold": [[h.submission_id, h.match] for h in hold or ()]}, ensure_ascii=False)
    with store.write() as unit:
        unit.session.merge(AppSecret(name=_MARK, value=value))


def _earlier(session: Session) -> Loaded | None:
    """What an earlier start left; None: the store is empty and may be loaded."""
    mark = session.get(AppSecret, _MARK)
    if mark is None:
        return None if _is_empty(session) else Loaded(loaded=False)
    told = json.loads(mark.value)
    if not told["done"]:
        raise SeedInterruptedError
    return Loaded(loaded=False, hold=tuple(Held(*h) for h in told["hold"]))


def _basics(store: Store, headquarters: Headquarters) -> dict[str, Actor]:
    """People, headquarters' tree, local branches; returns the actors by login."""
    actors = {}
    with store.write() as unit:
        for told in document("people.json"):
            roles = frozenset(Role(r.upper()) for r in told["roles"])
            person = people.create_person(unit, CONSOLE, login=told["login"], name=told["name"], roles=roles)
            actors[person.login] = Actor(person.id, roles, person.login)
    headquarters.say(store, "hqPushTaxonomy", document("taxonomy.json"))
    with store.write() as unit:
        for node in document("local_categories.json")["nodes"]:
            parent, name = node["parentId"], node["name"]
            taxonomy.create_category(unit, CONSOLE, name=name, parent_id=parent, position=node["position"], category_id=node["id"])
    return actors


def load_basics(store: Store) -> bool:
    """People and categories only, for a walk or a test; False when the store was not empty and was left alone."""
    with store.read() as session:
        if not _is_empty(session):
            return False
    _basics(store, Headquarters())
    return True


def _on_item(actor: Actor, subject_id: str, text: str | None) -> Callable[[Store], None]:
    """Suspend with a reason, or archive without one."""

    def step(store: Store) -> None:
        with store.write() as unit:
            lock = unit.session.get_one(Subject, subject_id).lock_version
            if text is None:
                knowledge.archive(unit, actor, subject_id, lock_version=lock)
            else:
                knowledge.suspend(unit, actor, subject_id, lock_version=lock, reason_text=text)

    return step


def _sweep(store: Store) -> None:
    sweep.sweep(store)


def _answer_comparison(headquarters: Headquarters, store: Store) -> None:
    """Headquarters holds what we hold."""
    with store.read() as session:
        asked = session.exec(select(SyncRun.id).where(SyncRun.state == SyncState.ASKED)).all()
    for run_id in asked:
        headquarters.say(store, "hqAnswerDigest", {"runId": run_id, "categories": []})


def _enter_scenes(stage: Stage) -> list[Scene]:
    timetable, calendar, actors = stage.timetable, stage.calendar, stage.people
    scenes = []
    for place, told in enumerate(lines("scenarios.jsonl")):
        if told["kind"] not in list(SubmissionKind):
            timetable.at(calendar.ago(hours=5), _on_item(actors[told["reviewer"]], told["sourceId"], told["text"]))
            continue
        scene = Scene(told, actors, calendar, stage.headquarters)
        for ago, step in scene.steps(place):
            timetable.at(calendar.now - ago, step)
        scenes.append(scene)
    timetable.at(calendar.ago(hours=30), _on_item(actors[_ARCHIVED_BY], _ARCHIVED, None))
    # An idle draft is warned, then closed; what came into force or ran out on the way is recorded.
    for days in (13, 5, 0.001):
        timetable.at(calendar.ago(days=days), _sweep)
    for days in (12.9, 4.9):  # the last night's comparison is headquarters' to answer once it runs
        timetable.at(calendar.ago(days=days), partial(_answer_comparison, stage.headquarters))
    return scenes


def _deliver_the_past(store: Store, held: tuple[Held, ...]) -> None:
    """Headquarters had everything but what it is still to decide, and the digest of the comparison it is still to answer."""
    open_ids = [h.submission_id for h in held]
    about_others = or_(col(OutboxMessage.submission_id).is_(None), col(OutboxMessage.submission_id).not_in(open_ids))
    with store.write() as unit:
        asked = set(unit.session.exec(select(SyncRun.id).where(SyncRun.state == SyncState.ASKED)))
        digests = unit.session.exec(select(OutboxMessage).where(OutboxMessage.kind == "version.digest"))
        unanswered = [m.id for m in digests if m.payload["runId"] in asked]
        unit.session.execute(
            update(OutboxMessage)
            .where(
                col(OutboxMessage.destination) == "hq",
                col(OutboxMessage.status) == OutboxStatus.PENDING,
                about_others,
                col(OutboxMessage.id).not_in(unanswered),
            )
            .values(status=OutboxStatus.DELIVERED, attempts=1, delivered_at=OutboxMessage.created_at)
        )


def load_demo(store: Store, files: FileStore | None = None) -> Loaded:
    """Load the demo as of the store's clock; do nothing to a store that holds anything. Without `files` nothing is attached.

    Run it before anything delivers the outbox. Raises SeedInterruptedError where an earlier load was cut off.
    """
    with store.read() as session:
        earlier = _earlier(session)
    if earlier is not None:
        return earlier
    _mark(store, None)
    calendar, headquarters, timetable = Calendar(store.clock()), Headquarters(), Timetable()
    beginning = shifted(store, calendar.now - _FIRST_DAY)
    stage = Stage(_basics(beginning, headquarters), calendar, headquarters, timetable)
    items = lines("knowledge.jsonl")
    Stockroom.open(store, calendar, headquarters).enter(timetable, items, attach(beginning, files, stage.people))
    scenes = [*_enter_scenes(stage), *enter_announcements(stage), *enter_feedback(stage)]
    enter_desks(stage)
    timetable.play(store)
    read_stock(store, calendar, [item["sourceId"] for item in items])
    read_and_search(store, stage)
    hold = tuple(Held(s.submission_id, s.match) for s in scenes if s.state in _HELD)
    _deliver_the_past(store, hold)
    _mark(store, hold)
    for destination in ("hq", *store.index_destinations):
        store.ring(destination)
    return Loaded(loaded=True, hold=hold)
