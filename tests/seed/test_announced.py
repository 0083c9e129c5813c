"""Proves that the demo shows announcements, replies, feedback and desks in every state, and that headquarters can be told its past."""

from __future__ import annotations

import json
from collections import Counter

from sqlmodel import Session, select

from kbsearch.content import canonical_hash
from kbsearch.seed.content import document, lines
from kbsearch.seed.hq_side import hq_side
from kbsearch.services.announcements.reading import announcement_pages, status_of
from kbsearch.services.desk.readings import changed_since
from kbsearch.services.receipts import roster
from kbsearch.store.lives import load_life, load_lives
from kbsearch.store.tables import (
    Attachment,
    Batch,
    Favourite,
    Feedback,
    InterimNote,
    LastReading,
    Notice,
    Person,
    Receipt,
    SearchLog,
    Subject,
    SubjectVersion,
    Submission,
)
from kbsearch.workflow.actions import Role
from kbsearch.workflow.announcements import AnnouncementBadge, AnnouncementStatus
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.feedback import FeedbackOrigin, FeedbackState, Resolution
from kbsearch.workflow.interim_notes import InterimNoteState
from kbsearch.workflow.receipts import ReceiptState
from kbsearch.workflow.states import Owner, SubjectKind, SubmissionState

from .demo_store import NOW, Demo


def actor(session: Session, login: str) -> Actor:
    person = session.exec(select(Person).where(Person.login == login)).one()
    return Actor(person.id, frozenset(Role(r) for r in person.roles), person.login)


def announcement_id(session: Session, title: str) -> str:
    found = session.exec(
        select(Subject.id).join(SubjectVersion).where(SubjectVersion.title == title, Subject.kind == SubjectKind.ANNOUNCEMENT)
    )
    return found.one()


def test_every_announcement_status_is_shown_by_twelve_and_more(demo: Demo) -> None:
    with demo.store.read() as session:
        ids = session.exec(select(Subject.id).where(Subject.kind == SubjectKind.ANNOUNCEMENT)).all()
        found = Counter(status_of(life, NOW) for life in load_lives(session, ids).values())
    assert len(ids) == len(lines("announcements.jsonl")) >= 12
    assert set(found) == set(AnnouncementStatus)
    assert found[AnnouncementStatus.PUBLISHED] >= 6


def test_people_see_what_is_for_them_and_every_mark_is_shown(demo: Demo) -> None:
    with demo.store.read() as session:
        ids = session.exec(select(Subject.id).where(Subject.kind == SubjectKind.ANNOUNCEMENT)).all()
        seen = {who: announcement_pages(session, actor(session, who), ids, NOW) for who in ("zhangwei", "zhouxin", "chenjing", "sunli")}
        badges = {badge for pages in seen.values() for page in pages.values() for badge in page.badges}
        note = announcement_id(session, "请核对：宽带移机的预约短信")
    assert badges == set(AnnouncementBadge)
    assert note in seen["zhouxin"]
    assert note not in seen["zhangwei"]
    assert any(page.to_reply for page in seen["chenjing"].values())
    assert len(seen["sunli"]) > len(seen["zhangwei"]) >= 8


def test_some_have_signed_some_have_read_some_have_not(demo: Demo) -> None:
    with demo.store.read() as session:
        life = load_life(session, announcement_id(session, "涉诈停机解释口径自本周起统一，全员签收"))
        assert life is not None
        states = {line.person.login: line.state for line in roster.lines(session, life, NOW)}
    assert states["zhangwei"] is ReceiptState.SIGNED
    assert states["zhouxin"] is ReceiptState.READ
    assert set(states.values()) == set(ReceiptState)
    assert all(r.proof for r in demo.rows(Receipt) if r.signed_at is not None)


def test_replies_of_both_sides(demo: Demo) -> None:
    replies = [s for s in demo.rows(Subject) if s.kind is SubjectKind.REPLY]
    assert {s.issuer_code for s in replies if s.owner is Owner.HQ} == {"BJ", "SC"}
    ours = {s.id for s in replies if s.owner is Owner.LOCAL}
    states = {s.state for s in demo.rows(Submission) if s.subject_id in ours}
    assert states == {SubmissionState.PENDING_HQ, SubmissionState.HQ_RETURNED}


