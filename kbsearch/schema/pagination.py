"""What every list shares: page size, cursor argument, pageInfo; runs no query."""

from typing import Annotated, TypeVar

import strawberry

from kbsearch.schema.scalars import bad_input

T = TypeVar("T")

MAX_FIRST = 100

First = Annotated[int, strawberry.argument(description="条数，1 到 100")]
After = Annotated[str | None, strawberry.argument(description="从这个翻页标记之后继续；标记须是同一列表给出的")]
Input = Annotated[T, strawberry.argument(name="input", description="输入")]
Id = Annotated[strawberry.ID, strawberry.argument(description="不透明编号")]


def check_first(first: int) -> int:
    """The page size, or a Chinese error when it is out of range."""
    if not 1 <= first <= MAX_FIRST:
        raise bad_input(f"first 须在 1 到 {MAX_FIRST} 之间，现为 {first}；请改小或改大后重试")
    return first


@strawberry.type(description="翻页信息")
class PageInfo:
    """Relay's; only forward paging exists."""

    has_next_page: bool = strawberry.field(description="后面还有没有")
    has_previous_page: bool = strawberry.field(description="前面还有没有（从头开始的一页没有）")
    start_cursor: str | None = strawberry.field(description="本页第一条的翻页标记")
    end_cursor: str | None = strawberry.field(description="本页最后一条的翻页标记，作为下一页的 after")
