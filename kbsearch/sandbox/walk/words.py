"""Words nobody has used before, the same again for the same seed; draws nothing else."""

from __future__ import annotations

import random
import re

_LETTERS = "bcdfghjkmnpqrtvwxz"
_LENGTH = 9
# What `Words` makes, wherever it stands in a text.
WORD = re.compile(rf"v[{_LETTERS}]{{{_LENGTH}}}")


class Words:
    """An endless supply. `seed` names it: two supplies of the same name give the same words in the same order."""

    def __init__(self, seed: str) -> None:
        self.seed = seed
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose

    def of(self, name: str) -> Words:
        """A supply of its own for one flow, so that what one flow draws does not change another's words."""
        return Words(f"{self.seed}/{name}")

    def next(self) -> str:
        """A word to be searched for; no pinyin begins with v, so nothing else sounds like it."""
        return "v" + "".join(self._random.choices(_LETTERS, k=_LENGTH))
