"""Subscriptions end to end over WebSocket: who is told what, when it stops, and that nothing is lost or told twice."""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import strawberry
from sqlmodel import col, select

from kbsearch.schema.build import core_schema
from kbsearch.schema.ids import decode_id
from kbsearch.services import events, people
from kbsearch.services.people import CONSOLE
from kbsearch.store.tables import ApiToken, DocumentType, Person, Submission, TransitionLog
from kbsearch.store.unit import SYSTEM
from kbsearch.workflow.actions import Role
from tests.http.stream_door import wait_for

from .live import Live, live
from .world import CAST, World

WHO_MAY = {
    "reviewQueue": {"reviewer", "reviewer2", "both"},
    "myWork": {"author", "author2", "both"},
    "announcements": set(CAST),
    "notices": set(CAST),
}


@pytest.fixture
def served(world: World, schema: strawberry.Schema) -> Iterator[Live]:
    with live(world, schema) as opened:
        yield opened


def test_reviewers_hear_what_enters_and_leaves_their_queue(world: World, served: Live) -> None:
    drafted = world.draft(title="流量日包")
    with served.listening("reviewer", "reviewQueue") as queue:
        waiting = world.do("author", "submitForReview", drafted)
        told = queue.event()
        assert (told["kind"], told["action"], told["actionText"], told["actorName"]) == (
            "ENTERED",
            "SUBMIT_FOR_REVIEW",
            "提交审核",
            "姓author",
        )
        assert told["documentId"] == waiting["id"]
        assert told["submission"] == {"id": waiting["id"], "state": "PENDING_REVIEW", "title": "流量日包"}
        claimed = world.do("reviewer", "claimSubmission", waiting)
        assert queue.event()["kind"] == "CHANGED"
        world.approve(claimed, andSubmit=True)
        assert [queue.event()["kind"] for _ in range(2)] == ["CHANGED", "LEFT"]
        world.draft(title="别的草稿")
        queue.silence()


def test_authors_hear_of_their_own_work_only(world: World, served: Live) -> None:
    with served.listening("author", "myWork") as mine, served.listening("author2", "myWork") as theirs:
        drafted = world.draft("author", title="机密草稿")
        told = mine.event()
        assert (told["kind"], told["action"], told["submission"]["title"]) == ("ENTERED", "CREATE", "机密草稿")
        waiting = world.do("author", "submitForReview", drafted)
        assert mine.event()["action"] == "SUBMIT_FOR_REVIEW"
        world.do("reviewer", "reassignSubmission", waiting, authorId=person_id(world, "author2"))
        told = theirs.event()
        assert (told["kind"], told["action"], told["documentId"]) == ("CHANGED", "REASSIGN", drafted["id"])
        mine.silence()  # it is no longer theirs to see
        theirs.silence()


def person_id(world: World, login: str) -> str:
    found = world.ask("reviewer", "{ colleagues(role: AUTHOR) { id login } }")["colleagues"]
    return next(str(each["id"]) for each in found if each["login"] == login)


@pytest.mark.parametrize("field", WHO_MAY)
def test_every_caller_against_every_subscription(served: Live, schema: strawberry.Schema, field: str) -> None:
    core = core_schema(schema)
    assert core.subscription_type is not None
    assert set(core.subscription_type.fields) == set(WHO_MAY)
    for who in CAST:
        with served.talk(who) as talk:
            talk.subscribe(query=f"subscription {{ {field} {{ cursor }} }}")
            if who in WHO_MAY[field]:
                wait_for(lambda: served.streams.subscriptions == 1)
            else:
                assert talk.error_code() == "PERMISSION_DENIED", who
        wait_for(lambda: not served.streams.subscriptions)


def test_plain_requests_are_told_where_subscriptions_are_served(world: World) -> None:
    answer = world.run("author", "subscription { myWork { cursor } }")
    assert answer["errors"][0]["extensions"]["code"] == "SUBSCRIPTION_NOT_ALLOWED"


