"""Authors' operations: what may be begun, what a text must satisfy, edits and rebasing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kbsearch.content import Content
from kbsearch.errors import Refused
from kbsearch.services import drafts, taxonomy
from kbsearch.services.content_rules import require_regions
from kbsearch.services.drafts import Draft
from kbsearch.services.people import CONSOLE
from kbsearch.store.submissions import content_of, latest_revision
from kbsearch.store.tables import Category, Revision, Subject
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.states import Scope, SubmissionState, Urgency
from tests.services.conftest import Staff
from tests.services.house import HQ_NODE, LOCAL_NODE, START, House, refused

DAY = timedelta(days=1)
TEXT = Content(title="流量包", body="每月三十元")
PLAIN: dict[str, Any] = {"reason_text": "", "replacement_id": None, "effective_from": None, "draft": Draft()}


def edit(house: House, staff: Staff, sid: str, content: Content = TEXT, draft: Draft | None = None) -> Any:
    lock = house.get(sid).lock_version
    return house.write(lambda u: drafts.edit(u, staff.wang, sid, lock_version=lock, content=content, draft=draft or Draft()))


def text_of(house: House, sid: str) -> Content | None:
    return house.read(lambda s: content_of(latest_revision(s, sid)))


def test_a_draft_is_tidied_and_keeps_what_was_written(house: House, staff: Staff) -> None:
    written = Content(
        title=" 流量包 ", body="正文\n", keywords=("流量", " 流量", ""), regions=("gd", "BJ", "BJ"), effective_from=START + DAY
    )
    made = house.draft(staff.wang, written, urgency=Urgency.URGENT)
    expected = Content(title="流量包", body="正文", keywords=("流量",), regions=("BJ", "GD"), effective_from=START + DAY)
    assert text_of(house, made.id) == expected
    assert (made.state, made.urgency, made.author_id, made.round) == (SubmissionState.DRAFT, Urgency.URGENT, staff.wang.id, 1)
    revision = house.read(lambda s: latest_revision(s, made.id))
    assert revision.content_hash == expected.hash
    assert revision.frozen_at is None


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (replace(TEXT, title="长" * 201), "title"),
        (replace(TEXT, summary="长" * 1_001), "summary"),
        (replace(TEXT, script="长" * 501), "script"),
        (replace(TEXT, body="长" * 200_001), "body"),
        (replace(TEXT, keywords=tuple(f"词{i}" for i in range(51))), "keywords"),
        (replace(TEXT, keywords=("长" * 51,)), "keywords"),
        (replace(TEXT, regions=("XX",)), "regions"),
        (replace(TEXT, effective_from=START, effective_to=START), "effectiveTo"),
        (replace(TEXT, attachments=("A" * 64,)), "attachments"),
    ],
)
def test_a_text_out_of_shape_is_refused_by_its_field(house: House, staff: Staff, content: Content, field: str) -> None:
    with pytest.raises(Refused) as answer:
        house.draft(staff.wang, content)
    assert [(r.rule, r.field) for r in answer.value.refusals] == [("BAD_CONTENT", ("content", field))]
    assert house.rows_of(Subject) == []


def test_all_that_is_wrong_is_told_at_once(house: House, staff: Staff) -> None:
    with pytest.raises(Refused) as answer:
        house.draft(staff.wang, Content(title="长" * 201, regions=("XX",)))
    assert {r.field[-1] for r in answer.value.refusals} == {"title", "regions"}


def test_who_may_draft(house: House, staff: Staff) -> None:
    for somebody in (staff.zhao, staff.agent, staff.operator, staff.admin):
        assert refused(lambda s=somebody: house.draft(s)) == ("PERMISSION_DENIED", None)  # type: ignore[misc]
    knowledge = house.in_force(staff.wang, staff.zhao)
    assert refused(lambda: house.draft_update(staff.zhao, knowledge)) == ("PERMISSION_DENIED", None)
    assert refused(lambda: house.draft_revoke(staff.zhao, knowledge)) == ("PERMISSION_DENIED", None)


@pytest.mark.parametrize("node", [None, "nowhere", "HQ", "ROOT", LOCAL_NODE])
def test_a_nationwide_item_names_a_live_node_of_headquarters(house: House, staff: Staff, node: str | None) -> None:
    draft = Draft(category_id=node)
    begin = lambda: house.write(lambda u: drafts.draft_publish(u, staff.wang, scope=Scope.NATIONAL, content=TEXT, draft=draft))  # noqa: E731
    assert refused(begin) == ("RULE_VIOLATED", "BAD_CATEGORY")


def test_a_local_item_names_a_live_local_node(house: House, staff: Staff) -> None:
    for node in (HQ_NODE, "old"):
        if node == "old":
            house.write(lambda u: taxonomy.create_category(u, CONSOLE, name="旧", parent_id=None, category_id="old"))
            lock = house.read(lambda s: s.get_one(Category, "old").lock_version)
            house.write(lambda u, k=lock: taxonomy.retire_category(u, CONSOLE, "old", lock_version=k))  # type: ignore[misc]
        draft = Draft(category_id=node)
        begin = lambda d=draft: house.write(lambda u: drafts.draft_publish(u, staff.wang, scope=Scope.LOCAL, content=TEXT, draft=d))  # noqa: E731
        assert refused(begin) == ("RULE_VIOLATED", "BAD_CATEGORY")


def test_what_cannot_be_changed(house: House, staff: Staff) -> None:
    unpublished = house.draft(staff.wang).subject_id
    for nowhere in ("nowhere", unpublished):
        assert refused(lambda k=nowhere: house.draft_update(staff.wang, k)) == ("NOT_FOUND", None)  # type: ignore[misc]
    theirs = TEXT.document()
    house.hq("hqPushVersion", knowledgeId="hq1", number=1, categoryId=HQ_NODE, content=theirs, contentHash=TEXT.hash)
    assert refused(lambda: house.draft_update(staff.wang, "hq1")) == ("RULE_VIOLATED", "OWNED_BY_HQ")
    later = house.draft(staff.wang, replace(TEXT, effective_from=START + DAY))
    house.to_hq(staff.wang, staff.zhao, later.id)
    house.hq_approves(later.id)
    assert refused(lambda: house.draft_update(staff.wang, later.subject_id)) == ("RULE_VIOLATED", "NOT_YET_IN_FORCE")
    knowledge = house.in_force(staff.wang, staff.zhao)
    house.hq("hqPushRevocation", knowledgeId=knowledge, number=1, reason="SERVICE_RETIRED")
    assert refused(lambda: house.draft_revoke(staff.wang, knowledge)) == ("RULE_VIOLATED", "ALREADY_REVOKED")
    assert house.draft_update(staff.wang, knowledge).base_number == 1  # un-revoking is a new version
    house.archive(staff.zhao, knowledge)
    assert refused(lambda: house.draft_update(staff.wang, knowledge)) == ("RULE_VIOLATED", "ARCHIVED")


def test_an_update_starts_from_the_wording_in_force(house: House, staff: Staff) -> None:
    full = Content("题", "文", "摘", "口径", ("词",), ("BJ",), None, START + 9 * DAY)
    knowledge = house.in_force(staff.wang, staff.zhao, full)
    made = house.draft_update(staff.li, knowledge)
    assert text_of(house, made.id) == full
    assert (made.base_number, made.category_id, made.scope) == (1, HQ_NODE, Scope.NATIONAL)


def test_an_edit_changes_what_it_names_only(house: House, staff: Staff) -> None:
    made = house.draft(staff.wang)
    house.add_hq_node("HQ-FEES")
    edit(house, staff, made.id, replace(TEXT, body="改"), Draft("HQ-FEES", Urgency.URGENT, "更正", material=False))
    edited = edit(house, staff, made.id, replace(TEXT, body="再改"))
    revision = house.read(lambda s: latest_revision(s, made.id))
    assert (edited.category_id, edited.urgency) == ("HQ-FEES", Urgency.URGENT)
    assert (revision.number, revision.change_note, revision.material) == (1, "更正", False)
    assert text_of(house, made.id) == replace(TEXT, body="再改")
    assert refused(lambda: edit(house, staff, made.id, TEXT, Draft(change_note="长" * 1_001))) == ("RULE_VIOLATED", "BAD_CONTENT")
    assert refused(lambda: edit(house, staff, made.id, TEXT, Draft(LOCAL_NODE))) == ("RULE_VIOLATED", "BAD_CATEGORY")


def test_a_frozen_revision_is_followed_by_the_next(house: House, staff: Staff) -> None:
    made = house.draft(staff.wang)
    house.submit(staff.wang, made.id)
    house.send_back(staff.zhao, made.id)
    edit(house, staff, made.id, replace(TEXT, body="改"))
    house.submit(staff.wang, made.id)
    house.send_back(staff.zhao, made.id)
    house.submit(staff.wang, made.id)  # unchanged: a copy of its own
    revisions = sorted(house.rows_of(Revision), key=lambda r: r.number)
    assert [(r.number, r.frozen_at is not None, r.content and r.content["body"]) for r in revisions] == [
        (1, True, TEXT.body),
        (2, True, "改"),
        (3, True, "改"),
    ]


def test_a_revocation_is_edited_by_its_reason(house: House, staff: Staff) -> None:
    knowledge, other = (house.in_force(staff.wang, staff.zhao) for _ in range(2))
    made = house.draft_revoke(staff.wang, knowledge)
    before = house.read(lambda s: latest_revision(s, made.id).submission_hash)

    def rewrite(**change: Any) -> Any:
        lock, given = house.get(made.id).lock_version, {"reason": RevokeReason.MERGED, **PLAIN, **change}
        return house.write(lambda u: drafts.edit_revoke(u, staff.wang, made.id, lock_version=lock, **given))

    done = rewrite(reason_text=" 并入 ", replacement_id=other, effective_from=START + DAY)
    assert (done.revoke_reason, done.revoke_text, done.replacement_id, done.revoke_at) == (RevokeReason.MERGED, "并入", other, START + DAY)
    assert house.read(lambda s: latest_revision(s, made.id).submission_hash) != before
    not_merged = {"reason": RevokeReason.SERVICE_RETIRED, "replacement_id": other}
    assert refused(lambda: rewrite(**not_merged)) == ("RULE_VIOLATED", "REPLACEMENT_NOT_ALLOWED")
    assert refused(lambda: rewrite(reason_text="长" * 1_001)) == ("RULE_VIOLATED", "BAD_CONTENT")
    assert refused(lambda: edit(house, staff, made.id)) == ("RULE_VIOLATED", "NO_CONTENT")
    publish = house.draft(staff.wang).id
    wrong = lambda: house.write(  # noqa: E731
        lambda u: drafts.edit_revoke(u, staff.wang, publish, lock_version=1, reason=RevokeReason.MERGED, **PLAIN)
    )
    assert refused(wrong) == ("RULE_VIOLATED", "NOT_A_REVOKE")


@pytest.mark.parametrize("replacement", [None, "nowhere", "itself"])
def test_merging_names_another_item_that_exists(house: House, staff: Staff, replacement: str | None) -> None:
    knowledge = house.in_force(staff.wang, staff.zhao)
    named = knowledge if replacement == "itself" else replacement
    made = house.draft_revoke(staff.wang, knowledge, RevokeReason.MERGED, replacement_id=named)
    assert refused(lambda: house.submit(staff.wang, made.id)) == ("RULE_VIOLATED", "INCOMPLETE")


@pytest.mark.parametrize(
    ("content", "gap"),
    [
        (Content(title="题"), "缺正文"),
        (Content(body="文"), "缺标题"),
        (Content(title="题", body="文", effective_to=START), "失效时间已过"),
    ],
)
def test_an_incomplete_text_stays_with_its_author(house: House, staff: Staff, content: Content, gap: str) -> None:
    made = house.draft(staff.wang, content)
    with pytest.raises(Refused) as answer:
        house.submit(staff.wang, made.id)
    assert (answer.value.refusals[0].rule, gap in answer.value.refusals[0].message) == ("INCOMPLETE", True)


def test_a_retired_category_must_be_left_before_review(house: House, staff: Staff) -> None:
    house.add_hq_node("HQ-OLD")
    made = house.draft(staff.wang)
    edit(house, staff, made.id, TEXT, Draft("HQ-OLD"))
    house.drop_hq_node("HQ-OLD")
    assert refused(lambda: house.submit(staff.wang, made.id)) == ("RULE_VIOLATED", "INCOMPLETE")


def test_rebasing_puts_an_update_on_what_is_in_force_now(house: House, staff: Staff) -> None:
    knowledge = house.in_force(staff.wang, staff.zhao)
    update, revoke = house.draft_update(staff.wang, knowledge, replace(TEXT, body="我的")), house.draft_revoke(staff.wang, knowledge)
    theirs = Content(title="流量包", body="总部的")
    house.hq(
        "hqPushVersion", knowledgeId=knowledge, number=2, categoryId=HQ_NODE, content=theirs.document(), contentHash=theirs.hash, base=1
    )
    assert refused(lambda: house.submit(staff.wang, update.id)) == ("RULE_VIOLATED", "BASE_MOVED")

    def rebase(sid: str, content: Content | None) -> Any:
        lock = house.get(sid).lock_version
        return house.write(lambda u: drafts.rebase(u, staff.wang, sid, lock_version=lock, content=content))

    assert rebase(update.id, None).base_number == 2
    assert text_of(house, update.id) == replace(TEXT, body="我的")
    assert rebase(update.id, theirs).base_number == 2
    assert text_of(house, update.id) == theirs
    assert refused(lambda: rebase(revoke.id, TEXT)) == ("RULE_VIOLATED", "NO_CONTENT")
    assert rebase(revoke.id, None).base_number == 2
    assert refused(lambda: rebase(house.draft(staff.wang).id, None)) == ("RULE_VIOLATED", "NO_BASE")


def test_region_codes_are_known_ones() -> None:
    assert require_regions(["GD", "BJ", "GD"], "regions") == ["BJ", "GD"]
    assert refused(lambda: require_regions(["XX"], "regions")) == ("RULE_VIOLATED", "BAD_REGION")
