"""One version of a knowledge item and its citation; wording leaves only through Page.content."""

from datetime import datetime

import strawberry

from kbsearch.clock import SHANGHAI
from kbsearch.schema.context import Info
from kbsearch.schema.fields import of_row, resolved
from kbsearch.schema.ids import encode_id
from kbsearch.schema.types.content import ContentText, content_text
from kbsearch.schema.types.node import Node
from kbsearch.schema.types.person import Person, person_of
from kbsearch.services.reading import Page
from kbsearch.store import tables
from kbsearch.store.tables import VersionSource


@strawberry.type(description="出处：凭它总能再打开这一版的原文（正文隐藏的只见标题与通知），供工单引用")
class Citation:
    """Knowledge, version and moment."""

    knowledge_id: strawberry.ID | None = strawberry.field(description="知识的不透明编号，可用 knowledge(id) 打开；公告没有")
    number: int = strawberry.field(description="版本号")
    at: datetime = strawberry.field(description="引用的时刻")
    text: str = strawberry.field(description="可粘贴到工单里的一行")
    announcement_id: strawberry.ID | None = strawberry.field(
        default=None, description="公告的不透明编号，可用 announcement(id) 打开；知识没有"
    )


def cite(page: Page, version: tables.SubjectVersion, at: datetime) -> Citation:
    """The citation of one version of a page."""
    day = at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
    key = page.life.subject.id
    text = f"《{version.title}》知识 {key} 第 {version.number} 版，引用于 {day}"
    return Citation(knowledge_id=strawberry.ID(encode_id("Knowledge", key)), number=version.number, at=at, text=text)


@strawberry.type(description="知识的一个版本，成立后不再改变；正文隐藏时只有标题")
class KnowledgeVersion(Node):
    """One accepted wording."""

    page: strawberry.Private[Page]
    row: strawberry.Private[tables.SubjectVersion]
    number: int = of_row("版本号")
    material: bool = of_row("是否实质变更")
    source: VersionSource = of_row("来历")
    base_number: int | None = of_row("在哪一版上改成")
    live_from: datetime = of_row("何时开始生效")
    distribution: list[str] = of_row("总部指定的省公司，两位大写字母")
    content_hash: str = of_row("内容哈希（contentHash）")
    created_at: datetime = of_row("何时成立")

    def node_key(self) -> str:
        """Knowledge id and number."""
        return f"{self.row.subject_id}:{self.row.number}"

    @resolved("全文；正文隐藏时只有标题")
    def content(self) -> ContentText:
        """The wording as this reader may see it."""
        return content_text(self.page.content(self.row))

    @resolved("标题")
    def title(self) -> str:
        """Always visible."""
        return self.row.title

    @resolved("正文；隐藏时为空")
    def body(self) -> str:
        """The text."""
        return self.page.content(self.row).body

    @resolved("摘要；隐藏时为空")
    def summary(self) -> str:
        """The summary."""
        return self.page.content(self.row).summary

    @resolved("口径：一句可对客户说的话；隐藏时为空")
    def script(self) -> str:
        """What to say to the customer."""
        return self.page.content(self.row).script

    @resolved("关键词；隐藏时为空")
    def keywords(self) -> list[str]:
        """In the author's order."""
        return list(self.page.content(self.row).keywords)

    @resolved("适用省份，两位大写字母；空为全国")
    def regions(self) -> list[str]:
        """A badge, never a wall."""
        return list(self.page.content(self.row).regions)

    @resolved("作者要求的生效时间")
    def effective_from(self) -> datetime | None:
        """As written."""
        return self.row.effective_from

    @resolved("失效时间；空为长期有效")
    def effective_to(self) -> datetime | None:
        """As written."""
        return self.row.effective_to

    @resolved("何时停止生效；空为未定，或从未生效")
    def live_to(self) -> datetime | None:
        """Derived from the whole life."""
        interval = self.page.life.timeline.interval(self.row.number) if self.row.accepted else None
        return None if interval is None else interval.live_to

    @resolved("现在是否生效")
    def is_current(self) -> bool:
        """In force at the operation's instant."""
        return self.row.accepted and self.page.life.timeline.current(self.page.now) == self.row.number

    @resolved("正文是否隐藏（停用、发布错误）；隐藏时请看知识的通知")
    def text_hidden(self) -> bool:
        """Title and notice only."""
        return self.page.text_hidden

    @resolved("修改说明；正文隐藏时为空")
    def change_note(self) -> str:
        """It may quote the text, so it hides with it."""
        return "" if self.page.text_hidden else self.row.change_note

    @resolved("作者；总部下发的没有")
    def author(self, info: Info) -> Person | None:
        """Who wrote it here."""
        return person_of(info, self.row.author_id)

    @resolved("出处")
    def citation(self) -> Citation:
        """Opens this wording again."""
        return cite(self.page, self.row, self.page.now)


def version_of(page: Page, row: tables.SubjectVersion | None) -> KnowledgeVersion | None:
    """One version on its page."""
    return None if row is None else KnowledgeVersion(page=page, row=row)
