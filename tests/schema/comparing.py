"""A projector for tests: whatever the compiled plan makes of a value, graphql-core must make the same, byte for byte."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import orjson
from graphql.execution import Executor

from kbsearch.http.projecting import NOT_PROJECTED, RootValue
from kbsearch.schema.projection import CompiledProjector


class ComparingProjector:
    """Projects as the service does, then has graphql-core complete the same value.

    `mismatches` must stay empty; `projected` counts the root fields that were.
    """

    def __init__(self) -> None:
        self.projected: Counter[str] = Counter()
        self.fallbacks: list[tuple[str, Exception]] = []
        self.mismatches: list[tuple[str, Any, Any]] = []
        self._compiled = CompiledProjector(on_fallback=lambda field, error: self.fallbacks.append((field, error)))
        self._comparing = threading.local()

    def project(self, root: RootValue) -> Any:
        if getattr(self._comparing, "now", False):  # graphql-core completes a non-null type by completing the one inside
            return NOT_PROJECTED
        mine = self._compiled.project(root)
        if mine is NOT_PROJECTED:
            return mine
        self.projected[root.info.field_name] += 1
        before = len(root.executor.collected_errors.errors)
        self._comparing.now = True
        try:
            cores = Executor.complete_value(root.executor, root.type, root.details, root.info, root.path, root.value, None)
        finally:
            self._comparing.now = False
        if len(root.executor.collected_errors.errors) != before or orjson.dumps(mine) != orjson.dumps(cores):
            self.mismatches.append((root.info.field_name, mine, cores))
        return mine
