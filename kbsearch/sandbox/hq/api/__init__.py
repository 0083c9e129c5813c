"""HQ's JSON API for people, tests and the walk, by noun; every endpoint reads its input and calls one operation."""

from __future__ import annotations

from starlette.routing import Route

from kbsearch.sandbox.hq.api.announcements import announcement_routes
from kbsearch.sandbox.hq.api.attachments import attachment_routes
from kbsearch.sandbox.hq.api.cases import case_routes
from kbsearch.sandbox.hq.api.feedback import feedback_routes
from kbsearch.sandbox.hq.api.knowledge import knowledge_routes
from kbsearch.sandbox.hq.api.messages import message_routes
from kbsearch.sandbox.hq.api.settings import setting_routes
from kbsearch.sandbox.hq.api.sync import sync_routes
from kbsearch.sandbox.hq.api.taxonomy import taxonomy_routes
from kbsearch.sandbox.hq.desk import HqDesk

_NOUNS = (
    case_routes,
    knowledge_routes,
    announcement_routes,
    feedback_routes,
    taxonomy_routes,
    sync_routes,
    attachment_routes,
    message_routes,
    setting_routes,
)


def api_routes(desk: HqDesk) -> list[Route]:
    """All of `/api`."""
    return [route for routes in _NOUNS for route in routes(desk)]
