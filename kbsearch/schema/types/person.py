"""People and their tokens as the schema shows them; never a token's text."""

from datetime import datetime

import strawberry

from kbsearch.schema.context import Info
from kbsearch.schema.fields import of_row, resolved
from kbsearch.schema.pagination import PageInfo
from kbsearch.schema.types.node import Node
from kbsearch.schema.types.notices import NoticeChannel, Unread
from kbsearch.store import tables
from kbsearch.workflow.actions import Role


@strawberry.type(description="人员")
class Person(Node):
    """Someone who signs in."""

    row: strawberry.Private[tables.Person]
    login: str = of_row("工号")
    name: str = of_row("姓名")
    active: bool = of_row("是否在岗；不在岗不能登录")
    lock_version: int = of_row("锁版本，修改时带回")
    created_at: datetime = of_row("何时加入")

    def node_key(self) -> str:
        """The person's id."""
        return self.row.id

    @resolved("未编码的编号，流转记录与报文里用它")
    def raw_id(self) -> str:
        """As logs and messages have it."""
        return self.row.id

    @resolved("拥有的角色")
    def roles(self) -> list[Role]:
        """All roles, not narrowed to a token."""
        return [Role(r) for r in self.row.roles]

    @resolved("此人的访问令牌，新的在前；没有明文")
    def tokens(self, info: Info) -> "list[ApiToken] | None":
        """For admins."""
        return [ApiToken(row=t) for t in info.context.load.tokens.get(self.row.id) or []]


@strawberry.type(description="访问令牌；明文只在签发时给出一次")
class ApiToken(Node):
    """What is kept of a bearer token."""

    row: strawberry.Private[tables.ApiToken]
    label: str = of_row("用途说明")
    created_at: datetime = of_row("签发时间")
    expires_at: datetime = of_row("到期时间")
    revoked_at: datetime | None = of_row("作废时间；空为未作废")

    def node_key(self) -> str:
        """The token's id, which is not the token."""
        return self.row.id

    @resolved("令牌的范围：只能以这些角色行事")
    def scopes(self) -> list[Role]:
        """Roles the token is narrowed to."""
        return [Role(r) for r in self.row.scopes]

    @resolved("令牌属于谁")
    def person(self, info: Info) -> Person | None:
        """Its owner."""
        return person_of(info, self.row.person_id)


@strawberry.type(description="当前登录者")
class Viewer:
    """Who is calling, with the roles of the token used."""

    person: Person = strawberry.field(description="本人")
    roles: list[Role] = strawberry.field(description="本次所用令牌给出的角色，可能少于本人的角色")

    @resolved("等我处理的公告与通知各有多少")
    def unread(self) -> Unread:
        """Counted when asked for."""
        return Unread()

    @resolved("我的通知另外送到哪里；没有设过则空")
    def notice_channel(self, info: Info) -> NoticeChannel | None:
        """As chosen by setNoticeChannel."""
        row = info.context.session.get(tables.NoticeChannel, self.person.row.id)
        return None if row is None else NoticeChannel(row=row)


@strawberry.type(description="人员列表中的一条")
class PersonEdge:
    """One person with a cursor."""

    cursor: str = strawberry.field(description="翻页标记")
    node: Person = strawberry.field(description="人员")


@strawberry.type(description="人员列表的一页")
class PersonConnection:
    """A page of people."""

    edges: list[PersonEdge] = strawberry.field(description="本页各条")
    page_info: PageInfo = strawberry.field(description="翻页信息")


@strawberry.type(description="令牌列表中的一条")
class ApiTokenEdge:
    """One token with a cursor."""

    cursor: str = strawberry.field(description="翻页标记")
    node: ApiToken = strawberry.field(description="令牌")


@strawberry.type(description="令牌列表的一页")
class ApiTokenConnection:
    """A page of tokens."""

    edges: list[ApiTokenEdge] = strawberry.field(description="本页各条")
    page_info: PageInfo = strawberry.field(description="翻页信息")


def person_of(info: Info, person_id: str | None) -> Person | None:
    """A person from the operation's batch."""
    row = info.context.load.people.get(person_id)
    return None if row is None else Person(row=row)
