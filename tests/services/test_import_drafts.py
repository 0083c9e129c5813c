"""Import as drafts: every line a submission of the named author, refreshed or continued as an update when it changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kbsearch.errors import RefusalCode, Refused
from kbsearch.services import submissions
from kbsearch.services.importing import run_import
from kbsearch.services.people import CONSOLE
from kbsearch.store.submissions import latest_revision
from kbsearch.store.tables import Revision, Subject, SubjectVersion, Submission
from kbsearch.workflow.states import SubmissionKind, SubmissionState

from .import_place import DRAFTS, Place, item, open_place, rejections


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with open_place(tmp_path) as opened:
        yield opened


def submit(place: Place, submission_id: str) -> None:
    with place.store.write() as unit:
        lock = unit.session.get_one(Submission, submission_id).lock_version
        submissions.submit_for_review(unit, place.author, submission_id, lock_version=lock)


def approve(place: Place, submission_id: str) -> None:
    with place.store.write() as unit:
        lock = unit.session.get_one(Submission, submission_id).lock_version
        seen = latest_revision(unit.session, submission_id).submission_hash
        submissions.approve(unit, place.reviewer, submission_id, lock_version=lock, submission_hash=seen)


def test_each_line_is_a_draft_of_the_author(place: Place) -> None:
    result = place.drafts([item(1), item(2, categoryId="HQ-11", changeNote="首次"), item(3, title="")])
    assert (result.imported, result.rejected) == (2, 1)
    found = {s.category_id: s for s in place.rows(Submission)}
    assert {(s.state, s.kind, s.author_id) for s in found.values()} == {
        (SubmissionState.DRAFT, SubmissionKind.PUBLISH, place.author.id),
    }
    assert found["HQ-11"].scope.value == "NATIONAL"
    assert {r.change_note for r in place.rows(Revision)} == {"", "首次"}
    assert place.rows(SubjectVersion) == []
    assert place.drafts([item(1), item(2, categoryId="HQ-11", changeNote="首次")]).unchanged == 2


def test_a_change_refreshes_the_draft_that_is_still_open(place: Place) -> None:
    place.drafts([item(1)])
    assert place.drafts([item(1, body="新的")]).updated == 1
    [submission], [revision] = place.rows(Submission), place.rows(Revision)
    assert revision.content is not None
    assert revision.content["body"] == "新的"
    assert submission.lock_version == 2


def test_a_change_of_what_is_under_review_is_rejected_and_of_what_is_published_becomes_an_update(place: Place) -> None:
    place.drafts([item(1)])
    [first] = place.rows(Submission)
    submit(place, first.id)
    assert "待审核" in rejections(place.drafts([item(1, body="二")]))[0][1]
    approve(place, first.id)
    assert place.drafts([item(1, body="二")]).updated == 1
    second = next(s for s in place.rows(Submission) if s.id != first.id)
    assert (second.kind, second.base_number, second.subject_id) == (SubmissionKind.UPDATE, 1, first.subject_id)
    assert place.drafts([item(1, body="二")]).unchanged == 1
    assert place.drafts([item(1, body="三")]).updated == 1  # refreshes the open update
    assert len(place.rows(Submission)) == 2


def test_a_voided_draft_is_not_begun_again_by_itself(place: Place) -> None:
    place.drafts([item(1)])
    [first] = place.rows(Submission)
    with place.store.write() as unit:
        submissions.void(unit, place.author, first.id, lock_version=1)
    assert "已结束而未发布" in rejections(place.drafts([item(1, body="二")]))[0][1]


def test_stock_and_drafts_know_of_each_other(place: Place) -> None:
    place.stock([item(1)])
    assert place.drafts([item(1)]).unchanged == 1
    assert place.drafts([item(1, body="二")]).updated == 1
    place.drafts([item(2)])
    assert "已导入为草稿" in rejections(place.stock([item(2, body="二")]))[0][1]


def test_a_refused_line_leaves_nothing(place: Place) -> None:
    result = place.drafts([item(1, version=1), item(2)])
    assert "存量导入" in rejections(result)[0][1]
    assert len(place.rows(Subject)) == len(place.rows(Submission)) == 1


def test_only_an_author_who_is_there_may_and_new_categories_are_an_admins(place: Place) -> None:
    for actor, code in ((place.reviewer, RefusalCode.PERMISSION_DENIED), (CONSOLE, RefusalCode.NOT_FOUND)):
        with pytest.raises(Refused) as refused:
            run_import(place.store, actor, place.file([item(1)]), DRAFTS)
        assert refused.value.refusals[0].code is code
    with pytest.raises(Refused):
        place.drafts([item(1, category="新的")], create_categories=True)
    assert place.rows(Submission) == []
