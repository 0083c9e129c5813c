"""Rows about attached files: what a wording may name, who names what, and the text of it for search. Touches no file."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy.orm import defer
from sqlmodel import Session, col, delete, select

from kbsearch.services.refusals import violated
from kbsearch.store.tables import Attachment, AttachmentFetch, AttachmentPlace, AttachmentUse, Revision
from kbsearch.store.unit import Unit

MAX_SEARCHABLE = 500_000
"""Characters of all attachments of one version that the index takes."""


def held(session: Session, digests: Collection[str]) -> dict[str, Attachment]:
    """The rows of those files that are here; their text is not loaded."""
    if not digests:
        return {}
    statement = select(Attachment).where(col(Attachment.sha256).in_(digests)).options(defer(Attachment.text, raiseload=True))  # type: ignore[arg-type]
    return {row.sha256: row for row in session.exec(statement)}


def texts_of(session: Session, digests: Iterable[str]) -> dict[str, str]:
    """What can be searched of those files that are here."""
    wanted = sorted(set(digests))
    if not wanted:
        return {}
    statement = select(Attachment.sha256, Attachment.text).where(col(Attachment.sha256).in_(wanted))
    return dict(session.exec(statement).all())


def require_known(session: Session, digests: Collection[str]) -> None:
    """Every file must be here, or on its way because a version of headquarters names it; locks the rows against cleaning."""
    if not digests:
        return
    here = set(session.exec(select(Attachment.sha256).where(col(Attachment.sha256).in_(digests)).with_for_update()))
    coming = set(session.exec(select(AttachmentFetch.sha256).where(col(AttachmentFetch.sha256).in_(digests))))
    unknown = sorted(set(digests) - here - coming)
    if unknown:
        named = "、".join(f"{digest[:12]}…" for digest in unknown[:3])
        raise violated("ATTACHMENT_UNKNOWN", f"没有这样的附件：{named}。请先上传，再以上传所得的编号填入。", "content", "attachments")


def named_by_revision(unit: Unit, submission_id: str, before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
    """A submission's working revision went from one wording to another (canonical JSON): note which files it names now."""
    dropped, named = (set((document or {}).get("attachments") or ()) for document in (before, after))
    if dropped == named:
        return
    require_known(unit.session, named)
    unit.session.flush()
    revisions = unit.session.exec(select(Revision.content).where(Revision.submission_id == submission_id))
    still = {digest for content in revisions for digest in (content or {}).get("attachments") or ()}
    gone = sorted(dropped - still)
    if gone:
        uses = (col(AttachmentUse.place) == AttachmentPlace.SUBMISSION) & (col(AttachmentUse.document_id) == submission_id)
        unit.session.execute(delete(AttachmentUse).where(uses, col(AttachmentUse.sha256).in_(gone)))
    _note(unit, named, AttachmentPlace.SUBMISSION, submission_id)


def named_by_version(unit: Unit, subject_id: str, digests: Sequence[str]) -> None:
    """An accepted version names these files; what is not here is fetched from headquarters, and the text does not wait for it."""
    if not digests:
        return
    _note(unit, digests, AttachmentPlace.SUBJECT, subject_id)
    known = held(unit.session, digests)
    for digest in sorted(set(digests) - known.keys()):
        if unit.session.get(AttachmentFetch, digest) is None:
            unit.session.add(AttachmentFetch(sha256=digest, due_at=unit.now))
    unit.session.flush()


def arrived(unit: Unit, sha256: str) -> None:
    """A file is here that was not: nobody need fetch it, and whatever names it is indexed with its text."""
    unit.session.execute(delete(AttachmentFetch).where(col(AttachmentFetch.sha256) == sha256))
    for subject_id in users_of(unit.session, sha256, AttachmentPlace.SUBJECT):
        unit.touch(subject_id)


def users_of(session: Session, sha256: str, place: AttachmentPlace) -> list[str]:
    """The ids of the documents of this kind that name the file, or, of submissions being written, did a moment ago."""
    statement = select(AttachmentUse.document_id).where(AttachmentUse.sha256 == sha256, AttachmentUse.place == place)
    return list(session.exec(statement.order_by(col(AttachmentUse.document_id))))


def _note(unit: Unit, digests: Iterable[str], place: AttachmentPlace, document_id: str) -> None:
    for digest in sorted(set(digests)):
        if unit.session.get(AttachmentUse, (digest, place, document_id)) is None:
            unit.session.add(AttachmentUse(sha256=digest, place=place, document_id=document_id))
    unit.session.flush()
