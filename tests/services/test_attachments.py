"""Attached files beside their rows: who brings them in, what may name them, who may read them, and what is cleaned away."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import pytest

from kbsearch.attachments.disk import DiskFiles
from kbsearch.attachments.kinds import BadFile
from kbsearch.attachments.port import FileStore, FileStoreFault, Stored
from kbsearch.content import Content, Terms
from kbsearch.errors import Refused
from kbsearch.services import attachments as rows
from kbsearch.services import drafts, submissions
from kbsearch.services.announcements.drafting import draft_announcement
from kbsearch.services.attachment_cleaning import clean
from kbsearch.services.attachment_intake import upload
from kbsearch.services.attachment_reading import readable_by, readable_by_headquarters
from kbsearch.services.attachments import texts_of
from kbsearch.services.dossier import dossiers
from kbsearch.services.drafts import Draft
from kbsearch.store.tables import Attachment, AttachmentUse
from kbsearch.workflow.audience import Addressee, Audience
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.states import Scope
from tests.attachments import samples
from tests.services.conftest import Staff, hire
from tests.services.house import TEXT, House, refused

WORDS = "附件里才有的字".encode()
DIGEST = hashlib.sha256(WORDS).hexdigest()
WEEK = timedelta(days=7, seconds=1)


@pytest.fixture
def files(tmp_path: Path) -> DiskFiles:
    return DiskFiles(tmp_path)


def put(house: House, files: FileStore, actor: Actor, content: bytes = WORDS, name: str = "说明.txt") -> Attachment:
    return upload(house.store, files, actor, name=name, file=io.BytesIO(content))


def with_files(*digests: str, content: Content = TEXT) -> Content:
    return replace(content, attachments=digests)


def edit(house: House, actor: Actor, submission_id: str, content: Content) -> None:
    lock = house.get(submission_id).lock_version
    house.write(lambda u: drafts.edit(u, actor, submission_id, lock_version=lock, content=content, draft=Draft()))


def may(house: House, actor: Actor, digest: str = DIGEST) -> bool:
    return house.read(lambda s: readable_by(s, actor, digest, house.now)) is not None


def headquarters_may(house: House, digest: str = DIGEST) -> bool:
    return house.read(lambda s: readable_by_headquarters(s, digest)) is not None


def held(house: House) -> list[str]:
    return sorted(row.sha256 for row in house.rows_of(Attachment))


# --- bringing in


def test_an_upload_is_a_file_and_a_row(house: House, staff: Staff, files: DiskFiles) -> None:
    row = put(house, files, staff.wang)
    assert row.model_dump() == {
        "sha256": DIGEST,
        "name": "说明.txt",
        "media_type": "text/plain",
        "size": len(WORDS),
        "text": "附件里才有的字",
        "note": "",
        "uploaded_by": staff.wang.id,
        "created_at": house.now,
    }
    with files.open(DIGEST) as file:
        assert file.read() == WORDS
    assert house.read(lambda s: texts_of(s, [DIGEST, "0" * 64])) == {DIGEST: "附件里才有的字"}


def test_the_same_bytes_are_one_row_under_the_first_name(house: House, staff: Staff, files: DiskFiles) -> None:
    put(house, files, staff.wang)
    house.now += timedelta(days=1)
    again = put(house, files, staff.zhao, name="别的名字.txt")
    assert (again.name, again.uploaded_by, again.created_at) == ("说明.txt", staff.wang.id, house.now)
    assert held(house) == [DIGEST]


def test_only_authors_and_reviewers_upload(house: House, staff: Staff, files: DiskFiles) -> None:
    for actor in (staff.agent, staff.operator, staff.admin):
        assert refused(lambda a=actor: put(house, files, a)) == ("PERMISSION_DENIED", None)  # type: ignore[misc]
    assert put(house, files, staff.both).sha256 == DIGEST
    assert put(house, files, staff.qian, b"x").name == "说明.txt"


def test_what_is_refused_leaves_nothing(house: House, staff: Staff, files: DiskFiles) -> None:
    with pytest.raises(BadFile):
        put(house, files, staff.wang, b"MZ\0", "资费.pdf")
    assert held(house) == []
    assert list(files.iterate()) == []


def test_a_broken_file_is_kept_with_a_note(house: House, staff: Staff, files: DiskFiles) -> None:
    row = put(house, files, staff.wang, b"%PDF-1.7\n", "坏.pdf")
    assert (row.text, "损坏" in row.note) == ("", True)


def test_many_at_once_store_it_once(either_house: House, tmp_path: Path) -> None:
    house, files = either_house, DiskFiles(tmp_path)
    staff = hire(house)
    with ThreadPoolExecutor(6) as pool:
        rows = list(pool.map(lambda n: put(house, files, staff.wang if n % 2 else staff.zhao), range(12)))
    assert {r.sha256 for r in rows} == {DIGEST}
    assert held(house) == [DIGEST]


# --- naming


def test_a_wording_names_only_what_is_here(house: House, staff: Staff, files: DiskFiles) -> None:
    assert refused(lambda: house.draft(staff.wang, with_files("0" * 64))) == ("RULE_VIOLATED", "ATTACHMENT_UNKNOWN")
    put(house, files, staff.wang)
    drafted = house.draft(staff.li, with_files(DIGEST))  # whoever brought it
    assert refused(lambda: edit(house, staff.li, drafted.id, with_files(DIGEST, "0" * 64))) == ("RULE_VIOLATED", "ATTACHMENT_UNKNOWN")


@pytest.mark.parametrize("digests", [("A" * 64,), ("abc",), ("../x",), tuple(f"{n:064x}" for n in range(21))])
def test_digests_out_of_shape(house: House, staff: Staff, digests: tuple[str, ...]) -> None:
    with pytest.raises(Refused) as answer:
        house.draft(staff.wang, with_files(*digests))
    assert [(r.rule, r.field) for r in answer.value.refusals] == [("BAD_CONTENT", ("content", "attachments"))]


def test_attachments_are_in_the_content_hash(house: House, staff: Staff, files: DiskFiles) -> None:
    put(house, files, staff.wang)
    bare, attached = house.draft(staff.wang), house.draft(staff.wang, with_files(DIGEST))
    hashes = [house.sent_hash(s.id, 1) for s in (bare, attached)]
    assert hashes[0] != hashes[1]
    assert with_files(DIGEST).hash != TEXT.hash


def uses(house: House) -> set[tuple[str, str, str]]:
    return {(u.sha256, u.place.value, u.document_id) for u in house.rows_of(AttachmentUse)}


def test_who_names_what_follows_the_wordings(house: House, staff: Staff, files: DiskFiles) -> None:
    other = put(house, files, staff.wang, b"other").sha256
    put(house, files, staff.wang)
    made = house.draft(staff.wang, with_files(DIGEST), scope=Scope.LOCAL)
    assert uses(house) == {(DIGEST, "SUBMISSION", made.id)}
    edit(house, staff.wang, made.id, with_files(other))
    assert uses(house) == {(other, "SUBMISSION", made.id)}
    house.submit(staff.wang, made.id)
    house.send_back(staff.zhao, made.id)
    edit(house, staff.wang, made.id, with_files(DIGEST))  # the frozen round before still names the other
    assert uses(house) == {(other, "SUBMISSION", made.id), (DIGEST, "SUBMISSION", made.id)}
    house.submit(staff.wang, made.id)
    house.approve(staff.zhao, made.id)
    assert uses(house) == {(other, "SUBMISSION", made.id), (DIGEST, "SUBMISSION", made.id), (DIGEST, "SUBJECT", made.subject_id)}


# --- reading


def test_before_approval_only_uploader_author_and_reviewers_read(house: House, staff: Staff, files: DiskFiles) -> None:
    put(house, files, staff.wang)
    assert [may(house, a) for a in (staff.wang, staff.li, staff.zhao, staff.agent)] == [True, False, False, False]
    house.draft(staff.li, with_files(DIGEST))
    assert [may(house, a) for a in (staff.wang, staff.li, staff.zhao, staff.agent)] == [True, True, True, False]


def published(house: House, staff: Staff, files: DiskFiles, scope: Scope = Scope.LOCAL) -> str:
    put(house, files, staff.zhao)
    return house.in_force(staff.wang, staff.qian, with_files(DIGEST), scope=scope)


def test_in_force_everybody_reads(house: House, staff: Staff, files: DiskFiles) -> None:
    published(house, staff, files)
    assert all(may(house, a) for a in (staff.agent, staff.li, staff.operator, staff.admin))
    assert not may(house, staff.agent, "0" * 64)
    assert not may(house, staff.agent, "not a digest")


def test_what_hides_the_text_hides_the_file(house: House, staff: Staff, files: DiskFiles) -> None:
    subject = published(house, staff, files)
    house.suspend(staff.qian, subject)
    assert [may(house, a) for a in (staff.agent, staff.li, staff.wang, staff.zhao)] == [False, False, True, True]
    house.resume(staff.qian, subject)
    assert may(house, staff.agent)


@pytest.mark.parametrize(("reason", "readable"), [(RevokeReason.PUBLISHED_IN_ERROR, False), (RevokeReason.SERVICE_RETIRED, True)])
def test_after_revocation_the_reason_decides(house: House, staff: Staff, files: DiskFiles, reason: RevokeReason, readable: bool) -> None:
    subject = published(house, staff, files)
    house.now += timedelta(minutes=1)
    ended = house.draft_revoke(staff.wang, subject, reason)
    house.submit(staff.wang, ended.id)
    house.approve(staff.zhao, ended.id)
    house.now += timedelta(minutes=1)
    assert may(house, staff.agent) is readable


def test_one_document_that_shows_it_is_enough(house: House, staff: Staff, files: DiskFiles) -> None:
    subject = published(house, staff, files)
    house.in_force(staff.wang, staff.zhao, with_files(DIGEST, content=Content(title="另一条", body="同一附件")), scope=Scope.LOCAL)
    house.suspend(staff.qian, subject)
    assert may(house, staff.agent)


def test_headquarters_gets_what_it_was_sent_and_nothing_local(house: House, staff: Staff, files: DiskFiles) -> None:
    put(house, files, staff.wang)
    house.in_force(staff.wang, staff.zhao, with_files(DIGEST), scope=Scope.LOCAL)
    made = house.draft(staff.wang, with_files(DIGEST))
    house.submit(staff.wang, made.id)
    assert not headquarters_may(house)
    house.approve(staff.zhao, made.id)
    assert not headquarters_may(house)
    lock = house.get(made.id).lock_version
    house.write(lambda u: submissions.submit_to_hq(u, staff.zhao, [(made.id, lock)]))
    assert headquarters_may(house)
    assert not headquarters_may(house, "0" * 64)


def test_headquarters_keeps_what_is_in_force(house: House, staff: Staff, files: DiskFiles) -> None:
    published(house, staff, files, Scope.NATIONAL)
    assert headquarters_may(house)


def test_a_later_round_that_was_not_sent_is_not_shown(house: House, staff: Staff, files: DiskFiles) -> None:
    put(house, files, staff.wang)
    other = put(house, files, staff.wang, b"not sent").sha256
    made = house.draft(staff.wang, with_files(DIGEST))
    house.to_hq(staff.wang, staff.zhao, made.id)
    about = {"submissionId": made.id, "round": 1, "reasonCodes": ["OTHER"], "reasonText": "请改"}
    assert house.hq("hqReturn", **about).receipt == "APPLIED"
    edit(house, staff.wang, made.id, with_files(other))
    house.submit(staff.wang, made.id)
    assert (headquarters_may(house), headquarters_may(house, other)) == (True, False)


# --- cleaning


def test_what_nothing_names_goes_after_a_week(house: House, staff: Staff, files: DiskFiles) -> None:
    named = put(house, files, staff.wang, b"named").sha256
    house.draft(staff.wang, with_files(named))
    put(house, files, staff.wang)
    house.now += timedelta(days=6)
    assert clean(house.store, files) == 0
    house.now += timedelta(days=2)
    assert clean(house.store, files) == 1
    assert held(house) == [named]
    assert (files.exists(named), files.exists(DIGEST)) == (True, False)


def test_an_upload_again_renews_the_week(house: House, staff: Staff, files: DiskFiles) -> None:
    put(house, files, staff.wang)
    house.now += timedelta(days=6)
    put(house, files, staff.wang)
    house.now += timedelta(days=6)
    assert clean(house.store, files) == 0


def test_files_without_a_row_go_too_once_they_are_old(house: House, files: DiskFiles) -> None:
    files.put(io.BytesIO(WORDS))
    path = files.root / DIGEST[:2] / DIGEST
    young = (house.now - timedelta(days=6)).timestamp()
    os.utime(path, (young, young))
    assert clean(house.store, files) == 0
    old = (house.now - WEEK).timestamp()
    os.utime(path, (old, old))
    assert clean(house.store, files) == 1
    assert (files.exists(DIGEST), held(house)) == (False, [])


class Meddled(DiskFiles):
    """Lets something happen right after the next file is put."""

    def __init__(self, root: Path, meddle: Callable[[], object]) -> None:
        super().__init__(root)
        self.meddle: Callable[[], object] | None = meddle

    def put(self, stream: BinaryIO) -> Stored:
        stored = super().put(stream)
        if self.meddle is not None:
            meddle, self.meddle = self.meddle, None
            meddle()
        return stored


def test_a_cleaner_between_file_and_row_loses_nothing(house: House, staff: Staff, files: DiskFiles) -> None:
    put(house, files, staff.wang)
    house.now += WEEK
    removed: list[int] = []
    row = put(house, Meddled(files.root, lambda: removed.append(clean(house.store, files))), staff.wang)
    assert removed == [1]
    assert (row.sha256, held(house), files.exists(DIGEST)) == (DIGEST, [DIGEST], True)


def test_a_cleaner_that_found_no_row_loses_nothing(house: House, staff: Staff, files: DiskFiles) -> None:
    def clean_it() -> None:
        old = (house.now - WEEK).timestamp()
        os.utime(files.root / DIGEST[:2] / DIGEST, (old, old))
        assert clean(house.store, files) == 1

    put(house, Meddled(files.root, clean_it), staff.wang)
    assert (held(house), files.exists(DIGEST)) == ([DIGEST], True)


def test_a_store_that_loses_every_file_is_a_fault_not_a_row(house: House, staff: Staff, files: DiskFiles) -> None:
    class Sieve(DiskFiles):
        def put(self, stream: BinaryIO) -> Stored:
            stored = super().put(stream)
            self.delete(stored.sha256)
            return stored

    with pytest.raises(FileStoreFault):
        put(house, Sieve(files.root), staff.wang)
    assert held(house) == []


def test_cleaners_and_uploads_side_by_side(either_house: House, tmp_path: Path) -> None:
    house, files = either_house, DiskFiles(tmp_path)
    staff = hire(house)
    contents = [f"file {n}".encode() for n in range(4)]
    for content in contents:
        put(house, files, staff.wang, content)
    house.now += WEEK
    with ThreadPoolExecutor(6) as pool:
        cleaning = [pool.submit(clean, house.store, files) for _ in range(6)]
        uploads = [pool.submit(put, house, files, staff.wang, contents[n % 4]) for n in range(16)]
        rows = [u.result() for u in uploads]
        assert all(c.result() >= 0 for c in cleaning)
    assert held(house) == sorted({r.sha256 for r in rows})
    assert all(files.exists(r.sha256) for r in rows)


def test_pdf_text_is_there_for_search(house: House, staff: Staff, files: DiskFiles) -> None:
    row = put(house, files, staff.wang, samples.pdf("国际漫游资费"), "资费.pdf")
    assert house.read(lambda s: texts_of(s, [row.sha256])) == {row.sha256: "国际漫游资费"}


# --- announcements


def announced(house: House, staff: Staff, *logins: str) -> str:
    """A 便签 of ours in force, with the file attached; its subject's id."""
    audience = Audience(people=frozenset(Addressee("SECOND_LINE", login) for login in logins))
    content = replace(with_files(DIGEST), terms=Terms(audience))
    made = house.write(lambda u: draft_announcement(u, staff.wang, content=content, draft=Draft()))
    house.submit(staff.wang, made.id)
    house.approve(staff.zhao, made.id)
    return made.subject_id


def test_an_announcements_file_is_for_its_audience(house: House, staff: Staff, files: DiskFiles) -> None:
    put(house, files, staff.zhao)
    announced(house, staff, "agent")
    agent, operator = replace(staff.agent, login="agent"), replace(staff.operator, login="operator")
    assert [may(house, a) for a in (agent, operator, staff.li, staff.wang, staff.qian)] == [True, False, False, True, True]
    assert not headquarters_may(house)


def test_nothing_asked_for_is_nothing_found(house: House, staff: Staff) -> None:
    assert house.read(lambda s: (rows.held(s, []), texts_of(s, []), dossiers(s, staff.agent, ["NOBODYS"]))) == ({}, {}, {})
