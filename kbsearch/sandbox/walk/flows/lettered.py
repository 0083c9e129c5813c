"""Steps A1 to A6 and R1 to R6: announcements and replies take the journey of knowledge under numbers of their own."""

from __future__ import annotations

from typing import ClassVar

from kbsearch.sandbox.walk.flows.journey import Journey
from kbsearch.sandbox.walk.stepping import step


class LetteredJourney(Journey):
    """`letter` stands where knowledge has its section; 11.1 is step 6 here, and a return is part of headquarters' review."""

    letter: ClassVar[str] = ""

    @classmethod
    def numbered(cls, number: str) -> str:
        """Such as A2."""
        return cls.letter + number.removeprefix("-") if number.startswith("-") else number

    @step("-4", "{noun}接收（总部）")
    def hq_receives(self) -> None:
        """Received once, proven by its hash, acknowledged with headquarters' number."""
        super().hq_receives()

    @step("-5", "{noun}审核（总部）：退回附原因，走退回修改")
    def hq_returns(self) -> None:
        """Returned with reasons, which author and reviewer see."""
        super().hq_returns()

    @step("-6", "{noun}退回修改，重新提交审核，走第 2 步")
    def author_amends(self) -> None:
        """Edit, local review again, round two."""
        super().author_amends()
