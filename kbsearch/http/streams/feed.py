"""What the stream machinery needs of the journal it follows and of a subscription's root field; holds no machinery itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NoReturn, Protocol, TypeAlias

Position: TypeAlias = tuple[int, int]
"""A place in the journal's total order; everything up to and including it has been told."""


class Portion(Protocol):
    """All entries after `after` up to and including `upto`; possibly none."""

    @property
    def after(self) -> Position:
        """Where it begins."""

    @property
    def upto(self) -> Position:
        """Where it ends."""


class Journal(Protocol):
    """An append-only journal shared by all processes, in which nothing ever appears before what has been read.

    Both methods are called in pooled threads and take a short session of their own.
    """

    def head(self) -> Position:
        """The end as of now; must be cheap."""

    def read(self, after: Position, upto: Position) -> Portion:
        """The next entries, a bounded number: the portion's `upto` lies behind `after`, and at the given one when all were read."""


class Feed(ABC):
    """What a subscription's root field answers: where to begin and which entries are the caller's.

    A feed is made anew, by the same field under the same rule, each time something may concern the caller; only `concerns` of the
    first one is kept.
    """

    @property
    @abstractmethod
    def after(self) -> Position | None:
        """Go on behind this; None: from now on."""

    @abstractmethod
    def concerns(self, portion: Any) -> bool:
        """Whether looking closer is worth it; called on the event loop, reads nothing, errs only towards yes."""

    @abstractmethod
    def events(self, portion: Any) -> Sequence[Any]:
        """The events the caller may see at this moment, oldest first, each the root value of one execution."""

    def __aiter__(self) -> NoReturn:
        """Makes graphql-core take this for an event stream; the streams themselves drive it."""
        raise TypeError("a feed is driven by kbsearch.http.streams, not iterated")
