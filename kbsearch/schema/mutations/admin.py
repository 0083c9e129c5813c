"""What admins keep: people, tokens, local categories."""

from datetime import timedelta

import strawberry

from kbsearch.schema.carrying import carry, known_id, known_id_or_none
from kbsearch.schema.context import Info
from kbsearch.schema.fields import resolved
from kbsearch.schema.ids import raw_id
from kbsearch.schema.mutations.payloads import CategoryPayload, IssueTokenPayload, PersonPayload, TokenPayload
from kbsearch.schema.pagination import Input
from kbsearch.schema.types.category import category_of
from kbsearch.schema.types.person import ApiToken, person_of
from kbsearch.services import people, taxonomy
from kbsearch.store import tables
from kbsearch.store.unit import Unit
from kbsearch.workflow.actions import Role
from kbsearch.workflow.decide import Actor

_MANY_DAYS = 10_000  # what no lifetime reaches: keeps timedelta from overflowing


@strawberry.input(description="新增人员")
class CreatePersonInput:
    """Someone new."""

    login: str = strawberry.field(description="工号，不可与他人相同")
    name: str = strawberry.field(description="姓名")
    roles: list[Role] = strawberry.field(description="角色")


@strawberry.input(description="修改人员；没有给的项不变")
class UpdatePersonInput:
    """Any subset."""

    person_id: strawberry.ID = strawberry.field(description="人员的不透明编号")
    lock_version: int = strawberry.field(description="所见的锁版本")
    name: str | None = strawberry.field(default=None, description="姓名")
    roles: list[Role] | None = strawberry.field(default=None, description="角色，整组替换")
    active: bool | None = strawberry.field(default=None, description="是否在岗")


@strawberry.input(description="签发令牌")
class IssueTokenInput:
    """For whom, for what, how long."""

    person_id: strawberry.ID = strawberry.field(description="人员的不透明编号")
    label: str = strawberry.field(default="", description="用途说明")
    scopes: list[Role] | None = strawberry.field(default=None, description="限于这些角色；不给则为本人的全部角色")
    days: int = strawberry.field(default=90, description="有效天数，1 至 366")


@strawberry.input(description="作废令牌")
class RevokeTokenInput:
    """Which."""

    token_id: strawberry.ID = strawberry.field(description="令牌的不透明编号")


@strawberry.input(description="新增本地栏目")
class CreateCategoryInput:
    """A local branch."""

    name: str = strawberry.field(description="栏目名，1 至 100 个字")
    parent_id: strawberry.ID | None = strawberry.field(default=None, description="上级本地栏目；不给则挂在根下")
    position: int = strawberry.field(default=0, description="同级中的次序")


@strawberry.input(description="修改本地栏目；没有给的项不变")
class UpdateCategoryInput:
    """Any subset."""

    category_id: strawberry.ID = strawberry.field(description="栏目的不透明编号")
    lock_version: int = strawberry.field(description="所见的锁版本")
    name: str | None = strawberry.field(default=None, description="栏目名")
    parent_id: strawberry.ID | None = strawberry.field(default=None, description="移到哪个本地栏目之下")
    position: int | None = strawberry.field(default=None, description="同级中的次序")


@strawberry.input(description="停用本地栏目；须是空的")
class RetireCategoryInput:
    """Which."""

    category_id: strawberry.ID = strawberry.field(description="栏目的不透明编号")
    lock_version: int = strawberry.field(description="所见的锁版本")


@strawberry.type
class AdminMutations:
    """Root fields; part of Mutation."""

    @resolved("新增人员")
    def create_person(self, info: Info, data: Input[CreatePersonInput]) -> PersonPayload:
        """Someone new."""
        carried = carry(info, lambda u, a: people.create_person(u, a, login=data.login, name=data.name, roles=data.roles))
        made = None if carried.value is None else person_of(info, carried.value.id)
        return PersonPayload(user_errors=carried.errors, person=made)

    @resolved("修改人员")
    def update_person(self, info: Info, data: Input[UpdatePersonInput]) -> PersonPayload:
        """Takes effect with their next request."""

        def run(unit: Unit, actor: Actor) -> tables.Person:
            key = known_id(data.person_id, "Person", "人员", "personId")
            return people.update_person(
                unit, actor, key, lock_version=data.lock_version, name=data.name, roles=data.roles, active=data.active
            )

        carried = carry(info, run)
        return PersonPayload(user_errors=carried.errors, person=person_of(info, raw_id(data.person_id, "Person")))

    @resolved("签发令牌；明文只给这一次")
    def issue_token(self, info: Info, data: Input[IssueTokenInput]) -> IssueTokenPayload:
        """The clear text leaves once."""

        def run(unit: Unit, actor: Actor) -> tuple[str, tables.ApiToken]:
            key = known_id(data.person_id, "Person", "人员", "personId")
            lifetime = timedelta(days=max(min(data.days, _MANY_DAYS), 0))
            return people.issue_token(unit, actor, key, label=data.label, scopes=data.scopes, lifetime=lifetime)

        carried = carry(info, run)
        if carried.value is None:
            return IssueTokenPayload(user_errors=carried.errors)
        clear, token = carried.value
        return IssueTokenPayload(user_errors=[], token=ApiToken(row=token), clear_token=clear)

    @resolved("作废令牌，立即生效")
    def revoke_token(self, info: Info, data: Input[RevokeTokenInput]) -> TokenPayload:
        """Ending it twice is no error."""
        name = (data.token_id, "ApiToken", "令牌", "tokenId")
        carried = carry(info, lambda u, a: people.revoke_token(u, a, known_id(*name)))
        return TokenPayload(user_errors=carried.errors, token=None if carried.value is None else ApiToken(row=carried.value))

    @resolved("新增本地栏目")
    def create_category(self, info: Info, data: Input[CreateCategoryInput]) -> CategoryPayload:
        """A local branch."""

        def run(unit: Unit, actor: Actor) -> tables.Category:
            parent = known_id_or_none(data.parent_id, "Category", "上级栏目", "parentId")
            return taxonomy.create_category(unit, actor, name=data.name, parent_id=parent, position=data.position)

        carried = carry(info, run)
        made = None if carried.value is None else category_of(info, carried.value.id)
        return CategoryPayload(user_errors=carried.errors, category=made)

    @resolved("修改本地栏目")
    def update_category(self, info: Info, data: Input[UpdateCategoryInput]) -> CategoryPayload:
        """Rename, move, reorder."""

        def run(unit: Unit, actor: Actor) -> tables.Category:
            return taxonomy.update_category(
                unit,
                actor,
                known_id(data.category_id, "Category", "栏目", "categoryId"),
                lock_version=data.lock_version,
                name=data.name,
                parent_id=known_id_or_none(data.parent_id, "Category", "上级栏目", "parentId"),
                position=data.position,
            )

        carried = carry(info, run)
        return CategoryPayload(user_errors=carried.errors, category=category_of(info, raw_id(data.category_id, "Category")))

    @resolved("停用本地栏目")
    def retire_category(self, info: Info, data: Input[RetireCategoryInput]) -> CategoryPayload:
        """Only an empty one."""

        def run(unit: Unit, actor: Actor) -> tables.Category:
            key = known_id(data.category_id, "Category", "栏目", "categoryId")
            return taxonomy.retire_category(unit, actor, key, lock_version=data.lock_version)

        carried = carry(info, run)
        return CategoryPayload(user_errors=carried.errors, category=category_of(info, raw_id(data.category_id, "Category")))
