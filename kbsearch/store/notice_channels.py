"""Which notices also leave the application: turns them into outbox rows of the same transaction; delivers nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlmodel import Session, col, select

from kbsearch.clock import wire_time
from kbsearch.store.tables import NoticeChannel, Person
from kbsearch.workflow.notices import NoticeKind, NoticeWays

MAIL, WEBHOOK = "notice:mail", "notice:webhook"
DESTINATIONS = (MAIL, WEBHOOK)
DELIVER = "notice.deliver"
_CHUNK = 500


def wanted_kinds(channel: NoticeChannel) -> frozenset[NoticeKind]:
    """The kinds a person wants to be told of elsewhere; none chosen means all."""
    chosen = frozenset(NoticeKind(code) for code in channel.kinds.split(",") if code)
    return chosen or frozenset(NoticeKind)


def forwarded(session: Session, ways: NoticeWays, notices: Sequence[dict[str, Any]]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(destination, person id, payload) of everything somebody wants to be told elsewhere too.

    The payload carries no address and no secret: those are read when it is sent. Who has left is told nothing outside.
    """
    if not (ways.mail or ways.webhook):
        return
    channels = _channels(session, sorted({n["person_id"] for n in notices}))
    for notice in notices:
        channel = channels.get(notice["person_id"])
        if channel is None or notice["kind"] not in wanted_kinds(channel):
            continue
        if ways.mail and channel.mail:
            yield MAIL, channel.person_id, _payload(notice)
        if ways.webhook and channel.webhook_url:
            yield WEBHOOK, channel.person_id, _payload(notice)


def _channels(session: Session, people: list[str]) -> dict[str, NoticeChannel]:
    found: dict[str, NoticeChannel] = {}
    for start in range(0, len(people), _CHUNK):
        chosen = select(NoticeChannel).where(col(NoticeChannel.person_id).in_(people[start : start + _CHUNK]))
        here = chosen.join(Person, col(Person.id) == col(NoticeChannel.person_id)).where(col(Person.active))
        found |= {channel.person_id: channel for channel in session.exec(here)}
    return found


def _payload(notice: dict[str, Any]) -> dict[str, Any]:
    return {
        "noticeId": notice["id"],
        "kind": notice["kind"].value,
        "about": notice["about"].value,
        "documentId": notice["document_id"],
        "title": notice["title"],
        "text": notice["text"],
        "nextStep": notice["next_step"],
        "at": wire_time(notice["created_at"]),
    }
