"""The frame of every HQ page: its name, its words, and how its addresses become routes; shows no noun."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from kbsearch.sandbox.hq.cases import STATES
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.reasons import REASON_CODES, REVOKE_REASONS
from kbsearch.sandbox.web import Endpoint, form_endpoint, page

SYSTEM = "一级客服系统（沙箱）"


def show(desk: HqDesk, template: str, **values: Any) -> Response:
    """Render one page of HQ."""
    words = {"states": STATES, "reason_codes": REASON_CODES, "revoke_reasons": REVOKE_REASONS}
    shared: dict[str, Any] = {"system": SYSTEM, "mode": desk.mode, "provinces": desk.provinces, **words}
    return page(template, **shared, **values)


def doors(pages: Mapping[str, Endpoint], forms: Mapping[str, Endpoint]) -> list[Route]:
    """Pages by GET, forms by POST; a refusal becomes a page with its sentence."""
    return [
        *(Route(path, form_endpoint(SYSTEM, endpoint), methods=["GET"]) for path, endpoint in pages.items()),
        *(Route(path, form_endpoint(SYSTEM, endpoint), methods=["POST"]) for path, endpoint in forms.items()),
    ]
