"""Enums whose members carry their Chinese label and meaning, so that schema, docs and screens say the same."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Labelled(StrEnum):
    """A string enum: `MEMBER = "CODE", "中文", "meaning in Chinese"`."""

    label: str
    meaning: str

    def __new__(cls, value: str, label: str = "", meaning: str = "") -> Self:  # noqa: D102 - how Enum builds members
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        member.meaning = meaning
        return member

    @property
    def description(self) -> str:
        """Label and meaning as one Chinese line."""
        return f"{self.label}：{self.meaning}" if self.meaning else self.label
