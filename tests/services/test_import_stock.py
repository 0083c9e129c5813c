"""存量导入: approved knowledge at once, logged, idempotent on the source's id, one version further when the text changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from kbsearch.content import Content
from kbsearch.errors import RefusalCode, Refused
from kbsearch.services import drafts, hq_inbox, knowledge, submissions
from kbsearch.services.drafts import Draft
from kbsearch.services.importing import run_import
from kbsearch.services.people import CONSOLE
from kbsearch.store.lives import load_life
from kbsearch.store.submissions import latest_revision
from kbsearch.store.tables import DocumentType, ImportedSource, OutboxMessage, Subject, SubjectVersion, TransitionLog, VersionSource
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.states import KnowledgeStatus, Owner, Scope, SubmissionState

from .import_place import NOW, STOCK, Place, item, open_place, rejections


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with open_place(tmp_path) as opened:
        yield opened


def status(place: Place, subject_id: str) -> KnowledgeStatus:
    with place.store.read() as session:
        life = load_life(session, subject_id)
        assert life is not None
        return life.status(place.store.clock())


def only(place: Place) -> Subject:
    [found] = place.rows(Subject)
    return found


def test_a_line_becomes_knowledge_in_force_with_its_log_its_index_job_and_its_source(place: Place) -> None:
    result = place.stock([item(1, summary="概", script="说", keywords="a|b\\|c", regions="北京|GD|全国", changeNote="存量")])
    assert (result.read, result.imported, result.rejected_file) == (1, 1, None)
    found = only(place)
    assert (found.owner, found.scope, found.category_id, found.recorded_base) == (Owner.LOCAL, Scope.LOCAL, "LC-1", 1)
    assert found.next_change_at is None
    assert status(place, found.id) is KnowledgeStatus.PUBLISHED
    [version] = place.rows(SubjectVersion)
    assert (version.number, version.source, version.live_from, version.accepted) == (1, VersionSource.IMPORT, NOW, True)
    assert (version.summary, version.script, version.change_note) == ("概", "说", "存量")
    assert (version.keywords, version.regions) == (["a", "b|c"], ["BJ", "GD"])
    [log] = [r for r in place.rows(TransitionLog) if r.document_type is DocumentType.KNOWLEDGE]
    assert (log.action, log.actor_id, log.document_id, log.to_state) == ("IMPORT", "console", found.id, "PUBLISHED")
    assert log.details == {"source": "crm", "sourceId": "a-1", "number": 1}
    [job] = [m for m in place.rows(OutboxMessage) if m.destination == "index:embedded"]
    assert (job.document_key, job.sequence) == (found.id, found.sequence)
    assert job.sequence == log.sequence > 0
    [source] = place.rows(ImportedSource)
    assert (source.source, source.source_id, source.content_hash) == ("crm", "a-1", version.content_hash)


def test_the_same_file_again_changes_nothing(place: Place) -> None:
    rows = [item(i) for i in range(7)]
    place.stock(rows, batch_lines=3)
    before = [len(place.rows(t)) for t in (Subject, SubjectVersion, TransitionLog, OutboxMessage)]
    again = place.stock(rows, batch_lines=2)
    assert (again.imported, again.updated, again.unchanged) == (0, 0, 7)
    assert [len(place.rows(t)) for t in (Subject, SubjectVersion, TransitionLog, OutboxMessage)] == before


def test_another_source_with_the_same_id_is_another_record(place: Place) -> None:
    place.stock([item(1)])
    assert place.stock([item(1)], source="crm2").imported == 1
    assert len(place.rows(Subject)) == 2


def test_changed_content_is_the_next_version_and_in_force_now(place: Place) -> None:
    place.stock([item(1), item(2)])
    result = place.stock([item(1, body="新的正文"), item(2)])
    assert (result.updated, result.unchanged) == (1, 1)
    changed = next(v for v in place.rows(SubjectVersion) if v.number == 2)
    assert (changed.body, changed.base_number, changed.source) == ("新的正文", 1, VersionSource.IMPORT)
    with place.store.read() as session:
        life = load_life(session, changed.subject_id)
        assert life is not None
        assert life.current(NOW) is life.versions[2]
        assert life.subject.lock_version == 2
        assert life.subject.recorded_base == 2
    assert place.stock([item(1, body="新的正文"), item(2)]).unchanged == 2
    assert place.stock([item(1)]).updated == 1  # back to the first wording is a change too


def test_dates_decide_what_is_in_force(place: Place) -> None:
    coming, past = (NOW + timedelta(days=3)).isoformat(), (NOW - timedelta(days=3)).isoformat()
    rows = [item(1, effectiveFrom=coming), item(2, effectiveTo=past), item(3, effectiveFrom="2020-01-01", effectiveTo="2030-01-01")]
    assert place.stock(rows).imported == 3
    found = {v.title: (v, status(place, v.subject_id)) for v in place.rows(SubjectVersion)}
    assert [found[f"标题{i}"][1].value for i in (1, 2, 3)] == ["UNPUBLISHED", "EXPIRED", "PUBLISHED"]
    assert found["标题1"][0].live_from == NOW + timedelta(days=3)
    assert found["标题3"][0].live_from == NOW  # never backdated
    changes = {k.id: k.next_change_at for k in place.rows(Subject)}
    assert changes[found["标题1"][0].subject_id] == NOW + timedelta(days=3)
    assert changes[found["标题2"][0].subject_id] is None
    told = {r.document_id: r.to_state for r in place.rows(TransitionLog) if r.action == "IMPORT"}
    assert all(told[v.subject_id] == s.value for v, s in found.values())


def test_numbered_lines_bring_a_whole_history(place: Place) -> None:
    rows = [item(1, version=1), item(1, version=2, body="二"), item(1, version=4, body="四"), item(2, version=3)]
    result = place.stock(rows)
    assert (result.imported, result.updated, result.rejected) == (2, 2, 0)
    numbers = sorted((v.title, v.number, v.base_number) for v in place.rows(SubjectVersion))
    assert numbers == [("标题1", 1, None), ("标题1", 2, 1), ("标题1", 4, 2), ("标题2", 3, None)]
    again = place.stock([*rows, item(1, version=2, body="别的"), item(1, version=3, body="三"), item(1, version=5, body="五")])
    assert (again.unchanged, again.updated, again.rejected) == (4, 1, 2)
    reasons = dict(rejections(again))
    assert "已出现过" in reasons[5]
    assert "第 3 版低于已有的第 4 版" in reasons[6]
    differing = place.stock([item(1, version=2, body="别的")])
    assert "第 2 版已有而内容不同" in rejections(differing)[0][1]


def test_an_open_update_hears_that_its_base_moved(place: Place) -> None:
    place.stock([item(1)])
    subject = only(place).id
    with place.store.write() as unit:
        update = drafts.draft_update(unit, place.author, subject, content=None, draft=Draft())
        submissions.submit_for_review(unit, place.author, update.id, lock_version=1)
    place.stock([item(1, body="新")])
    with place.store.read() as session:
        assert session.get_one(type(update), update.id).state is SubmissionState.BASE_CONFLICT


def revoke(place: Place, subject: str) -> None:
    with place.store.write() as unit:
        given = {"reason_text": "停办", "replacement_id": None, "effective_from": None}
        submission = drafts.draft_revoke(unit, place.author, subject, reason=RevokeReason.SERVICE_RETIRED, draft=Draft(), **given)
        submissions.submit_for_review(unit, place.author, submission.id, lock_version=1)
        seen = latest_revision(unit.session, submission.id).submission_hash
        submissions.approve(unit, place.reviewer, submission.id, lock_version=2, submission_hash=seen)


def test_revoked_and_archived_knowledge_is_not_brought_back(place: Place) -> None:
    place.stock([item(1)])
    subject = only(place).id
    revoke(place, subject)
    assert "已撤销" in rejections(place.stock([item(1, body="新")]))[0][1]
    with place.store.write() as unit:
        knowledge.archive(unit, place.reviewer, subject, lock_version=only(place).lock_version)
    assert "已归档" in rejections(place.stock([item(1, body="新")]))[0][1]
    assert len(place.rows(SubjectVersion)) == 1


def test_headquarters_knowledge_is_not_touched(place: Place) -> None:
    place.stock([item(1, source="kbsearch", sourceId="K-1", categoryId="HQ-11")])
    assert only(place).id == "K-1"  # its own id is kept, so that citations go on working
    text = Content(title="总部", body="总部的")
    payload = {"knowledgeId": "K-2", "number": 1, "categoryId": "HQ-11", "content": text.document(), "contentHash": text.hash}
    hq_inbox.receive(place.store, webhook_id="push", kind="hqPushVersion", payload=payload)
    result = place.stock([item(1, source="kbsearch", sourceId="K-2")])
    assert "归总部所有" in rejections(result)[0][1]


def test_only_an_admin_may_and_the_log_names_them(place: Place) -> None:
    with pytest.raises(Refused) as refused:
        run_import(place.store, place.reviewer, place.file([item(1)]), STOCK)
    assert refused.value.refusals[0].code is RefusalCode.PERMISSION_DENIED
    admin = Actor("gao", CONSOLE.roles)
    run_import(place.store, admin, place.file([item(1)]), STOCK)
    with place.store.read() as session:
        log = session.exec(select(TransitionLog).where(col(TransitionLog.action) == "IMPORT")).one()
        assert log.actor_id == "gao"


def test_progress_reaches_the_end_of_the_file(place: Place) -> None:
    told: list[tuple[int, int, int]] = []
    path = place.file([item(i) for i in range(1_100)])
    result = run_import(place.store, CONSOLE, path, STOCK, progress=lambda done, size, lines: told.append((done, size, lines)))
    assert [lines for _, _, lines in told] == [500, 1000, 1100]
    assert told[-1][:2] == (path.stat().st_size, path.stat().st_size)
    assert result.seconds > 0


def test_a_source_whose_knowledge_is_gone_is_told(place: Place) -> None:
    place.stock([item(1)])
    with place.store.write() as unit:
        row = unit.session.exec(select(ImportedSource)).one()
        row.subject_id = "gone"
    assert "已不在库中" in rejections(place.stock([item(1, body="新")]))[0][1]


def test_without_a_right_to_write_beside_the_input_the_rejected_lines_go_to_the_current_folder(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.chdir(elsewhere)
    monkeypatch.setattr("os.access", lambda _path, _mode: False)  # the tests may run as root, whom no folder refuses
    assert place.stock([item(1, title="")]).rejected_file == elsewhere / "in.jsonl.rejected.jsonl"


def test_a_branch_name_that_is_too_long_is_rejected(place: Place) -> None:
    assert "1 至 100" in rejections(place.stock([item(1, category="长" * 101)], create_categories=True))[0][1]
