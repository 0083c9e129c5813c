"""A province's JSON API, by noun; every endpoint reads its input and calls one operation."""

from __future__ import annotations

from starlette.routing import Route

from kbsearch.sandbox.province.api.announcements import announcement_routes
from kbsearch.sandbox.province.api.feedback import feedback_routes
from kbsearch.sandbox.province.api.knowledge import knowledge_routes
from kbsearch.sandbox.province.desk import ProvinceDesk


def api_routes(desk: ProvinceDesk) -> list[Route]:
    """All of `/api`."""
    return [*knowledge_routes(desk), *announcement_routes(desk), *feedback_routes(desk)]
