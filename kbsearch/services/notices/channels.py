"""Where else a person wants to be told: they choose it themselves; the secret of a webhook is shown once."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Collection
from dataclasses import dataclass

from sqlmodel import col, update

from kbsearch.services.notices.addresses import BadAddress, mail_problem, webhook_target
from kbsearch.services.refusals import violated
from kbsearch.store.notice_channels import MAIL, WEBHOOK
from kbsearch.store.tables import NoticeChannel, OutboxMessage, OutboxStatus
from kbsearch.store.unit import Unit
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.notices import NoticeKind

_SECRET_BYTES = 24


@dataclass(frozen=True, slots=True)
class Choice:
    """What to change; None leaves as it is, an empty text gives the channel up, empty `kinds` mean all."""

    mail: str | None = None
    webhook_url: str | None = None
    kinds: Collection[NoticeKind] | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The channel as it is now, with the webhook's secret where it is new."""

    channel: NoticeChannel
    new_secret: str | None = None


def set_channel(unit: Unit, actor: Actor, choice: Choice) -> Chosen:
    """Choose for oneself. What waits for an address given up is cancelled; another URL gets another secret."""
    channel = unit.session.get(NoticeChannel, actor.id, with_for_update=True, populate_existing=True)
    if channel is None:
        channel = NoticeChannel(person_id=actor.id, updated_at=unit.now)
        unit.session.add(channel)
    if choice.mail is not None:
        _set_mail(unit, channel, choice.mail.strip())
    new_secret = None if choice.webhook_url is None else _set_webhook(unit, channel, choice.webhook_url.strip())
    if choice.kinds is not None:
        channel.kinds = ",".join(sorted({kind.value for kind in choice.kinds}))
    channel.updated_at = unit.now
    unit.session.flush()
    return Chosen(channel, new_secret)


def _set_mail(unit: Unit, channel: NoticeChannel, mail: str) -> None:
    if mail and not unit.notice_ways.mail:
        raise violated("NO_MAIL_HERE", "本系统没有配置邮件服务器，请联系管理员，或改用回调网址。", "mail")
    problem = mail_problem(mail) if mail else None
    if problem:
        raise violated("BAD_ADDRESS", f"{problem}。", "mail")
    if mail != channel.mail:
        _cancel(unit, channel, MAIL)
    channel.mail = mail


def _set_webhook(unit: Unit, channel: NoticeChannel, url: str) -> str | None:
    if url == channel.webhook_url:
        return None
    if url and not unit.notice_ways.webhook:
        raise violated("NO_WEBHOOK_HERE", "本系统没有开启回调，请联系管理员。", "webhookUrl")
    if url:
        try:
            webhook_target(url, private=unit.notice_ways.private_webhooks)
        except BadAddress as bad:
            raise violated("BAD_ADDRESS", f"{bad}，请更换。", "webhookUrl") from bad
    _cancel(unit, channel, WEBHOOK)
    channel.webhook_url = url
    channel.webhook_secret = f"whsec_{base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}" if url else ""
    return channel.webhook_secret or None


def _cancel(unit: Unit, channel: NoticeChannel, destination: str) -> None:
    waiting = (
        col(OutboxMessage.destination) == destination,
        col(OutboxMessage.document_key) == channel.person_id,
        col(OutboxMessage.status).in_([OutboxStatus.PENDING, OutboxStatus.DEAD]),
    )
    unit.session.execute(
        update(OutboxMessage).where(*waiting).values(status=OutboxStatus.CANCELLED).execution_options(synchronize_session=False)
    )
