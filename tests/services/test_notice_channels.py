"""Notices by mail and by signed webhook, against real servers: delivered once, retried, given up, and never into the house."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select
from standardwebhooks import Webhook

from kbsearch.content import Content
from kbsearch.hq.delivery import open_client
from kbsearch.services import people
from kbsearch.services.notices import addresses
from kbsearch.services.notices.addresses import BadAddress, resolve, webhook_target
from kbsearch.services.notices.channels import Choice, Chosen, set_channel
from kbsearch.services.notices.doors import MailDoor, NoticeDoors, Smtp, WebhookDoor
from kbsearch.services.outbox import replay
from kbsearch.services.people import CONSOLE
from kbsearch.store.notice_channels import MAIL, WEBHOOK
from kbsearch.store.tables import Alarm, NoticeChannel, OutboxMessage, OutboxStatus
from kbsearch.store.unit import Store
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.notices import NoticeKind, NoticeWays
from tests.services.conftest import Staff
from tests.services.house import House, refused
from tests.services.post_office import Listener, PostOffice, listening, post_office

HOUR = timedelta(hours=1)


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as server:
        yield server


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with post_office() as opened:
        yield opened


@pytest.fixture
def open_house(house: House) -> House:
    """A house whose notices may leave, also to addresses within (where the tests' servers are)."""
    s = house.store
    ways = NoticeWays(mail=True, webhook=True, private_webhooks=True)
    house.store = Store(s.engine, s.clock, s.new_id, s.deadlines, s.index_destinations, notice_ways=ways)
    return house


@pytest.fixture
def doors(open_house: House, office: PostOffice) -> Iterator[NoticeDoors]:
    client = open_client(2.0)
    smtp = Smtp("127.0.0.1", office.port, "kb@example.com", starttls=False, timeout_seconds=2.0)
    opened = NoticeDoors(
        MailDoor(open_house.store, smtp), WebhookDoor(open_house.store, client, private=True), client, ThreadPoolExecutor(4)
    )
    yield opened
    opened.close()


def choose(house: House, actor: Actor, **choice: Any) -> Chosen:
    return house.write(lambda u: set_channel(u, actor, Choice(**choice)))


def something_happens(house: House, staff: Staff, title: str = "流量包") -> None:
    """A decision that is told to wang."""
    made = house.draft(staff.wang, Content(title=title, body="文"))
    house.submit(staff.wang, made.id)
    house.send_back(staff.zhao, made.id)


def waiting(house: House, destination: str) -> list[tuple[OutboxStatus, int]]:
    return [(m.status, m.attempts) for m in house.rows(select(OutboxMessage).where(OutboxMessage.destination == destination))]


def test_a_webhook_is_signed_and_says_what_the_notice_says(open_house: House, staff: Staff, listener: Listener, doors: NoticeDoors) -> None:
    chosen = choose(open_house, staff.wang, webhook_url=listener.url)
    assert chosen.new_secret is not None
    something_happens(open_house, staff)
    assert doors.relay(open_house.store) == 1
    headers, body = listener.taken[0]
    message = json.loads(body)
    assert message["type"] == "notice.deliver"
    assert message["data"]["title"] == "本地审核退回：知识发布《流量包》"
    assert (message["data"]["kind"], message["data"]["about"]) == ("RETURNED", "SUBMISSION")
    assert headers["host"] == f"127.0.0.1:{listener.server_port}"
    signed_at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), tz=open_house.now.tzinfo)
    assert signed_at == open_house.now
    # The public package makes the very signature that came.
    assert Webhook(chosen.new_secret).sign(headers["webhook-id"], open_house.now, body.decode()) == headers["webhook-signature"]
    assert doors.relay(open_house.store) == 0
    assert len(listener.taken) == 1


def test_mail_says_what_to_do_next(open_house: House, staff: Staff, office: PostOffice, doors: NoticeDoors) -> None:
    choose(open_house, staff.wang, mail="wang@example.com")
    something_happens(open_house, staff, "两\n行")
    assert doors.relay(open_house.store) == 1
    recipient, letter = office.letters[0]
    assert recipient == "wang@example.com"
    assert (letter["From"], letter["To"]) == ("kb@example.com", "wang@example.com")
    assert letter["Subject"].startswith("本地审核退回：知识发布《两")
    text = letter.get_content()
    assert "请改" in text
    assert "下一步：请按原因修改后重新提交审核，不再需要则作废。" in text


