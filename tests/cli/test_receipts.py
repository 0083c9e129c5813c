"""`kbsearch receipts`: the list goes out, proves itself, and a changed one is told apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from kbsearch.clock import system_clock
from kbsearch.content import Content, Terms
from kbsearch.ids import random_id
from kbsearch.services import people, submissions
from kbsearch.services.announcements.drafting import draft_announcement
from kbsearch.services.drafts import Draft
from kbsearch.services.people import CONSOLE
from kbsearch.services.receipts.giving import sign
from kbsearch.store.engine import open_engine
from kbsearch.store.submissions import latest_revision
from kbsearch.store.unit import Store
from kbsearch.workflow.actions import Role
from kbsearch.workflow.audience import OURS, Addressee, Audience
from kbsearch.workflow.decide import Actor
from tests.cli.conftest import Run


@pytest.fixture
def announcement(home: Path) -> str:
    """One addressed to two of our people, signed by the first; its id."""
    engine = open_engine(f"sqlite:///{home / 'kbsearch.db'}")
    store = Store(engine, system_clock, random_id)
    with store.write() as unit:
        made = {}
        for login, role in (("t-author", Role.AUTHOR), ("t-reviewer", Role.REVIEWER), ("t-one", Role.AGENT), ("t-two", Role.AGENT)):
            person = people.create_person(unit, CONSOLE, login=login, name=f"姓{login}", roles=[role])
            made[login] = Actor(person.id, frozenset({role}), login)
    audience = Audience(people=frozenset({Addressee(OURS, "t-one"), Addressee(OURS, "t-two")}))
    text = Content(title="割接", body="今晚割接。", terms=Terms(audience, must_read=True))
    with store.write() as unit:
        drafted = draft_announcement(unit, made["t-author"], content=text, draft=Draft())
        submissions.submit_for_review(unit, made["t-author"], drafted.id, lock_version=1)
        seen = latest_revision(unit.session, drafted.id)
        submissions.approve(unit, made["t-reviewer"], drafted.id, lock_version=2, submission_hash=seen.submission_hash)
        sign(unit, made["t-one"], drafted.subject_id, content_hash=seen.content_hash or "")
    engine.dispose()
    return drafted.subject_id


def test_export_and_verify(kb: Run, announcement: str, tmp_path: Path) -> None:
    file = tmp_path / "签收.csv"
    assert "其中 1 人已签收" in kb("receipts", "export", announcement, str(file)).well().out
    assert kb("receipts", "verify", str(file), "--json").well().json == {
        "valid": 1, "unsigned": 1, "faults": [], "missing": 0, "holds": True,
    }  # fmt: skip
    file.write_text(file.read_text("utf-8-sig").replace("t-one,姓t-one,已签收", "t-one,姓t-one,待送达"), "utf-8-sig")
    told = kb("receipts", "verify", str(file))
    assert told.code == 1
    assert "没有签收却有签收时间" in told.out
    assert "不真实" in told.out


def test_what_is_wrong_is_said_in_chinese(kb: Run, announcement: str, tmp_path: Path) -> None:
    assert "找不到这个公告" in kb("receipts", "export", "NOTHING", str(tmp_path / "x.csv")).refused()
    assert not (tmp_path / "x.csv").exists()
    kb("receipts", "verify", str(tmp_path / "nowhere.csv")).refused()
    kb("receipts", "export", announcement, str(tmp_path / "no" / "folder.csv")).refused()
    (tmp_path / "other.csv").write_text("a,b\n1,2\n", "utf-8")
    assert "不是签收清单" in kb("receipts", "verify", str(tmp_path / "other.csv")).refused()
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    assert "不是签收清单" in kb("receipts", "verify", str(tmp_path / "binary.csv")).refused()
