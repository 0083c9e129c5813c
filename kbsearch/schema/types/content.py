"""Wording as input and output, and what differs between two wordings."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import strawberry

from kbsearch.content import Content
from kbsearch.schema.context import Info
from kbsearch.schema.fields import resolved
from kbsearch.schema.types.attachment import Attachment, attachments_of
from kbsearch.schema.types.audience import AnnouncementTerms, AnnouncementTermsInput, announcement_terms, terms_over
from kbsearch.services.differences import ChangeKind, FieldDifference, differences


@strawberry.type(name="Content", description="读者所见的全文：一个版本或一次修订的各项内容")
class ContentText:
    """Every field a reader sees."""

    title: str = strawberry.field(description="标题")
    body: str = strawberry.field(description="正文")
    summary: str = strawberry.field(description="摘要")
    script: str = strawberry.field(description="口径：一句可对客户说的话")
    keywords: list[str] = strawberry.field(description="关键词，保持次序")
    regions: list[str] = strawberry.field(description="适用省份，两位大写字母；空为全国")
    effective_from: datetime | None = strawberry.field(description="生效时间；空为通过即生效")
    effective_to: datetime | None = strawberry.field(description="失效时间；空为长期有效")
    attachments: list[str] = strawberry.field(description="附件的 SHA-256")
    terms: AnnouncementTerms | None = strawberry.field(default=None, description="公告的条款：对象、必读、回复；知识和回复没有")

    @resolved("附件：名称、大小、下载地址；未到的在后")
    def attachment_files(self, info: Info) -> list[Attachment]:
        """What the digests stand for."""
        return attachments_of(info, self.attachments)


def content_text(content: Content) -> ContentText:
    """Our value as the schema shows it."""
    return ContentText(
        title=content.title,
        body=content.body,
        summary=content.summary,
        script=content.script,
        keywords=list(content.keywords),
        regions=list(content.regions),
        effective_from=content.effective_from,
        effective_to=content.effective_to,
        attachments=list(content.attachments),
        terms=None if content.terms is None else announcement_terms(content.terms),
    )


@strawberry.input(description="要写入的内容；没有给的项保持原样（新建时为空），给 null 则清空")
class ContentInput:
    """Any subset of the fields of a wording."""

    title: str | None = strawberry.field(default=strawberry.UNSET, description="标题，最长 200 个字")
    body: str | None = strawberry.field(default=strawberry.UNSET, description="正文，最长 200000 个字")
    summary: str | None = strawberry.field(default=strawberry.UNSET, description="摘要，最长 1000 个字")
    script: str | None = strawberry.field(default=strawberry.UNSET, description="口径：一句可对客户说的话，最长 500 个字")
    keywords: list[str] | None = strawberry.field(default=strawberry.UNSET, description="关键词，最多 50 个")
    regions: list[str] | None = strawberry.field(default=strawberry.UNSET, description="适用省份，两位大写字母，如 BJ；空为全国")
    effective_from: datetime | None = strawberry.field(default=strawberry.UNSET, description="生效时间；空为通过即生效")
    effective_to: datetime | None = strawberry.field(default=strawberry.UNSET, description="失效时间；空为长期有效")
    attachments: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="附件的 SHA-256，由 POST /attachments 上传所得，最多 20 个"
    )
    terms: AnnouncementTermsInput | None = strawberry.field(default=strawberry.UNSET, description="公告的条款；知识和回复不能有")


_EMPTY: dict[str, Any] = {"keywords": (), "regions": (), "attachments": (), "effective_from": None, "effective_to": None}


def written_over(given: ContentInput, start: Content) -> Content:
    """`start` with the given fields put over it; null empties a field."""
    changes: dict[str, Any] = {}
    for name, value in vars(given).items():
        if name == "terms" and value is not strawberry.UNSET:
            changes[name] = terms_over(value, start.terms)
        elif value is not strawberry.UNSET:
            kept = _EMPTY.get(name, "") if value is None else value
            changes[name] = tuple(kept) if isinstance(kept, list) else kept
    return replace(start, **changes)


@strawberry.type(description="一段未变、删去或新增的文字")
class TextRun:
    """A run a screen can colour."""

    kind: ChangeKind = strawberry.field(description="变化")
    text: str = strawberry.field(description="文字")


@strawberry.type(name="FieldDifference", description="有变化的一项内容")
class Difference:
    """One field that differs."""

    field: str = strawberry.field(description="项的名称，如 body")
    label: str = strawberry.field(description="项的中文名")
    before: str = strawberry.field(description="之前")
    after: str = strawberry.field(description="之后")
    runs: list[TextRun] = strawberry.field(description="从之前到之后的逐段变化")


def difference_list(before: Content, after: Content) -> list[Difference]:
    """The fields that differ, as the schema shows them."""
    return [_difference(d) for d in differences(before, after)]


def _difference(found: FieldDifference) -> Difference:
    runs = [TextRun(kind=r.kind, text=r.text) for r in found.runs]
    return Difference(field=found.field, label=found.label, before=found.before, after=found.after, runs=runs)
