"""What is down is said so, by code and in Chinese, and takes only its own field down; hides no bug."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from graphql import GraphQLError

from kbsearch.indexing.faults import IndexFault


@contextmanager
def index_in_reach() -> Iterator[None]:
    """Answer trouble of the index as SEARCH_UNAVAILABLE; the store, and every other field, is not in trouble."""
    try:
        yield
    except IndexFault as fault:
        raise GraphQLError(f"检索暂不可用：{fault}", extensions={"code": "SEARCH_UNAVAILABLE"}) from fault
