"""Structured logs: one JSON line per event with its request id, never local variables, bodies or secrets."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog


def configure_logs(level: str, form: str) -> None:
    """Send structlog and the standard library's logging through the same processors to standard error."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,  # text only: rich tracebacks would print local variables
    ]
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if form == "console":
        renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.getLogger("uvicorn.error").addFilter(_is_ours)
    for noisy in ("httpx", "httpcore", "alembic", "dramatiq", "jieba"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))


def _is_ours(record: logging.LogRecord) -> bool:
    """Uvicorn logs a client's undecodable WebSocket text with a traceback; it closes that connection, and nothing of ours failed."""
    return not record.getMessage().startswith("Invalid UTF-8 sequence")
