"""Each sentence of "In force" (product.md §3.1) as an example on the model."""

from __future__ import annotations

from datetime import timedelta

from .driver import ReferenceDriver
from .messages import Approve, PushRevocation, PushVersion
from .reference import Reference
from .situations import DAY, START, Stage
from .things import Content, Kind, S, Scope, State
from .timeline import Interval, in_force, last_in_force, live_intervals, status

HOUR = timedelta(hours=1)


def stage(scope: Scope = Scope.NATIONAL) -> tuple[Stage, Reference]:
    """k1 with version 1 in force since START, UPDATE s1 drafted by author."""
    model = Reference(START)
    return Stage(ReferenceDriver(model), scope), model


def state(model: Reference, label: str = "s1") -> State:
    return model.submissions[label].state


def number_at(model: Reference, days: float) -> int | None:
    version = in_force(model.knowledge["k1"], START + days * DAY)
    return version.number if version else None


def push(stand: Stage, number: int, base: int | None, begins: float | None = None) -> str:
    return stand.deliver(PushVersion("k1", number, Content(f"总部{number}", START + begins * DAY if begins else None), base=base))


def test_live_from_is_never_backdated() -> None:
    stand, model = stage()
    stand.advance(DAY)
    assert push(stand, 2, 1, begins=0.5) == "APPLIED"
    assert model.knowledge["k1"].versions[1].live_from == START + DAY
    assert live_intervals(model.knowledge["k1"]) == [Interval(1, START, START + DAY), Interval(2, START + DAY, None)]


def test_headquarters_may_move_the_date() -> None:
    stand, model = stage()
    for step in ("submitForReview", "approve", "submitToHq"):
        stand.do(step, "author" if step == "submitForReview" else "desk")
    stand.hq(Approve("s1", 1, effective_from=START + 2 * DAY))
    assert state(model) is S.SCHEDULED
    assert (number_at(model, 1.9), number_at(model, 2)) == (1, 2)
    stand.advance(2 * DAY)
    assert state(model) is S.EFFECTIVE


def test_a_correction_of_today_gives_way_to_what_was_scheduled_earlier() -> None:
    stand, model = stage(Scope.LOCAL)
    stand.lead_to("SCHEDULED")
    stand.flow("s2", Kind.UPDATE, Content("今天的更正"))
    assert [number_at(model, day) for day in (0, 29, 30)] == [3, 3, 2]


def test_a_version_never_takes_over_from_one_built_on_it() -> None:
    stand, model = stage()
    assert push(stand, 2, 1, begins=10) == "APPLIED"
    assert push(stand, 3, 2) == "APPLIED"
    assert [number_at(model, day) for day in (0, 11)] == [3, 3]
    assert push(stand, 4, 3) == "APPLIED"
    assert number_at(model, 11) == 4


def test_a_withdrawn_schedule_is_not_accepted() -> None:
    stand, model = stage(Scope.LOCAL)
    stand.lead_to("WITHDRAWN")
    assert [number_at(model, day) for day in (0, 31)] == [1, 1]
    stand.flow("s2", Kind.UPDATE, Content("下一版"))
    assert number_at(model, 0) == 3, "the withdrawn version keeps its number"


def test_a_push_below_the_current_number_is_history_only() -> None:
    stand, model = stage()
    assert push(stand, 5, 1) == "APPLIED"
    assert push(stand, 3, 1) == "APPLIED"
    assert number_at(model, 1) == 5
    assert model.knowledge["k1"].held(3) is not None


def test_expiry_leaves_nothing_in_force_and_the_base_where_it_was() -> None:
    stand, model = stage()
    assert stand.deliver(PushVersion("k1", 2, Content("短期", None, START + DAY), base=1)) == "APPLIED"
    stand.advance(DAY)
    item = model.knowledge["k1"]
    assert (number_at(model, 0.9), number_at(model, 1), status(item, model.now)) == (2, None, "EXPIRED")
    last = last_in_force(item, model.now)
    assert last is not None
    assert last.number == 2


