"""Choose the media type of the answer from the Accept header, as GraphQL-over-HTTP asks; parses nothing else."""

from __future__ import annotations

from enum import StrEnum


class MediaType(StrEnum):
    """What this endpoint can answer with."""

    GRAPHQL = "application/graphql-response+json"
    JSON = "application/json"
    HTML = "text/html"


# Where a client likes several equally well: the precise type first. A bare wildcard means JSON (audit 47DE).
_MATCHES = {
    "application/graphql-response+json": MediaType.GRAPHQL,
    "application/json": MediaType.JSON,
    "application/*": MediaType.JSON,
    "*/*": MediaType.JSON,
    "text/html": MediaType.HTML,
    "text/*": MediaType.HTML,
}
_PREFERENCE = (MediaType.HTML, MediaType.GRAPHQL, MediaType.JSON)


def choose_media_type(accept: str | None, *, html: bool) -> MediaType | None:
    """Return the best type the client accepts, JSON where it names none, None where nothing fits; HTML only if `html`."""
    if accept is None or not accept.strip():
        return MediaType.JSON
    wanted: dict[MediaType, float] = {}
    for entry in accept.split(","):
        name, *parameters = (part.strip().lower() for part in entry.split(";"))
        media_type = _MATCHES.get(name)
        if media_type is None or (media_type is MediaType.HTML and not html):
            continue
        wanted[media_type] = max(wanted.get(media_type, 0.0), _quality(parameters))
    acceptable = [media_type for media_type in _PREFERENCE if wanted.get(media_type, 0.0) > 0]
    return max(acceptable, key=lambda media_type: wanted[media_type], default=None)


def accepts_event_stream(accept: str | None) -> bool:
    """Tell whether the client names `text/event-stream`; a wildcard is no wish for a stream."""
    for entry in (accept or "").split(","):
        name, *parameters = (part.strip().lower() for part in entry.split(";"))
        if name == "text/event-stream":
            return _quality(parameters) > 0
    return False


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                quality = float(value)
            except ValueError:
                return 0.0
            return quality if 0 <= quality <= 1 else 0.0
    return 1.0
