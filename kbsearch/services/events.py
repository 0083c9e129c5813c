"""What happened, as subscriptions tell it: the transition log in order, which of it belongs to which list, and cursors into it.

The log is the only source: whatever another process commits is found here, and nothing lives in memory that it would miss.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kbsearch.services.cursors import decode_cursor, encode_cursor
from kbsearch.services.refusals import violated
from kbsearch.store import events as stored
from kbsearch.store.events import Position
from kbsearch.store.tables import DocumentType, Notice, TransitionLog
from kbsearch.store.unit import Store
from kbsearch.workflow.labels import Labelled
from kbsearch.workflow.states import SubmissionState

LAST_ORDINAL = 2**31 - 1
PORTION_ROWS = 500
_PURPOSE = "events"  # one total order: a cursor of one subscription continues any other
_FOLLOWED = frozenset(
    {
        DocumentType.SUBMISSION,
        DocumentType.ANNOUNCEMENT,
        DocumentType.REPLY,
        DocumentType.FEEDBACK,
        DocumentType.PERSON,  # rights and tokens that end
    }
)
_QUEUE_STATES = frozenset({SubmissionState.PENDING_REVIEW.value, SubmissionState.APPROVED.value})


class EventKind(Labelled):
    """What an event means for the list it was subscribed with."""

    ENTERED = "ENTERED", "进入", "新到了这个列表里"
    CHANGED = "CHANGED", "变动", "仍在列表里，有了变化"
    LEFT = "LEFT", "离开", "不再在这个列表里"


@dataclass(frozen=True, slots=True)
class Portion:
    """Everything followed that happened after `after` up to and including `upto`; `authors` of the submissions, as of reading."""

    after: Position
    upto: Position
    rows: tuple[TransitionLog, ...] = ()
    notices: tuple[Notice, ...] = ()
    authors: Mapping[str, str] | None = None

    def author_of(self, row: TransitionLog) -> str | None:
        """Whose the submission was when the portion was read; None for other documents."""
        return (self.authors or {}).get(row.document_id)

    def changes_rights_of(self, person_id: str) -> bool:
        """Whether the person, or one of their tokens, was changed."""
        return any(row.document_type is DocumentType.PERSON and row.document_id == person_id for row in self.rows)


@dataclass(frozen=True, slots=True)
class EventJournal:
    """The log as something to follow (`kbsearch.http.streams.feed.Journal`)."""

    store: Store

    def head(self) -> Position:
        """The end: everything of the newest committed transaction included."""
        with self.store.read() as session:
            return stored.last_sequence(session), LAST_ORDINAL

    def read(self, after: Position, upto: Position) -> Portion:
        """The next portion, at most PORTION_ROWS log rows and as many notices."""
        with self.store.read() as session:
            rows = stored.log_between(session, after, upto, _FOLLOWED, PORTION_ROWS)
            notices = stored.notices_between(session, after, upto, PORTION_ROWS)
            # A list that was cut ends the portion where it was cut, for both.
            ends = [(last.sequence, last.ordinal) for found in (rows, notices) if len(found) == PORTION_ROWS for last in found[-1:]]
            end = min(ends, default=upto)
            kept = tuple(row for row in rows if (row.sequence, row.ordinal) <= end)
            submissions = {row.document_id for row in kept if row.document_type is DocumentType.SUBMISSION}
            return Portion(
                after,
                end,
                kept,
                tuple(notice for notice in notices if (notice.sequence, notice.ordinal) <= end),
                stored.authors_of(session, submissions),
            )


def event_cursor(secret: bytes, position: Position) -> str:
    """Sign a place in the log."""
    return encode_cursor(secret, _PURPOSE, list(position))


def event_position(secret: bytes, cursor: str | None) -> Position | None:
    """The place a cursor names; None for none. Raises Refused for one we did not give out."""
    if cursor is None:
        return None
    position: Any = decode_cursor(secret, _PURPOSE, cursor)
    if not isinstance(position, list) or len(position) != 2:  # noqa: PLR2004 - sequence and ordinal
        raise violated("BAD_CURSOR", "续订标记（after）无效，请去掉它，从现在起订阅。", "after")
    return int(position[0]), int(position[1])


@dataclass(frozen=True, slots=True)
class Topic:
    """One list as a subscription follows it: which log rows are about it, for this person, and what they mean for it.

    `kind_of(row, author_id, person_id)`: None when the row is not about it. Who may see is not decided here.
    """

    kind_of: Callable[[TransitionLog, str | None, str], EventKind | None]


def _in_review_queue(row: TransitionLog, _author_id: str | None, _person_id: str) -> EventKind | None:
    if row.document_type is not DocumentType.SUBMISSION:
        return None
    before, after = row.from_state in _QUEUE_STATES, row.to_state in _QUEUE_STATES
    if before and after:
        return EventKind.CHANGED
    return EventKind.ENTERED if after else EventKind.LEFT if before else None


def _in_my_work(row: TransitionLog, author_id: str | None, person_id: str) -> EventKind | None:
    if row.document_type is not DocumentType.SUBMISSION or author_id != person_id:
        return None
    return EventKind.ENTERED if row.from_state is None else EventKind.CHANGED


_ANNOUNCED = {"IN_FORCE": EventKind.ENTERED, "RELEASE": EventKind.ENTERED, "PREVIEW": EventKind.ENTERED}
_ANNOUNCEMENT_ENDED = frozenset({"ENDED", "PREVIEW_ENDED"})


def _in_announcements(row: TransitionLog, _author_id: str | None, _person_id: str) -> EventKind | None:
    """What readers are to look at; versions that only lie ahead and headquarters' pushes as such are none of it."""
    if row.document_type is not DocumentType.ANNOUNCEMENT:
        return None
    if row.action in _ANNOUNCEMENT_ENDED:
        return EventKind.LEFT
    found = _ANNOUNCED.get(row.action)
    corrected = row.action == "IN_FORCE" and int(row.details.get("number", 1)) > 1
    return EventKind.CHANGED if corrected else found


REVIEW_QUEUE = Topic(_in_review_queue)
MY_WORK = Topic(_in_my_work)
ANNOUNCEMENTS = Topic(_in_announcements)
