"""Subscriptions: thin events with a cursor, each checked for its caller at the moment it is told; runs no stream itself."""

from abc import abstractmethod
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Annotated, Any, cast

import strawberry

from kbsearch.http.streams.feed import Feed, Position
from kbsearch.schema.context import Info, RequestContext
from kbsearch.schema.fields import resolved
from kbsearch.schema.types.announcement import Announcement, announcement_of
from kbsearch.schema.types.log import LogEntry, actor_name
from kbsearch.schema.types.notices import NoticeEvent
from kbsearch.schema.types.submission import Submission, submission_of
from kbsearch.services.events import ANNOUNCEMENTS, MY_WORK, REVIEW_QUEUE, EventKind, Portion, Topic, event_cursor, event_position
from kbsearch.store import tables
from kbsearch.store.tables import DocumentType

Since = Annotated[
    str | None,
    strawberry.argument(
        description="续订标记：从这个 cursor 之后继续，断线期间的也补上；不给则从现在起。任何一条订阅事件的 cursor 或 eventCursor 都可以"
    ),
]


@strawberry.type(description="订阅事件：一个申请有了变动。只带要点，详情见 submission 或另行查询")
class SubmissionEvent:
    """One log row about a submission, as the list subscribed to sees it."""

    row: strawberry.Private[tables.TransitionLog]
    kind: EventKind = strawberry.field(description="对所订阅的列表而言：进入、变动还是离开")

    @resolved("续订标记：断线后以最后收到的它为 after 重新订阅，不漏不重")
    def cursor(self, info: Info) -> str:
        """Its place in the log, signed."""
        return event_cursor(info.context.cursor_secret, (self.row.sequence, self.row.ordinal))

    @resolved("何时")
    def at(self) -> datetime:
        """When it was committed."""
        return self.row.at

    @resolved("动作代码")
    def action(self) -> str:
        """As the log has it."""
        return self.row.action

    @resolved("动作的中文名")
    def action_text(self) -> str:
        """As the timeline shows it."""
        return LogEntry(row=self.row).action_text()

    @resolved("做的人的姓名，或“系统”“总部”")
    def actor_name(self, info: Info) -> str:
        """As the timeline shows it."""
        return actor_name(info, self.row)

    @resolved("所说申请的不透明编号")
    def document_id(self) -> strawberry.ID:
        """To ask for it later."""
        return LogEntry(row=self.row).document_id()

    @resolved("申请现在的样子；已无权查看则空")
    def submission(self, info: Info) -> Submission | None:
        """Loaded for this caller."""
        return submission_of(info, self.row.document_id)


class PersonFeed(Feed):
    """What every feed of ours begins with: its person, where they left off, and that a change of their rights concerns them.

    A new one says what of a portion may concern the person (`holds`, reads nothing) and what they may see of it now (`events`).
    """

    def __init__(self, context: RequestContext, after: str | None) -> None:
        self._context = context
        self._person_id = context.signed_in.id
        self._after = event_position(context.cursor_secret, after)

    @property
    def after(self) -> Position | None:
        """Where the client left off."""
        return self._after

    def concerns(self, portion: Portion) -> bool:
        """Something of the list, or the caller's own rights."""
        return portion.changes_rights_of(self._person_id) or self.holds(portion)

    @abstractmethod
    def holds(self, portion: Portion) -> bool:
        """Whether something in the portion may be for this person."""


class SubmissionFeed(PersonFeed):
    """The log rows about submissions that belong to a list and that the caller may see now."""

    def __init__(self, context: RequestContext, topic: Topic, after: str | None) -> None:
        super().__init__(context, after)
        self._topic = topic

    def holds(self, portion: Portion) -> bool:
        """A row of the list."""
        return any(self._topic.kind_of(row, portion.author_of(row), self._person_id) for row in portion.rows)

    def events(self, portion: Portion) -> Sequence[SubmissionEvent]:
        """By the store's visibility filter and by whose the submission is at this moment."""
        load = self._context.load
        rows = [row for row in portion.rows if row.document_type is DocumentType.SUBMISSION]
        load.submissions.want({row.document_id for row in rows if self._topic.kind_of(row, portion.author_of(row), self._person_id)})
        load.people.want({row.actor_id for row in rows})
        told = []
        for row in rows:
            if self._topic.kind_of(row, portion.author_of(row), self._person_id) is None:
                continue
            submission = load.submissions.get(row.document_id)
            kind = None if submission is None else self._topic.kind_of(row, submission.author_id, self._person_id)
            if kind is not None:
                told.append(SubmissionEvent(row=row, kind=kind))
        return told


