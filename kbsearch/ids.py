"""New identifiers, passed in like time so that tests can repeat a run."""

from __future__ import annotations

import secrets
from collections.abc import Callable

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford base 32: no I, L, O, U to misread

NewId = Callable[[], str]


def random_id() -> str:
    """16 characters, 80 random bits: short enough to read out, too many to guess or collide."""
    bits = secrets.randbits(80)
    return "".join(_ALPHABET[bits >> shift & 31] for shift in range(0, 80, 5))