def test_only_the_kinds_chosen_leave_and_nobody_elses(open_house: House, staff: Staff, office: PostOffice, doors: NoticeDoors) -> None:
    choose(open_house, staff.wang, mail="wang@example.com", kinds=[NoticeKind.CONFLICT])
    choose(open_house, staff.li, mail="li@example.com")
    something_happens(open_house, staff)
    assert waiting(open_house, MAIL) == []
    choose(open_house, staff.wang, kinds=[])
    something_happens(open_house, staff)
    doors.relay(open_house.store)
    assert [recipient for recipient, _ in office.letters] == ["wang@example.com"]


def test_a_notice_and_its_letter_stand_or_fall_together(open_house: House, staff: Staff) -> None:
    choose(open_house, staff.wang, mail="wang@example.com")
    made = open_house.draft(staff.wang)
    open_house.submit(staff.wang, made.id)
    assert refused(lambda: open_house.approve(staff.wang, made.id))[0] == "PERMISSION_DENIED"
    assert waiting(open_house, MAIL) == []


def test_a_failing_webhook_is_tried_again_and_given_up_after_a_day(
    open_house: House, staff: Staff, listener: Listener, doors: NoticeDoors
) -> None:
    choose(open_house, staff.wang, webhook_url=listener.url)
    listener.status = 500
    something_happens(open_house, staff)
    assert doors.relay(open_house.store) == 0
    assert doors.relay(open_house.store) == 0  # not due yet
    assert len(listener.taken) == 1
    open_house.now += timedelta(seconds=2)
    doors.relay(open_house.store)
    assert waiting(open_house, WEBHOOK) == [(OutboxStatus.PENDING, 2)]
    assert {h["webhook-id"] for h, _ in listener.taken} == {listener.taken[0][0]["webhook-id"]}
    open_house.now += 24 * HOUR
    doors.relay(open_house.store)
    assert waiting(open_house, WEBHOOK) == [(OutboxStatus.DEAD, 3)]
    assert len(open_house.rows_of(Alarm)) == 1
    listener.status = 200
    dead = open_house.rows(select(OutboxMessage).where(OutboxMessage.status == OutboxStatus.DEAD))[0]
    open_house.write(lambda u: replay(u, CONSOLE, dead.id))
    assert doors.relay(open_house.store) == 1


def test_one_persons_broken_address_holds_up_nobody_else(open_house: House, staff: Staff, listener: Listener, doors: NoticeDoors) -> None:
    with Listener() as gone:
        nowhere = gone.url
    choose(open_house, staff.wang, webhook_url=nowhere)
    choose(open_house, staff.zhao, webhook_url=listener.url)
    made = open_house.draft(staff.wang)
    open_house.to_hq(staff.wang, staff.zhao, made.id)
    open_house.hq_approves(made.id)  # told to both
    assert doors.relay(open_house.store) == 1
    assert len(listener.taken) == 1


@pytest.mark.parametrize(("status", "location"), [(404, ""), (302, "http://127.0.0.1:1/elsewhere")])
def test_refusals_are_final_and_redirects_are_not_followed(  # noqa: PLR0917 - fixtures and cases
    open_house: House, staff: Staff, listener: Listener, doors: NoticeDoors, status: int, location: str
) -> None:
    choose(open_house, staff.wang, webhook_url=listener.url)
    listener.status, listener.location = status, location
    something_happens(open_house, staff)
    doors.relay(open_house.store)
    assert waiting(open_house, WEBHOOK) == [(OutboxStatus.DEAD if status == 404 else OutboxStatus.PENDING, 1)]


def test_a_refused_recipient_is_final_and_a_closed_post_office_is_an_outage(
    open_house: House, staff: Staff, office: PostOffice, doors: NoticeDoors
) -> None:
    choose(open_house, staff.wang, mail="wang@example.com")
    office.refuse = lambda _recipient: "450 later"
    something_happens(open_house, staff)
    doors.relay(open_house.store)
    assert waiting(open_house, MAIL) == [(OutboxStatus.PENDING, 1)]
    office.refuse = lambda _recipient: "550 nobody"
    open_house.now += HOUR
    doors.relay(open_house.store)
    assert waiting(open_house, MAIL) == [(OutboxStatus.DEAD, 2)]
    with post_office() as closed:
        port = closed.port
    door = MailDoor(open_house.store, Smtp("127.0.0.1", port, "kb@example.com", starttls=False))
    choose(open_house, staff.wang, mail="wang2@example.com")
    something_happens(open_house, staff)
    message = open_house.rows(select(OutboxMessage).where(OutboxMessage.status == OutboxStatus.PENDING, OutboxMessage.destination == MAIL))[
        0
    ]
    attempt = door.attempt(message)
    assert attempt.unreachable
    assert not attempt.permanent


