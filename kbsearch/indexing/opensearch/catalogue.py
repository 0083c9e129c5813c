"""Which of our indices the cluster holds, what built each and which aliases point where; reads and writes no document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from opensearchpy import OpenSearch
from opensearchpy.exceptions import NotFoundError, RequestError

from kbsearch.clock import Clock
from kbsearch.indexing.opensearch.client import WRITING, Server
from kbsearch.indexing.opensearch.mapping import SCHEMA_VERSION, index_body

_SLOW = {"request_timeout": 30}
"""Changes to the cluster's own state wait for all its nodes."""

LEASE = timedelta(seconds=30)
"""How long an index being built is left alone without a sign of life from its builder."""
AFTERGLOW = timedelta(seconds=65)
"""How long a replaced index stays for readers who are still paging in it: more than snapshots live."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What an index says of itself, in its mapping's `_meta`.

    `analysis` is the fingerprint of segmenter and lexicon. `filled`: it was built from the whole store, rather than made
    empty. `keep_until` (seconds since 1970): an index no reader is led to is dropped after that. `owner`: whoever builds it.
    """

    schema: int
    analysis: str
    filled: bool = False
    owner: str = ""
    keep_until: float = 0.0


@dataclass(frozen=True, slots=True)
class Held:
    """One index of ours."""

    name: str
    number: int
    aliases: frozenset[str]
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class View:
    """All indices of ours at one moment, oldest first."""

    served: Held | None
    building: Held | None
    all: tuple[Held, ...]

    def left_over(self, at: datetime) -> list[Held]:
        """Replaced indices, and those whose builder died, that nobody needs any more."""
        return [held for held in self.all if held is not self.served and held.stamp.keep_until < at.timestamp()]

    def being_built(self, at: datetime) -> Held | None:
        """The index that somebody alive is building."""
        return self.building if self.building is not None and self.building.stamp.keep_until >= at.timestamp() else None


class Catalogue:
    """The cluster's list of indices under our prefix."""

    def __init__(self, server: Server, clock: Clock) -> None:
        self._server, self._cluster, self._clock = server, server.cluster, clock

    def look(self, patience: float = WRITING) -> View:
        """Return what is there now."""
        answer = self._server.ask(
            lambda client: client.indices.get(
                index=self._cluster.every_index, params={"filter_path": "*.aliases,*.mappings._meta", "expand_wildcards": "open"}
            ),
            patience,
        )
        known: list[Held] = []
        for name, index in answer.items():
            number = self._cluster.number_of(name)
            if number is not None:
                meta = index.get("mappings", {}).get("_meta", {})
                stamp = Stamp(**{key: meta[key] for key in Stamp.__dataclass_fields__ if key in meta}) if "schema" in meta else Stamp(0, "")
                known.append(Held(name, number, frozenset(index.get("aliases", {})), stamp))
        known.sort(key=lambda held: held.number)

        def with_alias(alias: str) -> Held | None:
            return next((held for held in known if alias in held.aliases), None)

        return View(with_alias(self._cluster.read_alias), with_alias(self._cluster.building_alias), tuple(known))

    def create(self, number: int, stamp: Stamp, aliases: Sequence[str], *, loading: bool) -> str | None:
        """Make an empty index and return its name; None where another process made the same one first."""
        name = self._cluster.index_name(number)
        body = index_body(self._cluster, asdict(stamp), tuple(aliases), loading=loading)

        def make(client: OpenSearch) -> str | None:
            try:
                client.indices.create(index=name, body=body, params=dict(_SLOW))
            except RequestError as fault:
                if "resource_already_exists" not in str(fault.error):
                    raise
                return None
            return name

        return self._server.ask(make, WRITING)

    def mark(self, held: str, stamp: Stamp) -> None:
        """Write an index's stamp anew."""
        self._server.ask(lambda client: client.indices.put_mapping(index=held, body={"_meta": asdict(stamp)}, params=dict(_SLOW)), WRITING)

    def set(self, held: str, settings: dict[str, object]) -> None:
        """Change an index's settings."""
        self._server.ask(lambda client: client.indices.put_settings(index=held, body={"index": settings}, params=dict(_SLOW)), WRITING)

    def serve(self, new: str, old: Held | None) -> None:
        """Lead readers and writers to `new`, all aliases at one moment."""
        actions = [{"add": {"index": new, "alias": alias}} for alias in (self._cluster.read_alias, self._cluster.write_alias)]
        actions.append({"remove": {"index": new, "alias": self._cluster.building_alias}})
        if old is not None:
            actions.extend({"remove": {"index": old.name, "alias": alias}} for alias in sorted(old.aliases))
        self._server.ask(lambda client: client.indices.update_aliases(body={"actions": actions}, params=dict(_SLOW)), WRITING)

    def drop(self, name: str) -> None:
        """Remove an index; one that is gone already is as well."""

        def remove(client: OpenSearch) -> None:
            try:
                client.indices.delete(index=name, params=dict(_SLOW))
            except NotFoundError:
                return

        self._server.ask(remove, WRITING)

    def sweep(self, view: View) -> None:
        """Remove what nobody needs any more."""
        for held in view.left_over(self._clock()):
            self.drop(held.name)


def fits(stamp: Stamp) -> bool:
    """Whether this program can search and write an index."""
    return stamp.schema == SCHEMA_VERSION