@strawberry.type(description="订阅事件：一个发给我的公告有了变动。只带要点，详情见 announcement 或另行查询")
class AnnouncementEvent:
    """One log row about an announcement, as somebody sees it whom it is for."""

    row: strawberry.Private[tables.TransitionLog]
    kind: EventKind = strawberry.field(description="新到（发布、先行给看）、变动（更正生效）还是离开（撤回、不再先行给看）")

    @resolved("续订标记：断线后以最后收到的它为 after 重新订阅，不漏不重")
    def cursor(self, info: Info) -> str:
        """Its place in the log, signed."""
        return event_cursor(info.context.cursor_secret, (self.row.sequence, self.row.ordinal))

    @resolved("何时")
    def at(self) -> datetime:
        """When it was committed."""
        return self.row.at

    @resolved("动作代码")
    def action(self) -> str:
        """As the log has it."""
        return self.row.action

    @resolved("动作的中文名")
    def action_text(self) -> str:
        """As the timeline shows it."""
        return LogEntry(row=self.row).action_text()

    @resolved("所说公告的不透明编号")
    def document_id(self) -> strawberry.ID:
        """To ask for it later."""
        return LogEntry(row=self.row).document_id()

    @resolved("公告现在的样子；已无权查看则空")
    def announcement(self, info: Info) -> Announcement | None:
        """Loaded for this caller."""
        return announcement_of(info, self.row.document_id)


class AnnouncementFeed(PersonFeed):
    """The log rows about announcements that are addressed to the caller at this moment."""

    def holds(self, portion: Portion) -> bool:
        """Anything about announcements: whom one is for is known only by its life."""
        return any(ANNOUNCEMENTS.kind_of(row, None, self._person_id) for row in portion.rows)

    def events(self, portion: Portion) -> Sequence[AnnouncementEvent]:
        """By the store's visibility at this moment; what was taken back from the caller is told no more of."""
        pages = self._context.load.announcements.pages
        kinds = [(row, kind) for row in portion.rows if (kind := ANNOUNCEMENTS.kind_of(row, None, self._person_id)) is not None]
        pages.want({row.document_id for row, _ in kinds})
        found = ((row, kind, pages.get(row.document_id)) for row, kind in kinds)
        return [AnnouncementEvent(row=row, kind=kind) for row, kind, page in found if page is not None and page.addressed]


class NoticeFeed(PersonFeed):
    """The caller's own notices."""

    def holds(self, portion: Portion) -> bool:
        """One of theirs."""
        return any(notice.person_id == self._person_id for notice in portion.notices)

    def events(self, portion: Portion) -> Sequence[NoticeEvent]:
        """They were written for this person; nothing else is to be judged."""
        return [NoticeEvent(row=notice) for notice in portion.notices if notice.person_id == self._person_id]


def _stream(feed: Feed) -> AsyncGenerator[Any, None]:
    """What Strawberry wants to see annotated; the streams drive the feed (kbsearch.http.streams)."""
    return cast("AsyncGenerator[Any, None]", feed)


def _subscribed(description: str) -> Any:
    return strawberry.subscription(description=description)


@strawberry.type(description="订阅：有事发生即告知；每一条都按当时的权限重新核对")
class Subscription:
    """The root of subscriptions."""

    @_subscribed("审核队列的动静：进入、变动、离开；列表用 reviewQueue 查询取")  # type: ignore[untyped-decorator]
    def review_queue(self, info: Info, after: Since = None) -> AsyncGenerator[SubmissionEvent | None, None]:
        """What happens to what waits for reviewers."""
        return _stream(SubmissionFeed(info.context, REVIEW_QUEUE, after))

    @_subscribed("我的工作的动静：我是作者的申请有了变动；列表用 myWork 查询取")  # type: ignore[untyped-decorator]
    def my_work(self, info: Info, after: Since = None) -> AsyncGenerator[SubmissionEvent | None, None]:
        """What happens to my submissions."""
        return _stream(SubmissionFeed(info.context, MY_WORK, after))

    @_subscribed("发给我的公告的动静：发布、更正生效、撤回；列表用 myAnnouncements 查询取")  # type: ignore[untyped-decorator]
    def announcements(self, info: Info, after: Since = None) -> AsyncGenerator[AnnouncementEvent | None, None]:
        """What happens to what is addressed to me."""
        return _stream(AnnouncementFeed(info.context, after))

    @_subscribed("我的新通知；列表用 notices 查询取")  # type: ignore[untyped-decorator]
    def notices(self, info: Info, after: Since = None) -> AsyncGenerator[NoticeEvent | None, None]:
        """Whatever I am told."""
        return _stream(NoticeFeed(info.context, after))