def test_giving_a_channel_up_cancels_what_waits_for_it(open_house: House, staff: Staff, listener: Listener, doors: NoticeDoors) -> None:
    first = choose(open_house, staff.wang, webhook_url=listener.url)
    something_happens(open_house, staff)
    assert choose(open_house, staff.wang, webhook_url=listener.url).new_secret is None  # the same: nothing new
    choose(open_house, staff.wang, webhook_url="")
    assert waiting(open_house, WEBHOOK) == [(OutboxStatus.CANCELLED, 0)]
    doors.relay(open_house.store)
    assert listener.taken == []
    again = choose(open_house, staff.wang, webhook_url=listener.url)
    assert again.new_secret not in (None, first.new_secret)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x", "http://127.1/x", "http://localhost/x", "http://a.localhost/", "http://printer/", "http://db.internal/",
        "http://10.0.0.8/", "http://172.16.3.4/", "http://192.168.1.1/", "http://169.254.169.254/latest", "http://0.0.0.0/",
        "http://[::1]/", "http://[fd00::1]/", "http://[::ffff:127.0.0.1]/", "http://224.0.0.1/", "http://100.64.0.1/",
        "ftp://example.com/", "file:///etc/passwd", "https:///x", "http://u:p@example.com/", "http://example.com:99999/",
        "http://exa mple.com/", "http://例子.com/", "javascript:alert(1)", "http://example.com/" + "x" * 1_000,
    ],
)  # fmt: skip
def test_addresses_within_the_house_and_nonsense_are_refused(house: House, staff: Staff, url: str) -> None:
    s = house.store
    house.store = Store(s.engine, s.clock, s.new_id, s.deadlines, s.index_destinations, notice_ways=NoticeWays(mail=True, webhook=True))
    if url == "http://127.1/x":  # what only resolving tells
        with pytest.raises(BadAddress):
            resolve(webhook_target("http://127.1/x", private=False), private=False)
        return
    assert refused(lambda: choose(house, staff.wang, webhook_url=url)) == ("RULE_VIOLATED", "BAD_ADDRESS")
    assert house.rows_of(NoticeChannel) == []


def test_a_name_that_turns_out_to_be_within_the_house_gets_nothing(
    open_house: House, staff: Staff, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What DNS says is the outside world's, so it is played here; the address is judged when it is used, and only then connected to."""
    choose(open_house, staff.wang, webhook_url=f"http://looks.example.com:{listener.server_port}/hook")
    something_happens(open_house, staff)
    message = open_house.rows(select(OutboxMessage).where(OutboxMessage.destination == WEBHOOK))[0]
    answers = [(2, 1, 6, "", ("127.0.0.1", listener.server_port))]
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *_args, **_more: answers)
    with open_client(2.0) as client:
        attempt = WebhookDoor(open_house.store, client, private=False).attempt(message)
        assert (attempt.permanent, attempt.error) == (True, "不能指向本机或内网地址")
        assert listener.taken == []
        assert WebhookDoor(open_house.store, client, private=True).attempt(message).delivered
    assert listener.taken[0][0]["host"] == f"looks.example.com:{listener.server_port}"


@pytest.mark.parametrize("mail", ["x", "a@b", "a@b.c, d@e.f", "a@b.c\r\nBcc: x@y.z", "<a@b.c>", "名@例.中国", "a" * 65 + "@example.com"])
def test_bad_mail_addresses_are_refused(open_house: House, staff: Staff, mail: str) -> None:
    assert refused(lambda: choose(open_house, staff.wang, mail=mail)) == ("RULE_VIOLATED", "BAD_ADDRESS")


def test_where_no_mail_server_is_configured_nobody_can_choose_mail(house: House, staff: Staff) -> None:
    assert refused(lambda: choose(house, staff.wang, mail="wang@example.com")) == ("RULE_VIOLATED", "NO_MAIL_HERE")
    assert refused(lambda: choose(house, staff.wang, webhook_url="https://example.com/")) == ("RULE_VIOLATED", "NO_WEBHOOK_HERE")


def test_who_has_left_is_told_nothing_outside(open_house: House, staff: Staff, office: PostOffice, doors: NoticeDoors) -> None:
    choose(open_house, staff.wang, mail="wang@example.com")
    something_happens(open_house, staff)
    open_house.write(lambda u: people.update_person(u, CONSOLE, staff.wang.id, lock_version=1, name=None, roles=None, active=False))
    doors.relay(open_house.store)
    assert waiting(open_house, MAIL) == [(OutboxStatus.DEAD, 1)]  # written before, not sent after
    something_happens(open_house, staff)
    assert len(waiting(open_house, MAIL)) == 1
    assert office.letters == []
