"""Stable names in the place of ids, hashes and numbers that differ from walk to walk; knows no noun."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

TIME = "〈时间〉"
HASH = "〈另外的哈希〉"
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?")
_TOKEN = re.compile(r"[0-9A-Za-z_-]{3,}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Names:
    """What is known by which name; an id is a run of letters, digits, `-` and `_`.

    The order of giving decides between equals, hence it must be the same in every walk.
    """

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._used: Counter[str] = Counter()

    def give(self, raw: str | None, name: str) -> str:
        """Name an id, hash or number; the first name given stays. Returns the name it goes by."""
        if not raw:
            return name
        if raw not in self._names:
            self._used[name] += 1
            self._names[raw] = name if self._used[name] == 1 else f"{name}〔{self._used[name]}〕"
        return self._names[raw]

    def of(self, raw: str | None) -> str | None:
        """The name it goes by; None for what has none."""
        return self._names.get(raw or "")

    def all(self) -> list[str]:
        """Every name given."""
        return list(self._names.values())

    def scrubbed(self, value: Any) -> Any:
        """The same JSON value with names in every text, and instants and unknown hashes blanked."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, dict):
            return {self._text(key): self.scrubbed(each) for key, each in value.items()}
        return [self.scrubbed(each) for each in value] if isinstance(value, list | tuple) else value

    def _text(self, text: str) -> str:
        return _TOKEN.sub(self._token, _INSTANT.sub(TIME, text))

    def _token(self, found: re.Match[str]) -> str:
        token = found.group()
        return self._names.get(token) or (HASH if _SHA256.fullmatch(token) else token)