def test_a_revoked_token_is_cut_at_once(world: World, served: Live) -> None:
    with served.listening("reviewer", "reviewQueue") as queue, served.listening("reviewer2", "reviewQueue") as other:
        with world.store.write() as unit:
            token = unit.session.exec(select(ApiToken).where(ApiToken.person_id == world.people["reviewer"])).one()
            people.revoke_token(unit, CONSOLE, token.id)
        assert queue.error() == "UNAUTHENTICATED"
        world.do("author", "submitForReview", world.draft())
        assert other.event()["kind"] == "ENTERED"


def change(world: World, login: str, **changes: Any) -> None:
    with world.store.write() as unit:
        person = unit.session.exec(select(Person).where(Person.login == login)).one()
        given = {"name": None, "roles": None, "active": None, **changes}
        people.update_person(unit, CONSOLE, person.id, lock_version=person.lock_version, **given)


@pytest.mark.parametrize(("changes", "code"), [({"roles": {Role.AGENT}}, "PERMISSION_DENIED"), ({"active": False}, "UNAUTHENTICATED")])
def test_a_lost_role_or_a_left_job_is_cut_at_once(world: World, served: Live, changes: dict[str, Any], code: str) -> None:
    with served.listening("reviewer", "reviewQueue") as queue:
        change(world, "reviewer", **changes)
        assert queue.error() == code
        world.do("author", "submitForReview", world.draft(title="机密"))
        queue.silence()


def test_an_expired_token_hears_nothing_more(world: World, served: Live) -> None:
    waiting = world.draft()
    with served.listening("reviewer", "reviewQueue") as queue:
        world.now += timedelta(days=301)
        with world.store.write() as unit:
            unit.log(SYSTEM, DocumentType.SUBMISSION, raw(waiting["id"]), "TRY", from_state="DRAFT", to_state="PENDING_REVIEW")
        assert queue.error() == "UNAUTHENTICATED"


def raw(opaque: str) -> str:
    decoded = decode_id(opaque)
    assert decoded is not None
    return decoded.raw


def test_an_expired_token_is_noticed_while_nothing_happens(world: World, schema: strawberry.Schema) -> None:
    with live(world, schema, recheck_seconds=0.1) as served, served.listening("author", "myWork") as mine:
        world.now += timedelta(days=301)
        assert mine.error() == "UNAUTHENTICATED"


def test_a_list_and_a_subscription_join_without_a_gap(world: World, served: Live) -> None:
    seen = world.ask("reviewer", "{ eventCursor reviewQueue { edges { node { id } } } }")
    assert seen["reviewQueue"]["edges"] == []
    waiting = world.do("author", "submitForReview", world.draft())
    with served.listening("reviewer", "reviewQueue", after=seen["eventCursor"]) as queue:
        first = queue.event()
        assert first["documentId"] == waiting["id"]
        queue.silence()
    world.approve(waiting)
    with served.listening("reviewer", "reviewQueue", after=first["cursor"]) as queue:
        assert queue.event()["kind"] == "CHANGED"
        queue.silence()


@pytest.mark.parametrize("cursor", ["", "junk", "x" * 3_000, "AAAA"])
def test_junk_for_a_cursor_is_refused(served: Live, cursor: str) -> None:
    with served.talk("author") as talk:
        talk.subscribe(query="subscription($a: String) { myWork(after: $a) { cursor } }", variables={"a": cursor})
        message = talk.hear()
        assert message["type"] == "error"
        assert message["payload"][0]["extensions"]["refusals"][0]["rule"] == "BAD_CURSOR"


def test_a_cursor_of_another_list_or_from_the_future_is_refused(world: World, served: Live) -> None:
    world.draft()
    page = world.ask("author", "{ myWork { edges { cursor } } }")["myWork"]["edges"][0]["cursor"]
    ahead = events.event_cursor(world.system.cursor_secret, (10**6, 0))
    for cursor, code in ((page, "RULE_VIOLATED"), (ahead, "CURSOR_AHEAD")):
        with served.talk("author") as talk:
            talk.subscribe(query="subscription($a: String) { myWork(after: $a) { cursor } }", variables={"a": cursor})
            assert talk.error_code() == code


