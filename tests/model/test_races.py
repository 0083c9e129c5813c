"""Each race of product.md §3.3, and the rules of §3.2, as examples on the model; then any order and duplication of HQ messages."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .messages import Acknowledge, Approve, Message, PushRevocation, PushVersion, Reject, Return, WithdrawResult
from .reference import Reference
from .situations import DAY, Stage
from .test_in_force import stage, state
from .things import Content, Kind, S
from .timeline import in_force, status


def at(situation: str) -> tuple[Stage, Reference]:
    stand, model = stage()
    stand.lead_to(situation)
    return stand, model


def text(model: Reference) -> str | None:
    version = in_force(model.knowledge["k1"], model.now)
    return version.content.text if version else None


def test_same_id_same_payload_is_answered_as_the_first_time() -> None:
    stand, model = at("SUBMITTED")
    assert [model.deliver("w", Approve("s1", 1)) for _ in range(3)] == ["APPLIED"] * 3
    assert model.submissions["s1"].lock == stand.driver.lock_version("s1")
    assert len(model.knowledge["k1"].versions) == 2


def test_same_content_under_a_new_id_is_a_duplicate() -> None:
    stand, _ = at("SUBMITTED")
    assert [stand.deliver(Approve("s1", 1)) for _ in range(2)] == ["APPLIED", "DUPLICATE"]
    push = PushVersion("k7", 1, Content("总部自建"))
    assert [stand.deliver(push) for _ in range(2)] == ["APPLIED", "DUPLICATE"]


def test_same_id_other_payload_is_quarantined() -> None:
    _, model = at("SUBMITTED")
    assert model.deliver("w", Acknowledge("s1", 1)) == "APPLIED"
    assert model.deliver("w", Reject("s1", 1)) == "QUARANTINED"
    assert state(model) is S.PENDING_HQ


@pytest.mark.parametrize(
    ("message", "receipt"),
    [
        (Return("s1", 1), "DUPLICATE"),
        (Acknowledge("s1", 1, "HQ-9"), "OUT_OF_DATE"),
        (WithdrawResult("s1", 1, granted=True), "OUT_OF_DATE"),
        (Reject("s1", 1), "QUARANTINED"),
        (Approve("s1", 1), "QUARANTINED"),
        (Approve("s1", 3), "REJECTED"),
        (Approve("nobody", 1), "REJECTED"),
    ],
)
def test_messages_about_an_older_decided_round(message: Message, receipt: str) -> None:
    stand, model = at("HQ_RETURNED")
    stand.do("edit", "author", content=Content("改过"))
    stand.do("submitForReview", "author")
    assert (stand.deliver(message), state(model), model.submissions["s1"].round) == (receipt, S.PENDING_REVIEW, 2)
    if isinstance(message, Acknowledge):
        assert model.submissions["s1"].references == {1: "HQ-9"}


def test_approval_before_the_acknowledgement_is_accepted() -> None:
    stand, model = at("SUBMITTED")
    assert [stand.deliver(Approve("s1", 1)), stand.deliver(Acknowledge("s1", 1))] == ["APPLIED", "OUT_OF_DATE"]
    assert (state(model), text(model)) == (S.EFFECTIVE, "第二版")


def test_amended_content_is_applied_as_headquarters_text() -> None:
    stand, model = at("SUBMITTED")
    assert stand.deliver(Approve("s1", 1, echoes=False, content=Content("总部改过"))) == "APPLIED"
    assert text(model) == "总部改过"


def test_wrong_echo_without_content_is_quarantined() -> None:
    stand, model = at("SUBMITTED")
    assert stand.deliver(Approve("s1", 1, echoes=False)) == "QUARANTINED"
    assert (state(model), text(model), bool(model.alarms)) == (S.SUBMITTED, "第一版", True)


@pytest.mark.parametrize(
    ("message", "receipt"),
    [
        (Approve("s1", 1, number=1), "QUARANTINED"),
        (Approve("s1", 1, number=0), "REJECTED"),
        (Approve("s1", 1, content=Content("甲"), content_hash_ok=False), "REJECTED"),
        (Return("s1", 1, codes=()), "REJECTED"),
        (PushVersion("k1", 1, Content("别的")), "QUARANTINED"),
        (PushVersion("k1", 2, Content("甲"), content_hash_ok=False), "REJECTED"),
        (PushRevocation("k1", 1, reason="MERGED"), "REJECTED"),
    ],
)
def test_contradictions_and_malformed_messages_change_nothing(message: Message, receipt: str) -> None:
    stand, model = at("SUBMITTED")
    lock = model.submissions["s1"].lock
    assert stand.deliver(message) == receipt
    assert (state(model), model.submissions["s1"].lock, text(model)) == (S.SUBMITTED, lock, "第一版")


def test_what_we_originated_coming_back_is_a_confirmation() -> None:
    stand, model = at("EFFECTIVE")
    model.add_category("HQ-NEW")
    echo = PushVersion("k1", 2, Content("第二版"), "HQ-NEW", base=1, distribution=frozenset({"GD"}))
    assert [stand.deliver(echo), stand.deliver(echo)] == ["APPLIED", "DUPLICATE"]
    item = model.knowledge["k1"]
    assert (len(item.versions), item.category, item.versions[1].distribution) == (2, "HQ-NEW", frozenset({"GD"}))


def test_headquarters_wins_over_a_pending_withdrawal() -> None:
    stand, model = at("WITHDRAW_PENDING<PENDING_HQ")
    assert [stand.deliver(Approve("s1", 1)), stand.deliver(WithdrawResult("s1", 1, granted=True))] == ["APPLIED", "QUARANTINED"]
    assert state(model) is S.EFFECTIVE


def test_a_schedule_whose_withdrawal_is_not_answered_takes_effect() -> None:
    stand, model = at("WITHDRAW_PENDING<SCHEDULED")
    stand.advance(30 * DAY)
    assert (state(model), text(model)) == (S.EFFECTIVE, "第二版")


def test_a_push_during_an_update_ends_the_round() -> None:
    stand, model = at("PENDING_HQ")
    assert stand.deliver(PushVersion("k1", 2, Content("总部二"), base=1)) == "APPLIED"
    assert state(model) is S.BASE_CONFLICT
    assert (model.outbox[-1].kind, model.outbox[-1].reason) == ("withdraw.request", "BASE_CONFLICT")
    assert stand.deliver(Approve("s1", 1)) == "QUARANTINED"
    assert text(model) == "总部二"
    stand.do("rebase", "author", content=Content("合并"))
    stand.do("submitForReview", "author")
    assert (model.submissions["s1"].round, model.submissions["s1"].base) == (2, 2)


def test_a_base_moved_before_headquarters_saw_anything_keeps_the_round() -> None:
    stand, model = at("PENDING_REVIEW")
    stand.deliver(PushVersion("k1", 2, Content("总部二"), base=1))
    assert [m.kind for m in model.outbox if m.subject == "s1"] == []
    stand.do("rebase", "author")
    stand.do("submitForReview", "author")
    assert model.submissions["s1"].round == 1


def test_a_draft_whose_base_moved_stays_and_cannot_be_submitted() -> None:
    stand, model = at("DRAFT")
    stand.deliver(PushVersion("k1", 2, Content("总部二"), base=1))
    assert (state(model), model.submit_for_review("author", "s1")) == (S.DRAFT, "RULE_VIOLATED")


def test_a_push_that_stems_from_our_round_is_its_approval() -> None:
    stand, model = at("PENDING_HQ")
    assert stand.deliver(PushVersion("k1", 2, Content("总部改过"), base=1, origin=("s1", 1))) == "APPLIED"
    assert (state(model), text(model)) == (S.EFFECTIVE, "总部改过")
    assert stand.deliver(Approve("s1", 1, content=Content("总部改过"), number=2)) == "DUPLICATE"


def test_unknown_category_or_base_is_deferred_until_it_comes() -> None:
    stand, model = stage()
    assert stand.deliver(PushVersion("k1", 3, Content("三"), base=2)) == "DEFERRED"
    assert stand.deliver(PushVersion("k1", 2, Content("二"), "HQ-NEW", base=1)) == "DEFERRED"
    assert text(model) == "第一版"
    model.add_category("HQ-NEW")
    assert text(model) == "三"


def test_a_reviewer_applies_a_quarantined_approval() -> None:
    stand, model = at("SUBMITTED")
    model.deliver("late", Approve("s1", 1, echoes=False))
    assert (model.apply_quarantined("operator", "late"), model.apply_quarantined("author", "late")) == ("PERMISSION_DENIED",) * 2
    assert model.apply_quarantined("desk", "late") == "APPLIED"
    assert (state(model), text(model)) == (S.SUPERSEDED, "第二版")
    assert model.discard_quarantined("desk", "late") == "ILLEGAL_TRANSITION"
    assert stand.driver.state("s1") == "SUPERSEDED"


def test_overdue_rounds_are_asked_about() -> None:
    stand, model = at("SUBMITTED")
    stand.advance(model.policy.result_due)
    stand.advance(model.policy.result_due / 2)
    assert [m.kind for m in model.outbox if m.subject == "s1"] == ["knowledge.update", "result.query"]


def test_two_reviewers_at_once() -> None:
    _, model = at("PENDING_REVIEW")
    lock = model.submissions["s1"].lock
    assert [model.approve("desk", "s1", lock), model.return_("reviewer", "s1", lock)] == ["APPLIED", "STALE_OBJECT"]


def test_approve_with_another_hash_is_stale() -> None:
    _, model = at("PENDING_REVIEW")
    assert model.approve("desk", "s1", sees_current=False) == "STALE_OBJECT"


def test_a_return_needs_a_code_and_a_text() -> None:
    _, model = at("PENDING_REVIEW")
    assert [model.return_("desk", "s1", None, (), "请改"), model.return_("desk", "s1", None, ("OTHER",), "")] == ["RULE_VIOLATED"] * 2


def test_rule_three_counts_open_ones_only() -> None:
    stand, model = at("PENDING_REVIEW")
    stand.draft("other_author", "s2", Kind.UPDATE, Content("另一"))
    stand.draft("other_author", "s3", Kind.REVOKE, None)
    assert [model.submit_for_review("other_author", s) for s in ("s2", "s3")] == ["RULE_VIOLATED", "APPLIED"]
    stand.do("recall", "author")
    assert model.submit_for_review("other_author", "s2") == "APPLIED"


def test_void_tells_headquarters_if_it_has_seen_it() -> None:
    for situation, told in (("VOIDED", []), ("VOIDED<HQ_RETURNED", ["VOIDED"])):
        _, model = at(situation)
        assert [m.reason for m in model.outbox if m.subject == "s1" and m.kind == "withdraw.request"] == told


def test_idle_work_is_warned_about_then_closed() -> None:
    stand, model = at("RETURNED")
    stand.advance(model.policy.warn_after * 3)
    assert state(model) is S.RETURNED
    stand.advance(model.policy.close_grace)
    assert state(model) is S.CLOSED_STALE


def test_withdrawing_a_dead_letter_is_local_and_cancels_its_row() -> None:
    stand, model = at("SUBMITTED")
    model.dead_letter("s1")
    stand.do("withdraw", "author")
    assert (state(model), [m for m in model.outbox if m.subject == "s1"]) == (S.WITHDRAWN, [])


DECISIONS: dict[str, tuple[Message, ...]] = {
    "EFFECTIVE": (Approve("s1", 1, number=2),),
    "HQ_RETURNED": (Return("s1", 1),),
    "HQ_REJECTED": (Reject("s1", 1),),
    "PENDING_HQ": (),
}
CHAIN: tuple[Message, ...] = (
    PushVersion("k8", 1, Content("一"), "HQ-NEW"),
    PushVersion("k8", 2, Content("二"), base=1),
    PushVersion("k8", 3, Content("三"), base=2),
)


@settings(deadline=None, max_examples=150)
@given(st.data(), st.sampled_from(sorted(DECISIONS)), st.booleans(), st.booleans())
def test_any_order_and_duplication_ends_in_the_same_state(data: st.DataObject, outcome: str, asked: bool, revoked: bool) -> None:
    stand, model = at("WITHDRAW_PENDING<SUBMITTED" if asked else "SUBMITTED")
    refused: tuple[Message, ...] = (WithdrawResult("s1", 1, granted=False),) if asked else ()
    revocation: tuple[Message, ...] = (PushRevocation("k8", 3),) if revoked else ()
    once = [Acknowledge("s1", 1), *DECISIONS[outcome], *refused, *CHAIN, *revocation]
    again = data.draw(st.lists(st.sampled_from(once), max_size=5))
    order = data.draw(st.permutations([*once, *again]))
    category_after = data.draw(st.integers(0, len(order)))
    for place, message in enumerate(order):
        if place == category_after:
            model.add_category("HQ-NEW")
        stand.deliver(message)
    model.add_category("HQ-NEW")
    assert state(model).value == outcome
    assert text(model) == ("第二版" if outcome == "EFFECTIVE" else "第一版")
    last = in_force(model.knowledge["k8"], model.now)
    assert (status(model.knowledge["k8"], model.now), last and last.number) == (("REVOKED", None) if revoked else ("PUBLISHED", 3))
