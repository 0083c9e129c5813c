"""One version of an announcement; wording leaves only through AnnouncementPage.content."""

from datetime import datetime

import strawberry

from kbsearch.clock import SHANGHAI
from kbsearch.schema.context import Info
from kbsearch.schema.fields import of_row, resolved
from kbsearch.schema.ids import encode_id
from kbsearch.schema.types.audience import AnnouncementTerms, announcement_terms
from kbsearch.schema.types.content import ContentText, content_text
from kbsearch.schema.types.node import Node
from kbsearch.schema.types.person import Person, person_of
from kbsearch.schema.types.version import Citation
from kbsearch.services.announcements.reading import AnnouncementPage
from kbsearch.store import tables
from kbsearch.store.audiences import terms_of
from kbsearch.store.tables import VersionSource


def cite_announcement(page: AnnouncementPage, version: tables.SubjectVersion, at: datetime) -> Citation:
    """The citation of one version of an announcement."""
    day = at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
    key = page.life.subject.id
    text = f"《{version.title}》公告 {key} 第 {version.number} 版，引用于 {day}"
    opaque = strawberry.ID(encode_id("Announcement", key))
    return Citation(knowledge_id=None, announcement_id=opaque, number=version.number, at=at, text=text)


@strawberry.type(description="公告的一个版本，成立后不再改变；正文隐藏时只有标题")
class AnnouncementVersion(Node):
    """One accepted wording."""

    page: strawberry.Private[AnnouncementPage]
    row: strawberry.Private[tables.SubjectVersion]
    number: int = of_row("版本号")
    material: bool = of_row("是否实质变更")
    source: VersionSource = of_row("来历")
    base_number: int | None = of_row("在哪一版上更正")
    live_from: datetime = of_row("何时开始生效")
    distribution: list[str] = of_row("总部发往的单位代码")
    content_hash: str = of_row("内容哈希（contentHash）")
    created_at: datetime = of_row("何时成立")

    def node_key(self) -> str:
        """Announcement id and number."""
        return f"{self.row.subject_id}:{self.row.number}"

    @resolved("全文；正文隐藏时只有标题")
    def content(self) -> ContentText:
        """The wording as this reader may see it."""
        return content_text(self.page.content(self.row))

    @resolved("标题")
    def title(self) -> str:
        """Always visible to whom it is for."""
        return self.row.title

    @resolved("正文；隐藏时为空")
    def body(self) -> str:
        """The text."""
        return self.page.content(self.row).body

    @resolved("对象、必读、回复，如这一版所写")
    def terms(self) -> AnnouncementTerms:
        """As written."""
        return announcement_terms(terms_of(self.row))

    @resolved("失效时间；空为长期有效")
    def effective_to(self) -> datetime | None:
        """As written."""
        return self.row.effective_to

    @resolved("何时停止生效；空为未定，或从未生效")
    def live_to(self) -> datetime | None:
        """Derived from the whole life."""
        interval = self.page.life.timeline.interval(self.row.number)
        return None if interval is None else interval.live_to

    @resolved("现在是否生效")
    def is_current(self) -> bool:
        """In force at the operation's instant."""
        return self.page.life.timeline.current(self.page.now) == self.row.number

    @resolved("更正说明；正文隐藏时为空")
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
        return cite_announcement(self.page, self.row, self.page.now)


def announcement_version(page: AnnouncementPage, row: tables.SubjectVersion | None) -> AnnouncementVersion | None:
    """One version on its page."""
    return None if row is None else AnnouncementVersion(page=page, row=row)