def test_a_revocation_ends_what_it_names_and_pushes_up_to_it_are_history() -> None:
    stand, model = stage()
    assert stand.deliver(PushRevocation("k1", 2)) == "APPLIED"
    assert (number_at(model, 1), status(model.knowledge["k1"], START)) == (None, "REVOKED")
    assert push(stand, 2, 1) == "APPLIED"
    assert number_at(model, 1) is None
    assert push(stand, 3, 1) == "APPLIED"
    assert (number_at(model, 1), status(model.knowledge["k1"], START)) == (3, "PUBLISHED")


def test_a_revocation_below_the_highest_accepted_number_is_history() -> None:
    stand, model = stage()
    push(stand, 2, 1)
    push(stand, 4, 2)
    assert stand.deliver(PushRevocation("k1", 3)) == "APPLIED"
    assert number_at(model, 1) == 4
    assert push(stand, 3, 2) == "APPLIED"
    assert number_at(model, 1) == 4


def test_a_revocation_that_arrives_first_leaves_a_tombstone() -> None:
    stand, model = stage()
    assert stand.deliver(PushRevocation("k9", 1)) == "APPLIED"
    assert stand.deliver(PushVersion("k9", 1, Content("迟到"))) == "APPLIED"
    assert in_force(model.knowledge["k9"], START + DAY) is None
    assert status(model.knowledge["k9"], START) == "REVOKED"


def test_a_scheduled_revocation_ends_the_interval_on_its_day() -> None:
    stand, model = stage()
    assert stand.deliver(PushRevocation("k1", 1, effective_from=START + 3 * DAY)) == "APPLIED"
    assert live_intervals(model.knowledge["k1"]) == [Interval(1, START, START + 3 * DAY)]
    assert state(model) is S.DRAFT
    stand.advance(3 * DAY)
    assert state(model) is S.SUPERSEDED


def test_a_revoke_ends_the_item_although_an_update_is_scheduled() -> None:
    stand, model = stage()
    stand.lead_to("SCHEDULED")
    stand.flow("s2", Kind.REVOKE, None)
    assert (state(model, "s2"), state(model)) == (S.EFFECTIVE, S.SUPERSEDED)
    assert [number_at(model, day) for day in (0, 31)] == [None, None]
    assert [m.reason for m in model.outbox if m.subject == "s1"] == [None, "SUPERSEDED"]


def test_unrevoke_is_a_new_version_on_the_last_base() -> None:
    stand, model = stage()
    stand.flow("s2", Kind.REVOKE, None)
    stand.flow("s3", Kind.UPDATE, Content("恢复"))
    assert (number_at(model, 0), model.submissions["s3"].base) == (2, 1)


def test_suspension_ends_at_resume_after_72_hours_or_with_a_new_version() -> None:
    stand, model = stage()
    item = model.knowledge["k1"]
    assert model.suspend("desk", "k1") == "APPLIED"
    assert (status(item, model.now), model.suspend("desk", "k1"), model.suspend("author", "k1")) == (
        "SUSPENDED",
        "ILLEGAL_TRANSITION",
        "PERMISSION_DENIED",
    )
    assert model.resume("reviewer", "k1") == "APPLIED"
    assert model.suspend("desk", "k1") == "APPLIED"
    stand.advance(72 * HOUR)
    assert status(item, model.now) == "PUBLISHED"
    assert model.suspend("desk", "k1") == "APPLIED"
    push(stand, 2, 1)
    assert status(item, model.now) == "PUBLISHED"
    assert [m.reason for m in model.outbox if m.kind == "suspension.notice"] == ["true", "false"] * 3


def test_archive_is_final_and_only_from_revoked_or_expired() -> None:
    stand, model = stage(Scope.LOCAL)
    assert model.archive("desk", "k1") == "ILLEGAL_TRANSITION"
    stand.flow("s2", Kind.REVOKE, None)
    assert model.archive("desk", "k1") == "APPLIED"
    assert status(model.knowledge["k1"], model.now) == "ARCHIVED"
    assert stand.draft("author", "s3", Kind.UPDATE, Content("再来")) == "RULE_VIOLATED"
