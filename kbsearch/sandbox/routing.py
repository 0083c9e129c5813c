"""Two words for Starlette's routes, so that a list of doors reads as one; knows no system."""

from __future__ import annotations

from starlette.routing import Route

from kbsearch.sandbox.web import Endpoint


def get(path: str, endpoint: Endpoint) -> Route:
    """A door to read by."""
    return Route(path, endpoint, methods=["GET"])


def post(path: str, endpoint: Endpoint) -> Route:
    """A door to act by."""
    return Route(path, endpoint, methods=["POST"])
