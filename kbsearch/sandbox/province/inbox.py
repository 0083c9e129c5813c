"""A province's door for HQ's messages: each webhook-id acts once, everything is stored before the 2xx."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.province.announcements import keep_reply, reply_by_itself
from kbsearch.sandbox.province.deliveries import KINDS as CARRYING
from kbsearch.sandbox.province.deliveries import receive_delivery
from kbsearch.sandbox.province.desk import ProvinceDesk
from kbsearch.sandbox.province.feedback import hear_answer, hear_result
from kbsearch.sandbox.province.papers import hear_of_paper
from kbsearch.sandbox.refusal import RefusalError

DECISIONS = ("case.acknowledge", "case.approve", "case.return", "case.reject")
_ACTS = {"reply.deliver": keep_reply, "feedback.answer": hear_answer, "feedback.result": hear_result}
KINDS = (*CARRYING, *DECISIONS, *_ACTS)


def receive(desk: ProvinceDesk, webhook_id: str, message: dict[str, Any]) -> str:
    """Take in one verified message; return what came of it."""
    kind, data = message.get("kind"), message.get("data")
    if kind not in KINDS or not isinstance(data, dict):
        raise RefusalError.invalid(f"不认识的消息种类 {kind!r}，本省支持：{'、'.join(KINDS)}。")
    with desk.db.transaction():
        if kind in CARRYING:
            delivery = receive_delivery(desk, webhook_id, kind, data)
            if delivery is None:
                return "DUPLICATE"
            reply_by_itself(desk, delivery)
            return str(delivery["state"])
        if desk.db.one("SELECT 1 FROM told WHERE webhook_id = ?", webhook_id):
            return "DUPLICATE"
        desk.db.insert("told", webhook_id=webhook_id, kind=kind, received_at=desk.now())
        try:
            return hear_of_paper(desk, kind, data) if kind in DECISIONS else _ACTS[kind](desk, data)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise RefusalError.invalid(f"消息的 data 不完整或类型不对：{error!r}。") from error
