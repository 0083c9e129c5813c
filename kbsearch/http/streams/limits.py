"""The sizes and times of subscriptions, in one frozen value; holds figures only, enforces nothing."""

from __future__ import annotations

from dataclasses import dataclass

KIBIBYTE = 1024


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """Limits of this process's subscriptions.

    `waiting` events may wait for one subscriber, for at most `slow_seconds`; then it is ended and told to go on by its last
    cursor. `recheck_seconds`: how often the rights of a subscriber to whom nothing happens are looked at again.
    `recent` portions of the journal are kept so that subscribers in step read them once for all.
    """

    connections: int = 1_000
    subscriptions: int = 2_000
    per_connection: int = 10
    message_bytes: int = 128 * KIBIBYTE
    init_seconds: float = 10.0
    ping_seconds: float = 25.0
    comment_seconds: float = 15.0
    send_seconds: float = 20.0
    waiting: int = 64
    slow_seconds: float = 10.0
    recheck_seconds: float = 60.0
    poll_seconds: float = 0.15
    retry_seconds: float = 1.0
    recent: int = 64
    threads: int = 2
