"""A person reads and signs an announcement; each receipt is bound to the wording, and giving one twice changes nothing."""

from __future__ import annotations

from kbsearch.errors import Refusal, RefusalCode, Refused
from kbsearch.services.announcements.reading import AnnouncementPage, announcement_pages
from kbsearch.services.receipts.proofs import own_proof_key, proof_of
from kbsearch.services.refusals import not_found, violated
from kbsearch.store.dialect import insert_absent
from kbsearch.store.tables import Receipt, SubjectVersion
from kbsearch.store.unit import Unit
from kbsearch.workflow.decide import Actor

_FIELD = "announcementId"


def _addressed(unit: Unit, actor: Actor, announcement_id: str) -> AnnouncementPage:
    """The announcement, as somebody sees it whom it is for."""
    page = announcement_pages(unit.session, actor, [announcement_id], unit.now).get(announcement_id)
    if page is None:
        raise not_found("公告", _FIELD)
    if not page.addressed:
        raise violated("NOT_ADDRESSED", "这个公告不是发给您的，不须您已读或签收。", _FIELD)
    return page


def _receipt(unit: Unit, actor: Actor, version: SubjectVersion) -> Receipt:
    """The person's receipt for this wording, written as read where there was none."""
    row = {
        "subject_id": version.subject_id,
        "person_id": actor.id,
        "content_hash": version.content_hash,
        "version_number": version.number,
        "read_at": unit.now,
        "proof": "",
    }
    insert_absent(unit.session, Receipt, [row])
    key = (version.subject_id, actor.id, version.content_hash)
    return unit.session.get_one(Receipt, key, with_for_update=True, populate_existing=True)


def mark_read(unit: Unit, actor: Actor, announcement_id: str) -> Receipt:
    """已读: the wording in force, or last in force, was opened."""
    page = _addressed(unit, actor, announcement_id)
    version = page.version(page.shown.number) if page.shown is not None else None
    if version is None:
        raise violated("NOT_IN_FORCE", "这个公告尚未正式发布，发布后再看。", _FIELD)
    return _receipt(unit, actor, version)


def sign(unit: Unit, actor: Actor, announcement_id: str, *, content_hash: str) -> Receipt:
    """签收: exactly the wording in force, named by its hash; it counts as read too.

    Raises Refused: STALE_OBJECT when the wording is another by now.
    """
    page = _addressed(unit, actor, announcement_id)
    if page.current is None:
        raise violated("NOT_IN_FORCE", f"这个公告现在是“{page.status.label}”，不须签收。", _FIELD)
    if page.current.content_hash != content_hash:
        raise _other_wording(page)
    receipt = _receipt(unit, actor, page.current)
    if receipt.signed_at is None:
        receipt.signed_at = unit.now
        receipt.proof = proof_of(
            own_proof_key(unit), person_id=actor.id, subject_id=announcement_id, content_hash=content_hash, signed_at=unit.now
        )
    return receipt


def _other_wording(page: AnnouncementPage) -> Refused:
    return Refused(
        Refusal(
            RefusalCode.STALE_OBJECT,
            "公告内容已经更正，与您所看的不是同一份，请重新打开后再签收。",
            rule="CONTENT_HASH",
            field=("contentHash",),
            details={"state": page.status.value},
        )
    )
