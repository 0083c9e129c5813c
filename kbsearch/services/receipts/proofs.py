"""The proof of a signature: who signed which wording when, under a secret only this installation has; stores nothing itself."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime

from sqlmodel import Session

from kbsearch.clock import wire_time
from kbsearch.store.dialect import insert_absent
from kbsearch.store.tables import AppSecret, Receipt
from kbsearch.store.unit import Unit

_SECRET_NAME = "receipt"  # noqa: S105 - the name of a secret, not one


def proof_key(session: Session) -> bytes | None:
    """The installation's secret for proofs; None while nothing was ever signed."""
    row = session.get(AppSecret, _SECRET_NAME)
    return None if row is None else bytes.fromhex(row.value)


def own_proof_key(unit: Unit) -> bytes:
    """The same, made where there is none yet; of two made at once the first counts."""
    known = proof_key(unit.session)
    if known is not None:
        return known
    insert_absent(unit.session, AppSecret, [{"name": _SECRET_NAME, "value": secrets.token_hex(32)}])
    made = proof_key(unit.session)
    if made is None:
        raise RuntimeError("the secret for proofs could not be stored")
    return made


def proof_of(key: bytes, *, person_id: str, subject_id: str, content_hash: str, signed_at: datetime) -> str:
    """Hex HMAC-SHA256 over person, announcement, wording and instant."""
    signed = "\n".join((person_id, subject_id, content_hash, wire_time(signed_at) or ""))
    return hmac.digest(key, signed.encode(), "sha256").hex()


def proof_holds(key: bytes, receipt: Receipt) -> bool:
    """Whether a stored receipt says what was signed."""
    if receipt.signed_at is None:
        return False
    expected = proof_of(
        key, person_id=receipt.person_id, subject_id=receipt.subject_id, content_hash=receipt.content_hash, signed_at=receipt.signed_at
    )
    return hmac.compare_digest(expected, receipt.proof)
