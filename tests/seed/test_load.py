"""Loads the demo once and proves it is lawful: every state shown, the log replays, the invariants of product.md §3.4 hold."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlmodel import select

from kbsearch.errors import Refused
from kbsearch.seed.content import document, lines
from kbsearch.seed.load import Loaded, SeedInterruptedError, load_basics, load_demo
from kbsearch.seed.stock import HQ_OWNED
from kbsearch.seed.timetable import Timetable
from kbsearch.seed.tokens import seed_tokens
from kbsearch.services import people, sweep
from kbsearch.services.people import CONSOLE, actor_of_token
from kbsearch.store.lives import load_lives
from kbsearch.store.submissions import counts_as_open
from kbsearch.store.tables import (
    Alarm,
    AppSecret,
    Category,
    DocumentType,
    Feedback,
    OutboxMessage,
    OutboxStatus,
    Person,
    Receipt,
    Revision,
    Subject,
    SubjectRead,
    SubjectVersion,
    Submission,
    SyncRun,
    TransitionLog,
)
from kbsearch.store.unit import Store
from kbsearch.workflow.actions import Action, Role
from kbsearch.workflow.feedback import FeedbackAction
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.states import KnowledgeStatus, Owner, Scope, SubjectKind, SubmissionKind, SubmissionState
from kbsearch.workflow.version_sync import SyncState

from .demo_store import NOW, Demo, empty_store, rows

SECONDS = 20  # of processor time: what else the machine does is not ours
SENDS = {Action.SUBMIT_TO_HQ, Action.BASE_MOVED}
S = SubmissionState


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = empty_store(tmp_path)
    yield opened
    opened.engine.dispose()


def test_it_loads_in_time_and_rings_once_at_the_end(demo: Demo) -> None:
    assert demo.loaded.loaded
    assert demo.seconds < SECONDS
    assert demo.rung == ["hq", "index:embedded"]


def test_every_scene_stands_where_the_file_says(demo: Demo) -> None:
    wanted = Counter(s["state"] for s in lines("scenarios.jsonl") if s["kind"] in list(SubmissionKind))
    assert set(wanted) == {s.value for s in SubmissionState}
    found = demo.rows(Submission)
    of_scenes = [s for s in found if s.subject_kind is SubjectKind.KNOWLEDGE and s.feedback_id is None and s.batch_id is None]
    assert Counter(s.state.value for s in of_scenes) == wanted
    issued = [a for a in lines("announcements.jsonl") if a["direction"] == "OUT"]
    announced = Counter(s.state.value for s in found if s.subject_kind is SubjectKind.ANNOUNCEMENT)
    assert announced == Counter([a["state"] for a in issued] + ["EFFECTIVE" for a in issued if "recalled" in a])
    replied = Counter(s.state.value for s in found if s.subject_kind is SubjectKind.REPLY)
    assert replied == Counter(r["state"] for r in lines("replies.jsonl") if "state" in r)


def test_every_knowledge_status_occurs_and_every_item_is_there(demo: Demo) -> None:
    with demo.store.read() as session:
        lives = load_lives(session, session.exec(select(Subject.id).where(Subject.kind == SubjectKind.KNOWLEDGE)).all())
        found = Counter(life.status(NOW) for life in lives.values())
    assert set(found) == set(KnowledgeStatus)
    assert found[KnowledgeStatus.PUBLISHED] >= 80
    for item in lines("knowledge.jsonl"):
        life = lives[item["sourceId"]]
        assert [life.versions[v["number"]].title for v in item["versions"]] == [v["title"] for v in item["versions"]]
        assert (life.subject.owner is Owner.HQ) == (item["sourceId"] in HQ_OWNED)
    assert {r for life in lives.values() if (e := life.ended_by(NOW)) for r in [e.reason]} >= {
        RevokeReason.MERGED,
        RevokeReason.SERVICE_RETIRED,
        RevokeReason.PUBLISHED_IN_ERROR,
    }


def test_headquarters_owns_what_no_scene_is_about(demo: Demo) -> None:
    assert len(HQ_OWNED) == 10
    assert not HQ_OWNED & {s["sourceId"] for s in lines("scenarios.jsonl")}
    owners = {k.id: (k.owner, k.scope) for k in demo.rows(Subject)}
    assert all(owners[i] == (Owner.HQ, Scope.NATIONAL) for i in HQ_OWNED)
    assert all(v.distribution for v in demo.rows(SubjectVersion) if v.subject_id in HQ_OWNED)


def test_the_past_lies_where_the_file_says(demo: Demo) -> None:
    versions = {(v.subject_id, v.number): v for v in demo.rows(SubjectVersion)}
    for item in lines("knowledge.jsonl"):
        for told in item["versions"]:
            version, days = versions[item["sourceId"], told["number"]], int(told["effectiveFrom"].removesuffix("d"))
            assert abs(version.live_from - (NOW + timedelta(days=days))) < timedelta(seconds=1)
            assert version.created_at < NOW


def _submission_log(demo: Demo) -> dict[str, list[TransitionLog]]:
    found: defaultdict[str, list[TransitionLog]] = defaultdict(list)
    for row in sorted(demo.rows(TransitionLog), key=lambda r: (r.sequence, r.ordinal)):
        if row.document_type is DocumentType.SUBMISSION and row.action in [*Action, FeedbackAction.OPEN_UPDATE]:
            found[row.document_id].append(row)
    return found


def test_the_log_replays_to_the_stored_state_and_locks_only_grow(demo: Demo) -> None:
    log = _submission_log(demo)
    for submission in demo.rows(Submission):
        entries = log.pop(submission.id)
        assert entries[0].from_state is None
        assert all(one.to_state == other.from_state for one, other in pairwise(entries))
        assert all(one.lock_version < other.lock_version for one, other in pairwise(entries))
        assert (entries[-1].to_state, entries[-1].lock_version) == (submission.state.value, submission.lock_version)
    assert not log


def test_time_and_sequence_run_the_same_way(demo: Demo) -> None:
    entries = sorted(demo.rows(TransitionLog), key=lambda r: (r.sequence, r.ordinal))
    assert all(one.at <= other.at for one, other in pairwise(entries))
    assert all(
        one.at < other.at for one, other in pairwise(entries) if one.document_id == other.document_id and one.sequence + 3 < other.sequence
    )
    assert entries[-1].at <= NOW


def test_every_return_has_its_reasons(demo: Demo) -> None:
    returns = [r for r in demo.rows(TransitionLog) if r.action in {Action.RETURN, Action.HQ_RETURN, Action.HQ_REJECT}]
    assert len(returns) >= 6
    assert all(r.reason_codes and r.reason_text.strip() for r in returns)


def test_nobody_approved_what_they_wrote(demo: Demo) -> None:
    writing = {Action.CREATE, Action.EDIT, Action.REBASE, Action.SUBMIT_FOR_REVIEW}
    approvals = 0
    for entries in _submission_log(demo).values():
        writers = {e.actor_id for e in entries if e.action in writing}
        approvers = {e.actor_id for e in entries if e.action == Action.APPROVE}
        assert not writers & approvers
        approvals += len(approvers)
    assert approvals >= 15


def test_one_open_submission_per_slot_and_no_overlapping_lives(demo: Demo) -> None:
    slots = Counter((s.subject_id, s.kind is SubmissionKind.REVOKE) for s in demo.rows(Submission) if counts_as_open(s))
    assert slots
    assert set(slots.values()) == {1}
    with demo.store.read() as session:
        lives = load_lives(session, session.exec(select(Subject.id)).all())
        for life in lives.values():
            for one, other in pairwise(life.timeline.intervals):
                assert one.live_to is not None
                assert one.live_to <= other.live_from
            assert life.subject.recorded_base == life.base(NOW)


def test_outbox_rows_are_the_transitions_that_send(demo: Demo) -> None:
    held = {h.submission_id for h in demo.loaded.hold}
    log = _submission_log(demo)
    sending: Counter[str] = Counter()
    for submission_id, entries in log.items():
        seen = False
        for e in entries:
            seen = seen or e.action == Action.SUBMIT_TO_HQ
            asks = e.action == Action.WITHDRAW and e.to_state == S.WITHDRAW_PENDING.value
            sending[submission_id] += (e.action in SENDS and seen) or asks
    sent = Counter(m.submission_id for m in demo.rows(OutboxMessage) if m.destination == "hq" and m.submission_id)
    assert sent == +sending
    asked = {r.id for r in demo.rows(SyncRun) if r.state is SyncState.ASKED}
    assert len(asked) == 1
    assert {r.state for r in demo.rows(SyncRun)} == {SyncState.ASKED, SyncState.EQUAL}
    for message in demo.rows(OutboxMessage):
        if message.destination == "hq":
            pending = message.submission_id in held or message.payload.get("runId") in asked
            assert message.status is (OutboxStatus.PENDING if pending else OutboxStatus.DELIVERED)
            assert (message.delivered_at is None) == pending
        else:
            assert message.status is OutboxStatus.PENDING


def test_what_waits_for_headquarters_is_named_with_the_words_its_desk_shows(demo: Demo) -> None:
    waiting = {s.id: s for s in demo.rows(Submission) if s.state in {S.SUBMITTED, S.PENDING_HQ, S.WITHDRAW_PENDING}}
    assert {h.submission_id for h in demo.loaded.hold} == set(waiting)
    submitting = ("knowledge.", "announcement.", "reply.")
    payloads = {m.submission_id: m.payload for m in demo.rows(OutboxMessage) if m.kind.startswith(submitting)}
    for held in demo.loaded.hold:
        payload = payloads[held.submission_id]
        shown = payload["reasonText"] if waiting[held.submission_id].kind is SubmissionKind.REVOKE else payload["content"]["title"]
        assert held.match
        assert held.match in shown


def test_nothing_is_overdue_idle_or_alarming_when_it_opens(demo: Demo) -> None:
    done = sweep.sweep(demo.store)
    assert {name: n for name, n in done.items() if n} == {}
    assert demo.rows(Alarm) == []


def test_people_have_been_reading(demo: Demo) -> None:
    reads: Counter[str] = Counter()
    for row in demo.rows(SubjectRead):
        reads[row.subject_id] += row.reads
    assert len(reads) > 100
    ranked = [n for _, n in reads.most_common()]
    assert ranked[0] > 5 * ranked[50] > 0


def test_a_second_run_does_nothing_but_still_tells_what_is_held(demo: Demo) -> None:
    before = {t: len(demo.rows(t)) for t in (Submission, Subject, Person, TransitionLog, OutboxMessage, Revision, Feedback, Receipt)}
    again = load_demo(demo.store)
    assert not again.loaded
    assert again.hold == demo.loaded.hold
    assert not load_basics(demo.store)
    assert {t: len(demo.rows(t)) for t in before} == before


def test_a_store_that_holds_anything_is_left_alone(store: Store) -> None:
    with store.write() as unit:
        people.create_person(unit, CONSOLE, login="someone", name="某人", roles=[Role.AGENT])
    assert load_demo(store) == Loaded(loaded=False)
    assert not load_basics(store)
    assert len(rows(store, Person)) == 1
    assert rows(store, AppSecret) == []


def test_a_load_cut_off_is_told_and_not_continued(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    class CutOffError(Exception):
        pass

    def stop(_timetable: Timetable, _store: Store) -> None:
        raise CutOffError

    with monkeypatch.context() as patched:
        patched.setattr(Timetable, "play", stop)
        with pytest.raises(CutOffError):
            load_demo(store)
    with pytest.raises(SeedInterruptedError, match="中断"):
        load_demo(store)


def test_basics_are_people_and_categories_only(store: Store) -> None:
    assert load_basics(store)
    assert len(rows(store, Person)) == 14
    told = {n["id"]: n["name"] for f in ("taxonomy.json", "local_categories.json") for n in document(f)["nodes"]}
    assert {c.id: c.name for c in rows(store, Category) if c.id not in {"ROOT", "HQ"}} == told
    assert rows(store, Subject) == []
    assert not load_basics(store)


def test_tokens_one_per_role_and_the_earlier_ones_end(store: Store) -> None:
    with pytest.raises(Refused, match="演示内容"):
        seed_tokens(store)
    load_basics(store)
    first, second = seed_tokens(store), seed_tokens(store)
    assert set(second) == set(Role)
    with store.read() as session:
        for role, (login, token) in second.items():
            found = actor_of_token(session, token, NOW)
            assert found is not None
            actor, person = found
            assert (person.login, actor.roles) == (login, {role})
            assert person.roles == [role.value]
            assert actor_of_token(session, first[role][1], NOW) is None
    later = replace(store, clock=lambda: NOW + timedelta(days=8))
    with later.read() as session:
        assert actor_of_token(session, second[Role.ADMIN][1], later.clock()) is None


def test_a_timetable_never_reaches_into_the_future(store: Store) -> None:
    timetable, ran = Timetable(), []
    timetable.at(NOW - timedelta(seconds=1), lambda s: ran.append(s.clock()))
    timetable.at(NOW - timedelta(seconds=1), lambda s: ran.append(s.clock()))
    timetable.play(store)
    assert ran[0] < ran[1] <= NOW
    timetable.at(NOW + timedelta(seconds=1), lambda _store: None)
    with pytest.raises(RuntimeError, match="future"):
        timetable.play(store)
