"""Taking files in: uploads by authors and reviewers, and what headquarters' wordings name and we do not hold yet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import BinaryIO

import structlog
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from kbsearch.attachments.extract import text_of
from kbsearch.attachments.kinds import BadFile, Kind, kind_of_bytes, recognise, tidy_name
from kbsearch.attachments.port import Fetched, FileStore, FileStoreFault, Stored
from kbsearch.services.attachments import arrived
from kbsearch.services.refusals import denied
from kbsearch.store.outbox import back_off
from kbsearch.store.tables import Attachment, AttachmentFetch
from kbsearch.store.unit import Store, Unit
from kbsearch.workflow.actions import Role
from kbsearch.workflow.decide import Actor

UPLOADERS = frozenset({Role.AUTHOR, Role.REVIEWER})
_TRIES = 5
_FETCHES = 20
_REFUSED_AGAIN_AFTER = timedelta(days=1)  # headquarters may have mended it by then; asking every minute mends nothing
_LOG = structlog.get_logger()

Fetch = Callable[[str], Fetched]


class _TakenAwayError(Exception):
    """The cleaner removed the file between its storing and its row."""


def require_uploader(actor: Actor) -> None:
    """Refuse whoever writes nothing that could name a file."""
    if not actor.roles & UPLOADERS:
        raise denied("您没有权限上传附件，须由知识生成人员或知识管理员来做。")


def upload(store: Store, files: FileStore, actor: Actor, *, name: str, file: BinaryIO) -> Attachment:
    """Keep what a person uploads; `file` is seekable. The same bytes again give the row there was, with its first name.

    Raises Refused (no right), BadFile (not allowed), FileStoreFault.
    """
    require_uploader(actor)
    tidied = tidy_name(name)
    return _keep(store, files, file, name=tidied, kind=recognise(tidied, file), uploaded_by=actor.id)


def _keep(store: Store, files: FileStore, file: BinaryIO, *, name: str, kind: Kind, uploaded_by: str | None) -> Attachment:
    """The file first, then its row: a kill between them leaves a file that nothing names and the cleaner removes."""
    made: Attachment | None = None
    for _ in range(_TRIES):
        file.seek(0)
        stored = files.put(file)
        if made is None and not _known(store, stored.sha256):
            made = _made(store, file, stored, name=name, kind=kind, uploaded_by=uploaded_by)
        try:
            return _kept_row(store, files, stored.sha256, made)
        except (_TakenAwayError, IntegrityError):  # cleaned away, or stored by somebody else at the same moment: judge again
            continue
    raise FileStoreFault("附件没有存成，请重新上传")


def _kept_row(store: Store, files: FileStore, sha256: str, made: Attachment | None) -> Attachment:
    with store.write() as unit:
        row = _row(unit, sha256, made)
        if row is None or not files.exists(sha256):
            raise _TakenAwayError
        return row


def _known(store: Store, sha256: str) -> bool:
    with store.read() as session:
        return session.exec(select(Attachment.sha256).where(Attachment.sha256 == sha256)).first() is not None


def _made(store: Store, file: BinaryIO, stored: Stored, *, name: str, kind: Kind, uploaded_by: str | None) -> Attachment:
    found = text_of(kind, file)
    return Attachment(
        sha256=stored.sha256,
        name=name,
        media_type=kind.media_type,
        size=stored.size,
        text=found.text,
        note=found.note,
        uploaded_by=uploaded_by,
        created_at=store.clock(),
    )


def _row(unit: Unit, sha256: str, made: Attachment | None) -> Attachment | None:
    """The row, locked: the one there was, renewed against the cleaner, or a copy of `made`; None: there was one a moment ago."""
    row = unit.session.get(Attachment, sha256, with_for_update=True)
    if row is not None:
        row.created_at = unit.now
        return row
    if made is None:
        return None
    row = Attachment(**made.model_dump())
    unit.session.add(row)
    unit.session.flush()
    arrived(unit, sha256)
    return row


def fetch_missing(store: Store, files: FileStore, fetch: Fetch) -> int:
    """Fetch from headquarters what is due; returns how many arrived. Attempts are counted before the work."""
    arrivals = 0
    for sha256 in _due(store):
        attempts = _count_attempt(store, sha256)
        if attempts is None:
            continue
        fetched = fetch(sha256)
        problem = fetched.error if fetched.file is None else _take_in(store, files, fetched.file, sha256, fetched.name)
        if problem:
            _LOG.warning("attachment.not_fetched", sha256=sha256, attempts=attempts, why=problem)
            _note_failure(store, sha256, problem, refused=fetched.refused or fetched.file is not None)
        else:
            arrivals += 1
        if fetched.unreachable:
            break
    return arrivals


def _due(store: Store) -> list[str]:
    with store.read() as session:
        return _due_in(session, store)


def _due_in(session: Session, store: Store) -> list[str]:
    statement = select(AttachmentFetch.sha256).where(AttachmentFetch.due_at <= store.clock())
    return list(session.exec(statement.order_by(col(AttachmentFetch.due_at)).limit(_FETCHES)))


def _count_attempt(store: Store, sha256: str) -> int | None:
    with store.write() as unit:
        row = unit.session.get(AttachmentFetch, sha256, with_for_update=True)
        if row is None or row.due_at > unit.now:  # it came meanwhile, or another process is at it
            return None
        row.attempts += 1
        row.due_at = unit.now + back_off(row.attempts)
        return row.attempts


def _take_in(store: Store, files: FileStore, file: BinaryIO, sha256: str, name: str) -> str:
    """Keep what headquarters sent; returns what is wrong with it, empty when it is kept."""
    try:
        with file:
            named, kind = _identified(file, sha256, name)
            _keep(store, files, file, name=named, kind=kind, uploaded_by=None)
    except (BadFile, FileStoreFault) as problem:
        return str(problem)
    return ""


def _identified(file: BinaryIO, sha256: str, name: str) -> tuple[str, Kind]:
    """A fitting name and the kind: headquarters' name where bytes bear it out, else one made from the digest."""
    try:
        tidied = tidy_name(name)
        return tidied, recognise(tidied, file)
    except BadFile:
        kind = kind_of_bytes(file)
        return f"附件-{sha256[:8]}.{kind.extension}", kind


def _note_failure(store: Store, sha256: str, problem: str, *, refused: bool) -> None:
    with store.write() as unit:
        row = unit.session.get(AttachmentFetch, sha256, with_for_update=True)
        if row is not None:
            row.last_error = problem[:500]
            if refused:
                row.due_at = unit.now + _REFUSED_AGAIN_AFTER
