"""The batches of announcements and replies that one operation reads; visibility is the store's, judged on whole lives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from sqlmodel import col, select

from kbsearch.schema.loading import Batch
from kbsearch.services.announcements.reading import AnnouncementPage, announcement_pages, pages_of
from kbsearch.services.announcements.replies import AcceptedReply, own_reply_submissions, replies_to, visible_replies
from kbsearch.store.lives import Life
from kbsearch.store.tables import DocumentType, Subject, Submission, TransitionLog

if TYPE_CHECKING:
    from kbsearch.schema.loader import Loader


class AnnouncementBatches:
    """Announcements as the caller sees them, the replies to them, and what of those is still under way.

    `asked`: reply id → the announcement it answers, whoever may see that.
    """

    def __init__(self, loader: Loader) -> None:
        self._loader, self._session, self._actor = loader, loader.session, loader.actor
        self.pages = Batch[AnnouncementPage](self._pages)
        self.log = Batch[list[TransitionLog]](lambda ids: loader.log_of(DocumentType.ANNOUNCEMENT, ids))
        self.replies = Batch[list[AcceptedReply]](lambda ids: replies_to(self._session, self._actor, ids))
        self.reply = Batch[AcceptedReply](lambda ids: visible_replies(self._session, self._actor, ids))
        self.own_replies = Batch[list[Submission]](self._own_replies)
        self.asked = Batch[str](self._asked)

    def saw(self, pages: Iterable[AnnouncementPage]) -> None:
        """Announce what a list of announcements is likely to be asked for."""
        seen = list(pages)
        for page in seen:
            self.pages.put(page.life.subject.id, page)
        ids = {page.life.subject.id for page in seen}
        for batch in (self.log, self.replies, self.own_replies, self._loader.submissions_on, self._loader.reads):
            batch.want(ids)
        for mark in (self._loader.desk.mine, self._loader.desk.kept, self._loader.desk.known):
            mark.want(ids)
        self._loader.people.want({v.author_id for page in seen for v in page.life.versions.values()})

    def saw_lives(self, lives: Mapping[str, Life]) -> None:
        """Take over what a search has loaded and checked already."""
        self.saw(pages_of(self._session, self._actor, lives, self._loader.now).values())

    def _pages(self, ids: list[str]) -> Mapping[str, AnnouncementPage]:
        found = announcement_pages(self._session, self._actor, ids, self._loader.now)
        self.saw(found.values())
        return found

    def _own_replies(self, ids: list[str]) -> Mapping[str, list[Submission]]:
        found = own_reply_submissions(self._session, self._actor, ids)
        self._loader.saw([row for rows in found.values() for row in rows])
        return found

    def _asked(self, ids: list[str]) -> Mapping[str, str]:
        rows = self._session.exec(select(Subject.id, Subject.parent_id).where(col(Subject.id).in_(ids)))
        return {reply: parent for reply, parent in rows if parent is not None}
