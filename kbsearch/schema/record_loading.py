"""The batches of interim notes, batches of submissions and whole records that one operation reads; visibility is the store's filter."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from kbsearch.schema.loading import Batch
from kbsearch.services.dossier import DossierEntry, dossiers
from kbsearch.services.listings.batches import batches_by_id, members_of
from kbsearch.services.listings.interim_notes import notes_by_id
from kbsearch.store import tables

if TYPE_CHECKING:
    from kbsearch.schema.loader import Loader


class RecordBatches:
    """Interim notes and batches by id, the members of a batch, the record of a document by the document's id."""

    def __init__(self, loader: Loader) -> None:
        self._loader, self._session, self._actor = loader, loader.session, loader.actor
        self.notes = Batch[tables.InterimNote](lambda ids: notes_by_id(self._session, self._actor, ids, loader.now))
        self.batches = Batch[tables.Batch](lambda ids: batches_by_id(self._session, self._actor, ids))
        self.members = Batch[list[tables.Submission]](self._members)
        self.dossiers = Batch[list[DossierEntry]](self._dossiers)

    def saw_notes(self, rows: Collection[tables.InterimNote]) -> None:
        """Announce what a list of notes is likely to be asked for."""
        self._loader.pages.want({row.subject_id for row in rows})
        self._loader.people.want({person for row in rows for person in (row.author_id, row.reviewed_by)})

    def saw_batches(self, rows: Collection[tables.Batch]) -> None:
        """Announce what a list of batches is likely to be asked for."""
        for row in rows:
            self.batches.put(row.id, row)
        self.members.want({row.id for row in rows})
        self._loader.people.want({row.author_id for row in rows})

    def _members(self, ids: list[str]) -> Mapping[str, list[tables.Submission]]:
        found = members_of(self._session, self._actor, ids)
        self._loader.saw([row for rows in found.values() for row in rows])
        return found

    def _dossiers(self, ids: list[str]) -> Mapping[str, list[DossierEntry]]:
        found = dossiers(self._session, self._actor, ids)
        self._loader.people.want({entry.row.actor_id for entries in found.values() for entry in entries if entry.row is not None})
        return found
