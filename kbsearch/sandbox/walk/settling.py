"""Waits until all messages of all systems have arrived and are settled; changes nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator

from kbsearch.sandbox.walk.desk import PAGE
from kbsearch.sandbox.walk.stage import Stage

LOOK_EVERY = 0.25
QUIET_LOOKS = 2
_WAITING = {
    "我方发件箱待发": "query { outbox(first: 5, filter: {statuses: [PENDING]}) { edges { node { kind } } } }",
    "我方死信": "query { outbox(first: 5, filter: {statuses: [DEAD]}) { edges { node { kind } } } }",
    "我方收件箱未处理": "query { inbox(first: 5, filter: {statuses: [RECEIVED, DEFERRED]}) { edges { node { kind } } } }",
}


def unsettled(stage: Stage, patience: float) -> list[str]:
    """What still waits when patience ends, in Chinese; empty as soon as everything is quiet at two looks in a row."""
    end = time.monotonic() + patience
    quiet = 0
    while True:
        waiting = list(_still_waiting(stage))
        quiet = 0 if waiting else quiet + 1
        if quiet >= QUIET_LOOKS or (waiting and time.monotonic() >= end):
            return waiting
        time.sleep(LOOK_EVERY)


def _still_waiting(stage: Stage) -> Iterator[str]:
    for what, query in _WAITING.items():
        if kinds := [each["kind"] for each in stage.operator.listed(query)]:
            yield f"{what}：{'、'.join(kinds)}"
    for name, system in (("总部", stage.hq), *stage.provinces.items()):
        sent = system.get("/api/messages", direction="sent")["sent"]
        for state, what in (("PENDING", "待发"), ("DEAD", "发出被拒")):
            if left := [_told(each) for each in sent if each["state"] == state]:
                yield f"{name}{what}：{'、'.join(left[:5])}"
    if held := stage.misbehaviour.view()["waiting"]:
        yield f"总部按故障计划压着的：{held} 件"


def _told(message: PAGE) -> str:
    return f"{message['kind']}（{message['lastError'] or '未发'}）"
