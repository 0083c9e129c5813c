"""The outbox relay against a real HTTP server: order per document, back-off, outages, dead letters."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select
from standardwebhooks import Webhook

from kbsearch.errors import Refused
from kbsearch.hq.delivery import HqDoor, open_client
from kbsearch.ids import random_id
from kbsearch.services.outbox import relay, replay
from kbsearch.services.people import CONSOLE
from kbsearch.store.engine import open_engine
from kbsearch.store.migrate import migrate
from kbsearch.store.tables import Alarm, Destination, OutboxMessage, OutboxStatus
from kbsearch.store.unit import Store
from tests.hq.flaky_hq import OK, FlakyHq, flaky_hq

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass
class Now:
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.at

    def pass_(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def store(tmp_path: Path, now: Now) -> Iterator[Store]:
    engine = open_engine(f"sqlite:///{tmp_path / 'kb.db'}")
    migrate(engine)
    yield Store(engine, now, random_id)
    engine.dispose()


@pytest.fixture
def hq() -> Iterator[FlakyHq]:
    with flaky_hq() as running:
        yield running


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as executor:
        yield executor


@pytest.fixture
def door(hq: FlakyHq, now: Now) -> Iterator[HqDoor]:
    with open_client(2.0) as client:
        yield HqDoor(hq.url, SECRET, client, now)


def put(store: Store, document: str, kind: str = "suspension.notice") -> str:
    with store.write() as unit:
        return unit.send("hq", document, kind, {"knowledgeId": document, "suspended": True, "reasonText": "", "until": None})


def row(store: Store, message_id: str) -> OutboxMessage:
    with store.read() as session:
        message = session.get(OutboxMessage, message_id)
        assert message is not None
        return message


def test_messages_leave_signed_in_order_and_once(store: Store, hq: FlakyHq, door: HqDoor, pool: ThreadPoolExecutor) -> None:
    for _ in range(5):
        for document in ("A", "B", "C"):
            put(store, document)
    assert relay(store, door.attempt, pool) == 15
    assert len(hq.taken) == 15
    for document in ("A", "B", "C"):
        assert hq.order_of(document) == sorted(hq.order_of(document))
    assert relay(store, door.attempt, pool) == 0


def test_the_signature_is_the_public_packages(store: Store, hq: FlakyHq, door: HqDoor, pool: ThreadPoolExecutor) -> None:
    bodies: list[bytes] = []
    receive = hq.receive
    hq.receive = lambda headers, body: (bodies.append(body), receive(headers, body))[1]  # type: ignore[method-assign]
    put(store, "A")
    relay(store, door.attempt, pool)
    verified = Webhook(SECRET).verify(bodies[0], hq.headers[0])
    assert verified["kind"] == "suspension.notice"
    assert hq.headers[0]["webhook-id"] == verified["id"]


@pytest.mark.parametrize("status", [400, 404, 409, 410, 413, 422])
def test_a_permanent_refusal_holds_back_only_its_document(
    store: Store, hq: FlakyHq, door: HqDoor, pool: ThreadPoolExecutor, status: int
) -> None:
    refused = put(store, "A")
    behind = put(store, "A")
    other = put(store, "B")
    hq.behave = lambda message, _attempt: (status, {}, "编号不对".encode()) if message["id"] == refused else OK
    relay(store, door.attempt, pool)
    assert row(store, refused).status is OutboxStatus.DEAD
    assert "编号不对" in row(store, refused).last_error
    assert row(store, behind).status is OutboxStatus.PENDING
    assert row(store, other).status is OutboxStatus.DELIVERED
    with store.read() as session:
        assert [a.subject_id for a in session.exec(select(Alarm))] == [refused]
    hq.behave = lambda _message, _attempt: OK
    with store.write() as unit:
        replay(unit, CONSOLE, refused)
    relay(store, door.attempt, pool)
    assert [m["id"] for m in hq.taken if m["documentId"] == "A"] == [refused, behind]
    with store.read() as session:
        assert session.exec(select(Alarm)).one().closed_at is not None


@pytest.mark.parametrize("status", [401, 403, 408, 429, 500, 502, 503, 302])
def test_what_may_pass_is_tried_again_with_back_off(
    store: Store, hq: FlakyHq, door: HqDoor, pool: ThreadPoolExecutor, *, now: Now, status: int
) -> None:
    message_id = put(store, "A")
    hq.behave = lambda _message, attempt: (status, {}, b"later") if attempt == 1 else OK
    assert relay(store, door.attempt, pool) == 0
    waiting = row(store, message_id)
    assert waiting.status is OutboxStatus.PENDING
    assert waiting.due_at > now.at
    assert relay(store, door.attempt, pool) == 0
    now.pass_(11)
    assert relay(store, door.attempt, pool) == 1
    assert hq.attempts[message_id] == 2


def test_retry_after_is_honoured_within_bounds(store: Store, hq: FlakyHq, door: HqDoor, pool: ThreadPoolExecutor, now: Now) -> None:
    message_id = put(store, "A")
    hq.behave = lambda _message, _attempt: (429, {"retry-after": "120"}, b"")
    relay(store, door.attempt, pool)
    assert row(store, message_id).due_at == now.at + timedelta(seconds=120)
    hq.behave = lambda _message, _attempt: (429, {"retry-after": "nonsense"}, b"")
    now.pass_(121)
    relay(store, door.attempt, pool)
    assert timedelta() < row(store, message_id).due_at - now.at <= timedelta(seconds=60)


def test_in_an_outage_one_probe_goes_out_and_success_makes_all_due(
    store: Store, hq: FlakyHq, door: HqDoor, pool: ThreadPoolExecutor, now: Now
) -> None:
    for number in range(30):
        put(store, f"D{number}")
    hq.behave = lambda _message, _attempt: (503, {}, b"down")
    relay(store, door.attempt, pool)
    tried = sum(hq.attempts.values())
    for _ in range(5):
        now.pass_(10)
        relay(store, door.attempt, pool)
    assert sum(hq.attempts.values()) == tried + 5
    with store.read() as session:
        state = session.get(Destination, "hq")
        assert state is not None
        assert state.failing_since is not None
    hq.behave = lambda _message, _attempt: OK
    now.pass_(10)
    assert relay(store, door.attempt, pool) == 30
    with store.read() as session:
        healed = session.get(Destination, "hq")
        assert healed is not None
        assert healed.failing_since is None


def test_a_bug_in_sending_one_message_sets_it_aside_and_spares_the_others(
    store: Store, pool: ThreadPoolExecutor, now: Now, door: HqDoor
) -> None:
    poison, fine = put(store, "A"), put(store, "B")

    def send(message: OutboxMessage):  # type: ignore[no-untyped-def] # noqa: ANN202
        if message.id == poison:
            raise KeyError("bug")
        return door.attempt(message)

    for _ in range(6):
        relay(store, send, pool)
        now.pass_(61)
    assert row(store, poison).status is OutboxStatus.DEAD
    assert row(store, poison).attempts == 5
    assert row(store, fine).status is OutboxStatus.DELIVERED


def test_a_relay_that_died_loses_nothing(store: Store, hq: FlakyHq, door: HqDoor, pool: ThreadPoolExecutor, now: Now) -> None:
    message_id = put(store, "A")

    class Killed(BaseException):
        """Stands for kill -9 between claiming and settling."""

    def die(_message: OutboxMessage) -> None:
        raise Killed

    with pytest.raises(Killed):
        relay(store, die, pool)  # type: ignore[arg-type]
    assert relay(store, door.attempt, pool) == 0  # still leased
    now.pass_(16)
    assert relay(store, door.attempt, pool) == 1
    assert row(store, message_id).status is OutboxStatus.DELIVERED
    assert hq.attempts[message_id] == 1


def test_only_operators_replay_and_only_dead_letters(store: Store) -> None:
    message_id = put(store, "A")
    with pytest.raises(Refused) as refused, store.write() as unit:
        replay(unit, CONSOLE, message_id)
    assert refused.value.refusals[0].rule == "NOT_DEAD"


def test_order_and_completeness_under_seeded_faults(store: Store, hq: FlakyHq, door: HqDoor, pool: ThreadPoolExecutor, now: Now) -> None:
    """400 messages of 40 documents through drops after receipt, 5xx and 429: each taken once, in order per document."""
    chance = random.Random(11)  # noqa: S311 - faults, not secrets
    ids = [put(store, f"D{number % 40}") for number in range(400)]

    def behave(_message: dict[str, object], _attempt: int) -> tuple[int, dict[str, str], bytes] | None:
        roll = chance.random()
        if roll < 0.15:
            return None
        if roll < 0.25:
            return (500, {}, b"")
        return (429, {"retry-after": "1"}, b"") if roll < 0.3 else OK

    hq.behave = behave
    for _ in range(400):
        relay(store, door.attempt, pool)
        now.pass_(10)
        if len(hq.taken) == 400 and all(row(store, i).status is OutboxStatus.DELIVERED for i in ids):
            break
    assert {m["id"] for m in hq.taken} == set(ids)
    for number in range(40):
        order = hq.order_of(f"D{number}")
        assert order == sorted(order)
        assert len(order) == 10
