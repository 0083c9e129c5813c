"""An attached file as a wording names it; the bytes are served by the door of files."""

import strawberry

from kbsearch.schema.context import Info
from kbsearch.schema.fields import resolved
from kbsearch.store import tables

NOT_HERE = "附件未到：正向总部取，取到即可下载"


@strawberry.type(description="附件：内容里以 SHA-256 记着的一个文件")
class Attachment:
    """One file; `row` is None until it has come from headquarters."""

    row: strawberry.Private[tables.Attachment | None]
    sha256: str = strawberry.field(description="文件字节的 SHA-256，64 位小写十六进制")

    @resolved("是否已在本系统，可以下载")
    def available(self) -> bool:
        """Whether it is here."""
        return self.row is not None

    @resolved("文件名；未到则空")
    def name(self) -> str | None:
        """As first uploaded."""
        return None if self.row is None else self.row.name

    @resolved("类型，如 application/pdf；未到则空")
    def media_type(self) -> str | None:
        """As recognised."""
        return None if self.row is None else self.row.media_type

    @resolved("字节数；未到则空")
    def size(self) -> int | None:
        """In bytes."""
        return None if self.row is None else self.row.size

    @resolved("下载地址（本服务的路径，带令牌 GET）；未到则空")
    def url(self) -> str | None:
        """Relative to this service."""
        return None if self.row is None else f"/attachments/{self.sha256}"

    @resolved("须告诉读者的：未到，或其中的文字为何检索不到；没有则空字符串")
    def note(self) -> str:
        """A Chinese sentence."""
        return NOT_HERE if self.row is None else self.row.note


def attachments_of(info: Info, digests: list[str]) -> list[Attachment]:
    """The files of a wording the reader may see, by name, those still to come last."""
    load = info.context.load
    load.attachments.want(digests)
    found = [Attachment(sha256=digest, row=load.attachments.get(digest)) for digest in digests]
    return sorted(found, key=lambda a: (a.row is None, a.row.name if a.row is not None else "", a.sha256))
