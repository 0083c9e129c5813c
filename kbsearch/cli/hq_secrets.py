"""Secrets shared with headquarters: whether the set ones have the right form, and making new ones; signs nothing."""

from __future__ import annotations

import base64
import binascii
import json
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kbsearch.settings import Settings

_PREFIX = "whsec_"
_LEAST_BYTES = 16


def new_secret() -> str:
    """A fresh key in the form of the Standard Webhooks specification: 32 random bytes."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def _sound(secret: str) -> bool:
    if not secret.startswith(_PREFIX):
        return False
    try:
        return len(base64.b64decode(secret.removeprefix(_PREFIX), validate=True)) >= _LEAST_BYTES
    except binascii.Error:
        return False


def secret_problems(settings: Settings) -> list[str]:
    """What is wrong with the set secrets, a Chinese sentence each; without them nothing can be exchanged, which is allowed."""
    problems = []
    outbound = settings.hq_outbound_secret.get_secret_value()
    if settings.hq_url and not outbound:
        problems.append("设了 KBSEARCH_HQ_URL 而没有 KBSEARCH_HQ_OUTBOUND_SECRET，报文无法签名。请设定密钥，形如 whsec_<base64>。")
    if outbound and not _sound(outbound):
        problems.append("KBSEARCH_HQ_OUTBOUND_SECRET 不合格式，须为 whsec_ 加至少 16 字节的 base64。请向总部核对后改正。")
    if not all(_sound(secret) for secret in settings.inbound_secrets):
        problems.append("KBSEARCH_HQ_INBOUND_SECRETS 不合格式，须为 whsec_ 加至少 16 字节的 base64，多把之间用逗号。请改正。")
    return problems


def kept_secrets(file: Path) -> dict[str, str]:
    """Both directions' secrets, made at the first call and kept in `file`, which its owner alone may read."""
    if not file.exists():
        made = {"outbound": new_secret(), "inbound": new_secret()}
        draft = file.with_suffix(".new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
            json.dump(made, out)
        draft.replace(file)
    kept: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return kept
