"""The batches of a caller's own marks that one operation reads: receipts, favourites, last readings; nobody else's are reached."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from kbsearch.schema.loading import Batch
from kbsearch.services.desk.readings import Since, kept_by, known_by
from kbsearch.services.desk.unread import Waiting, waiting
from kbsearch.services.receipts.roster import Line, lists_of, my_standings
from kbsearch.store.lives import load_lives
from kbsearch.store.tables import Receipt
from kbsearch.workflow.receipts import Standing

if TYPE_CHECKING:
    from kbsearch.schema.loader import Loader


class DeskBatches:
    """The caller's own marks by document, and the lists of who has signed by announcement (for those who may see them)."""

    def __init__(self, loader: Loader) -> None:
        self._loader, self._session, self._actor = loader, loader.session, loader.actor
        self.kept = Batch[bool](lambda ids: dict.fromkeys(kept_by(self._session, self._actor, ids), True))
        self.known = Batch[Since](lambda ids: known_by(self._session, self._actor, ids))
        self.mine = Batch[tuple[Standing, Receipt | None]](self._mine)
        self.lists = Batch[list[Line]](self._lists)

    @cached_property
    def waiting(self) -> Waiting:
        """What of the announcements waits for the caller, counted once an operation."""
        return waiting(self._session, self._actor, self._loader.now)

    def _mine(self, ids: list[str]) -> Mapping[str, tuple[Standing, Receipt | None]]:
        pages = [page for i in ids if (page := self._loader.announcements.pages.get(i)) is not None and page.addressed]
        return my_standings(self._session, self._actor.id, pages)

    def _lists(self, ids: list[str]) -> Mapping[str, list[Line]]:
        return lists_of(self._session, load_lives(self._session, ids), self._loader.now)
