"""Where the log of events ends now, so that a list and a subscription join without a gap; reads no event."""

import strawberry

from kbsearch.schema.context import Info
from kbsearch.schema.fields import resolved
from kbsearch.services.events import LAST_ORDINAL, event_cursor
from kbsearch.store.events import last_sequence


@strawberry.type
class EventQueries:
    """Root fields; part of Query."""

    @resolved("此刻的续订标记：与列表在同一次查询里先取它，再以它为 after 订阅，其间的事不会漏掉")
    def event_cursor(self, info: Info) -> str | None:
        """Everything up to it is in what the same query reads after it."""
        context = info.context
        return event_cursor(context.cursor_secret, (last_sequence(context.session), LAST_ORDINAL))
