"""Files that headquarters' wordings name: the text does not wait for them, they are fetched with patience, and only what fits."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from kbsearch.attachments.disk import DiskFiles
from kbsearch.attachments.port import Fetched
from kbsearch.services import drafts
from kbsearch.services.attachment_intake import fetch_missing, upload
from kbsearch.services.attachment_reading import readable_by
from kbsearch.services.drafts import Draft
from kbsearch.store.tables import Attachment, AttachmentFetch, OutboxMessage
from tests.attachments import samples
from tests.services.conftest import Staff
from tests.services.house import HQ_NODE, TEXT, House, refused

WORDS = "总部的附件".encode()
DIGEST = hashlib.sha256(WORDS).hexdigest()
MINUTE = timedelta(minutes=1, seconds=1)


@dataclass
class Headquarters:
    """What headquarters has, and what it was asked for."""

    has: dict[str, Fetched] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    otherwise: Callable[[], Fetched] = lambda: Fetched(error="总部答 HTTP 404")

    def fetch(self, sha256: str) -> Fetched:
        self.asked.append(sha256)
        return self.has.pop(sha256, None) or self.otherwise()


@pytest.fixture
def files(tmp_path: Path) -> DiskFiles:
    return DiskFiles(tmp_path)


def push(house: House, *digests: str, number: int = 1) -> str:
    content = replace(TEXT, attachments=tuple(sorted(digests)))
    answer = house.hq(
        "hqPushVersion", knowledgeId="HQ-K", number=number, categoryId=HQ_NODE, content=content.document(), contentHash=content.hash
    )
    return answer.receipt.value


def missing(house: House) -> list[AttachmentFetch]:
    return house.rows_of(AttachmentFetch)


def index_jobs(house: House) -> int:
    return len([m for m in house.rows_of(OutboxMessage) if m.document_key == "HQ-K"])


def test_the_text_does_not_wait_for_its_files(house: House, staff: Staff, files: DiskFiles) -> None:
    headquarters = Headquarters({DIGEST: Fetched(io.BytesIO(WORDS), "总部.txt")})
    assert push(house, DIGEST) == "APPLIED"
    assert [(m.sha256, m.attempts) for m in missing(house)] == [(DIGEST, 0)]
    assert house.read(lambda s: readable_by(s, staff.agent, DIGEST, house.now)) is None
    jobs = index_jobs(house)
    assert fetch_missing(house.store, files, headquarters.fetch) == 1
    assert missing(house) == []
    row = house.rows_of(Attachment)[0]
    assert (row.name, row.text, row.uploaded_by) == ("总部.txt", "总部的附件", None)
    assert files.exists(DIGEST)
    assert index_jobs(house) == jobs + 1  # found by its words from now on
    assert house.read(lambda s: readable_by(s, staff.agent, DIGEST, house.now)) is not None
    assert fetch_missing(house.store, files, headquarters.fetch) == 0
    assert headquarters.asked == [DIGEST]


def test_patience_grows(house: House, files: DiskFiles) -> None:
    headquarters = Headquarters()
    push(house, DIGEST)
    for _ in range(3):
        fetch_missing(house.store, files, headquarters.fetch)
    assert len(headquarters.asked) == 1
    for _ in range(10):
        house.now += MINUTE
        fetch_missing(house.store, files, headquarters.fetch)
    row = missing(house)[0]
    assert (row.attempts, row.last_error) == (11, "总部答 HTTP 404")
    headquarters.has[DIGEST] = Fetched(io.BytesIO(WORDS), "")
    house.now += MINUTE
    assert fetch_missing(house.store, files, headquarters.fetch) == 1


def test_what_is_refused_is_asked_for_again_tomorrow(house: House, files: DiskFiles) -> None:
    headquarters = Headquarters(otherwise=lambda: Fetched(io.BytesIO(b"MZ\0\0"), "a.exe"))
    push(house, DIGEST)
    fetch_missing(house.store, files, headquarters.fetch)
    assert "不接受" in missing(house)[0].last_error
    house.now += timedelta(hours=23)
    fetch_missing(house.store, files, headquarters.fetch)
    assert len(headquarters.asked) == 1
    house.now += timedelta(hours=2)
    fetch_missing(house.store, files, headquarters.fetch)
    assert len(headquarters.asked) == 2
    assert house.rows_of(Attachment) == []


def test_an_outage_ends_the_round(house: House, files: DiskFiles) -> None:
    headquarters = Headquarters(otherwise=lambda: Fetched(error="总部连不上", unreachable=True))
    push(house, *(f"{n:064x}" for n in range(5)))
    fetch_missing(house.store, files, headquarters.fetch)
    assert len(headquarters.asked) == 1


@pytest.mark.parametrize(("content", "given", "kept"), [
    (samples.PNG, "", ".png"), (samples.PNG, "a/b.png", ".png"), (samples.PNG, "图.pdf", ".png"), (WORDS, "无后缀", ".txt"),
    (samples.docx("字"), "", ".docx"), (samples.pdf("字"), "", ".pdf"),
])  # fmt: skip
def test_a_name_that_does_not_fit_is_replaced(house: House, files: DiskFiles, content: bytes, given: str, kept: str) -> None:
    digest = hashlib.sha256(content).hexdigest()
    push(house, digest)
    assert fetch_missing(house.store, files, Headquarters({digest: Fetched(io.BytesIO(content), given)}).fetch) == 1
    assert house.rows_of(Attachment)[0].name == f"附件-{digest[:8]}{kept}"


def test_an_upload_of_the_same_bytes_ends_the_waiting(house: House, staff: Staff, files: DiskFiles) -> None:
    push(house, DIGEST)
    jobs = index_jobs(house)
    upload(house.store, files, staff.wang, name="同一个.txt", file=io.BytesIO(WORDS))
    assert (missing(house), index_jobs(house)) == ([], jobs + 1)


def test_what_is_here_is_not_fetched(house: House, staff: Staff, files: DiskFiles) -> None:
    upload(house.store, files, staff.wang, name="同一个.txt", file=io.BytesIO(WORDS))
    push(house, DIGEST)
    assert missing(house) == []


def test_two_versions_wait_for_one_file(house: House, files: DiskFiles) -> None:
    assert push(house, DIGEST) == "APPLIED"
    assert push(house, DIGEST, "f" * 64, number=2) == "APPLIED"
    assert sorted(m.sha256 for m in missing(house)) == sorted([DIGEST, "f" * 64])
    assert fetch_missing(house.store, files, Headquarters({DIGEST: Fetched(io.BytesIO(WORDS), "a.txt")}).fetch) == 1


@pytest.mark.parametrize("digest", ["A" * 64, "x", "../../a", ""])
def test_headquarters_digests_must_be_digests(house: House, digest: str) -> None:
    assert push(house, digest) == "REJECTED"
    assert missing(house) == []


def test_a_change_may_keep_what_is_still_on_its_way(house: House, staff: Staff) -> None:
    made = house.draft(staff.wang)
    house.to_hq(staff.wang, staff.zhao, made.id)
    amended = replace(TEXT, attachments=(DIGEST,))
    assert house.hq_approves(made.id, content=amended.document(), contentHash=amended.hash).receipt == "APPLIED"
    update = house.draft_update(staff.wang, made.subject_id)  # starts from headquarters' wording
    lock = house.get(update.id).lock_version
    kept = replace(amended, body="新的正文")
    house.write(lambda u: drafts.edit(u, staff.wang, update.id, lock_version=lock, content=kept, draft=Draft()))
    other = replace(kept, attachments=("0" * 64,))
    answer = refused(
        lambda: house.write(lambda u: drafts.edit(u, staff.wang, update.id, lock_version=lock + 1, content=other, draft=Draft()))
    )
    assert answer == ("RULE_VIOLATED", "ATTACHMENT_UNKNOWN")