class Writers:
    """Several threads that write log rows about one submission, with a few others between."""

    def __init__(self, world: World, submission_id: str, seed: int) -> None:
        self.world, self.submission_id = world, submission_id
        self.failed: list[BaseException] = []
        self.threads = [threading.Thread(target=self._write, args=(random.Random(seed * 100 + n),)) for n in range(4)]  # noqa: S311 - a test's dice

    def _write(self, dice: random.Random) -> None:
        try:
            for _ in range(40):
                with self.world.store.write() as unit:
                    for _ in range(dice.randint(1, 4)):
                        mine = dice.random() < 0.7
                        document = self.submission_id if mine else "SOMETHING"
                        unit.log(SYSTEM, DocumentType.SUBMISSION, document, "TRY", from_state="DRAFT", to_state="DRAFT")
                    if dice.random() < 0.1:
                        unit.session.rollback()
                        unit._log.clear()
        except BaseException as error:
            self.failed.append(error)
            raise


@pytest.mark.parametrize("seed", [1, 2])
def test_random_disconnects_under_concurrent_writers_lose_and_repeat_nothing(world: World, schema: strawberry.Schema, seed: int) -> None:
    drafted = world.draft()
    cursor = world.ask("author", "{ eventCursor }")["eventCursor"]
    start = events.event_position(world.system.cursor_secret, cursor)
    assert start is not None
    writers = Writers(world, raw(drafted["id"]), seed)
    dice = random.Random(seed)  # noqa: S311 - a test's dice
    told: list[tuple[int, int]] = []
    # Two serving processes' worth of memory over one store: each connection takes one of them.
    with live(world, schema, waiting=3) as one, live(world, schema) as another:
        for thread in writers.threads:
            thread.start()
        done = False
        while not done:
            with dice.choice((one, another)).listening("author", "myWork", after=cursor, selection="cursor") as mine:
                with contextlib.suppress(TimeoutError):
                    for _ in range(dice.randint(1, 40)):
                        cursor = mine.event(1.0)["cursor"]
                        place = events.event_position(world.system.cursor_secret, cursor)
                        assert place is not None
                        told.append(place)
                if dice.random() < 0.5:
                    mine.talk.connection.socket.close()  # without a word
            done = not any(thread.is_alive() for thread in writers.threads) and told[-1:] == committed(world, drafted, start)[-1:]
    assert writers.failed == []
    assert told == committed(world, drafted, start)
    assert len(told) > 100


def committed(world: World, drafted: dict[str, Any], start: tuple[int, int]) -> list[tuple[int, int]]:
    with world.store.read() as session:
        rows = session.exec(select(TransitionLog).where(TransitionLog.document_id == raw(drafted["id"])).order_by(
            col(TransitionLog.sequence), col(TransitionLog.ordinal)))  # fmt: skip
        return [(row.sequence, row.ordinal) for row in rows if (row.sequence, row.ordinal) > start]


def test_a_backlog_longer_than_a_portion_is_told_whole(world: World, served: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "PORTION_ROWS", 50)
    drafted = world.draft()
    cursor = world.ask("author", "{ eventCursor }")["eventCursor"]
    with world.store.write() as unit:
        for number in range(333):
            unit.log(SYSTEM, DocumentType.SUBMISSION, raw(drafted["id"]), "TRY", from_state="DRAFT", lock_version=number)
    with served.listening("author", "myWork", after=cursor, selection="cursor") as mine:
        told = [mine.event()["cursor"] for _ in range(333)]
        assert len(set(told)) == 333
        world.do("author", "submitForReview", drafted)
        mine.event()
        mine.silence()


def test_canaries_of_others_never_show_in_events(world: World, served: Live) -> None:
    with contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(served.listening(who, "myWork")) for who in ("author2", "both")]
        drafted = world.draft("author", title="金丝雀甲", body="金丝雀乙")
        world.do("author", "voidSubmission", drafted)
        for listener in listeners:
            listener.silence()
    with world.store.read() as session:
        assert session.exec(select(Submission)).one().author_id == world.people["author"]