def test_feedback_in_every_state_with_every_resolution(demo: Demo) -> None:
    found = demo.rows(Feedback)
    wanted = Counter((f["origin"], f["state"], f.get("resolution")) for f in lines("feedback.jsonl"))
    told = Counter((f.origin.value, f.state.value, None if f.resolution is None else f.resolution.value) for f in found)
    assert told == wanted
    assert {f.state for f in found} == set(FeedbackState)
    assert {f.resolution for f in found} - {None} == set(Resolution)
    assert {f.origin for f in found} == set(FeedbackOrigin)
    assert all(f.due_at > NOW for f in found if f.state is not FeedbackState.RESOLVED and f.due_at is not None)


def test_feedback_is_settled_by_its_update_or_handed_back(demo: Demo) -> None:
    submissions = {s.feedback_id: s for s in demo.rows(Submission) if s.feedback_id}
    by_text = {f.text: f for f in demo.rows(Feedback)}
    told = {f["name"]: by_text[f["text"]] for f in lines("feedback.jsonl")}
    adopted, under_way, voided = told["座席-名称写法"], told["销户退款失败怎么办"], told["座席-已作废的更新"]
    assert (adopted.resolution, adopted.resolved_version) == (Resolution.ADOPTED, 3)
    version = next(v for v in demo.rows(SubjectVersion) if (v.subject_id, v.number) == (adopted.subject_id, 3))
    assert "亲情短号" in version.keywords
    assert submissions[under_way.id].state is SubmissionState.DRAFT
    assert submissions[voided.id].state is SubmissionState.VOIDED
    assert voided.submission_id is None
    assert told["eSIM换机失败-重复"].duplicate_of == told["eSIM换机失败"].id


def test_desks_are_not_empty(demo: Demo) -> None:
    desk = document("desk.json")
    assert {n.state for n in demo.rows(InterimNote)} == {InterimNoteState.ACTIVE, InterimNoteState.PENDING}
    batch = demo.rows(Batch)[0]
    members = [s for s in demo.rows(Submission) if s.batch_id == batch.id]
    assert [s.state for s in members] == [SubmissionState.PENDING_REVIEW] * 2
    assert [s.id for s in demo.rows(Subject) if s.still_in_use] == ["KB-TC-06"]
    assert len(demo.rows(Favourite)) == sum(len(ids) for ids in desk["favourites"].values())
    assert len(demo.rows(LastReading)) == len(desk["readings"])
    assert len(demo.rows(SearchLog)) == len(desk["searches"])
    assert len(demo.rows(Notice)) > 50
    with demo.store.read() as session:
        assert {c.subject_id for c in changed_since(session, actor(session, "zhangwei"), NOW)} == {"KB-TC-12", "KB-ZZ-09"}


def test_the_attached_file_lies_where_its_version_names_it(demo: Demo) -> None:
    row = demo.rows(Attachment)[0]
    version = next(v for v in demo.rows(SubjectVersion) if (v.subject_id, v.number) == ("KB-GM-04", 2))
    assert list(version.attachments) == [row.sha256]
    with demo.files.open(row.sha256) as file:
        assert "日本" in file.read().decode()
    assert "多日包" in row.text


def test_headquarters_past_is_all_that_is_nationwide_with_the_hashes_we_hold(demo: Demo) -> None:
    with demo.store.read() as session:
        past = hq_side(session, NOW)
    assert len(json.dumps(past, ensure_ascii=False).encode()) < 2_000_000
    ids = {"knowledge": "knowledgeId", "announcements": "announcementId", "replies": "replyId"}
    hashes = {(v.subject_id, v.number): v.content_hash for v in demo.rows(SubjectVersion) if v.accepted}
    told = {
        (item[key], version["number"]): canonical_hash(version["content"])
        for name, key in ids.items()
        for item in past[name]
        for version in item["versions"]
    }
    nationwide = {s.id for s in demo.rows(Subject) if s.scope == "NATIONAL"}
    assert told == {key: value for key, value in hashes.items() if key[0] in nationwide}
    results = {f["feedbackId"]: f["result"] for f in past["feedback"]}
    assert {i for i, result in results.items() if result is None} == {"FB-2026-0101", "FB-2026-0102", "FB-2026-0106"}
    assert results["FB-2026-0105"]["duplicateOf"] == "FB-2026-0104"
