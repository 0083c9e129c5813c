"""Keeping documents at hand."""

import strawberry

from kbsearch.schema.carrying import carry
from kbsearch.schema.context import Info
from kbsearch.schema.fields import resolved
from kbsearch.schema.ids import decode_id
from kbsearch.schema.pagination import Input
from kbsearch.schema.types.announcement import Announcement, announcement_of
from kbsearch.schema.types.knowledge import Knowledge, knowledge_of
from kbsearch.schema.user_errors import UserError
from kbsearch.services.desk import favourites
from kbsearch.services.refusals import not_found
from kbsearch.store.unit import Unit
from kbsearch.workflow.decide import Actor

_KEPT = ("Knowledge", "Announcement")
_ID = "知识或公告的不透明编号"


@strawberry.input(description="收藏一条知识或一个公告")
class FavouriteInput:
    """Which."""

    document_id: strawberry.ID = strawberry.field(description=_ID)


@strawberry.input(description="取消收藏")
class UnfavouriteInput:
    """Which."""

    document_id: strawberry.ID = strawberry.field(description=_ID)


@strawberry.type(description="收藏或取消收藏之后；知识或公告二者有其一")
class FavouritePayload:
    """The document with the caller's marks."""

    user_errors: list[UserError] = strawberry.field(description="没有做成的原因；做成则为空列表")
    knowledge: Knowledge | None = strawberry.field(default=None, description="最新的知识")
    announcement: Announcement | None = strawberry.field(default=None, description="最新的公告")


def _named(document_id: str) -> tuple[str, str]:
    named = decode_id(document_id)
    if named is None or named.type not in _KEPT:
        raise not_found("知识或公告", "documentId")
    return named.type, named.raw


def _fresh(info: Info, errors: list[UserError], document_id: str) -> FavouritePayload:
    named = decode_id(document_id)
    if named is None or named.type not in _KEPT:
        return FavouritePayload(user_errors=errors)
    if named.type == "Knowledge":
        return FavouritePayload(user_errors=errors, knowledge=knowledge_of(info, named.raw))
    return FavouritePayload(user_errors=errors, announcement=announcement_of(info, named.raw))


@strawberry.type
class FavouriteMutations:
    """Root fields; part of Mutation."""

    @resolved("收藏；重复收藏无妨")
    def favourite(self, info: Info, data: Input[FavouriteInput]) -> FavouritePayload:
        """Keep it at hand."""

        def run(unit: Unit, actor: Actor) -> None:
            favourites.favourite(unit, actor, _named(data.document_id)[1])

        return _fresh(info, carry(info, run).errors, data.document_id)

    @resolved("取消收藏；没有收藏过也无妨")
    def unfavourite(self, info: Info, data: Input[UnfavouriteInput]) -> FavouritePayload:
        """Keep it no more."""

        def run(unit: Unit, actor: Actor) -> bool:
            return favourites.unfavourite(unit, actor, _named(data.document_id)[1])

        return _fresh(info, carry(info, run).errors, data.document_id)
