"""One attempt to hand a person one notice, by mail or by signed webhook; judges the answer, writes nothing."""

from __future__ import annotations

import smtplib
import ssl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

import httpx
import orjson
from sqlmodel import Session

from kbsearch.hq.signing import sign
from kbsearch.services import outbox
from kbsearch.services.notices.addresses import BadAddress, resolve, webhook_target
from kbsearch.store.notice_channels import MAIL, WEBHOOK
from kbsearch.store.outbox import Attempt
from kbsearch.store.tables import NoticeChannel, OutboxMessage, Person
from kbsearch.store.unit import Store

GIVE_UP_AFTER = timedelta(hours=24)  # news of yesterday helps nobody, and one broken address must not be tried for ever
SIDE_BY_SIDE = 8  # all of a portion at once: each waits at most its time-out, so none outlives its lease
_LONGEST_ANSWER = 300
_SMTP_PERMANENT = 500
# Refused for now: our clock or their key may be wrong, or they are busy.
_RETRIABLE = frozenset({401, 403, 408, 429})


@dataclass(frozen=True, slots=True)
class Smtp:
    """The mail server notices leave by."""

    host: str
    port: int
    sender: str
    starttls: bool
    user: str = ""
    password: str = ""
    timeout_seconds: float = 10.0


def _channel(session: Session, message: OutboxMessage) -> NoticeChannel | None:
    """Where the person wants it now; None for whoever has left meanwhile."""
    person = session.get(Person, message.document_key)
    return session.get(NoticeChannel, message.document_key) if person is not None and person.active else None


def _gone(message: OutboxMessage) -> Attempt:
    return Attempt(message.id, permanent=True, error="此人已不用这个渠道")


def _too_old(store: Store, message: OutboxMessage) -> bool:
    return store.clock() - message.created_at >= GIVE_UP_AFTER


@dataclass(frozen=True)
class MailDoor:
    """Sends notices as mail. The server failing is an outage of all mail; a refused address concerns one person only."""

    store: Store
    smtp: Smtp

    def attempt(self, message: OutboxMessage) -> Attempt:
        """Deliver once."""
        with self.store.read() as session:
            channel = _channel(session, message)
        if channel is None or not channel.mail:
            return _gone(message)
        try:
            with smtplib.SMTP(self.smtp.host, self.smtp.port, timeout=self.smtp.timeout_seconds) as server:
                if self.smtp.starttls:
                    server.starttls(context=ssl.create_default_context())
                if self.smtp.user:
                    server.login(self.smtp.user, self.smtp.password)
                server.send_message(self._letter(message, channel.mail))
        except smtplib.SMTPRecipientsRefused as refused:
            codes = [code for code, _ in refused.recipients.values()]
            return self._failed(message, refused, permanent=min(codes, default=0) >= _SMTP_PERMANENT)
        except smtplib.SMTPDataError as refused:
            return self._failed(message, refused, permanent=refused.smtp_code >= _SMTP_PERMANENT)
        except (smtplib.SMTPException, OSError) as error:  # the server itself, also a login it refuses
            return Attempt(message.id, unreachable=True, error=f"{type(error).__name__}: {error}")
        return Attempt(message.id, delivered=True)

    def _failed(self, message: OutboxMessage, error: Exception, *, permanent: bool) -> Attempt:
        return Attempt(message.id, permanent=permanent or _too_old(self.store, message), error=f"{type(error).__name__}: {error}")

    def _letter(self, message: OutboxMessage, address: str) -> EmailMessage:
        letter, told = EmailMessage(), message.payload
        letter["Subject"] = " ".join(str(told["title"]).split())
        letter["From"] = self.smtp.sender
        letter["To"] = address
        letter["Date"] = format_datetime(message.created_at)
        letter["Message-ID"] = make_msgid(idstring=message.id)
        letter["Auto-Submitted"] = "auto-generated"
        step = f"\n下一步：{told['nextStep']}。\n" if told["nextStep"] else ""
        letter.set_content(f"{told['text']}\n{step}\n（二线客服知识系统自动发出，请勿回复）\n")
        return letter


@dataclass(frozen=True)
class WebhookDoor:
    """Posts notices as Standard Webhooks say. One person's address failing is no outage of the others'."""

    store: Store
    client: httpx.Client
    private: bool

    def attempt(self, message: OutboxMessage) -> Attempt:
        """Deliver once, to exactly the address that was judged."""
        with self.store.read() as session:
            channel = _channel(session, message)
        if channel is None or not channel.webhook_url:
            return _gone(message)
        body = orjson.dumps({"type": message.kind, "timestamp": message.payload["at"], "data": message.payload})
        signed = sign(channel.webhook_secret, message.id, self.store.clock(), body)
        try:
            response = self.client.send(self._request(channel.webhook_url, body, signed), stream=True)
            response.close()  # what it answers beside the status is of no interest, however much it is
        except BadAddress as bad:
            return Attempt(message.id, permanent=True, error=str(bad))
        except (httpx.HTTPError, OSError) as error:
            return self._later(message, f"{type(error).__name__}: {error}")
        return self._judge(message, response)

    def _request(self, url: str, body: bytes, signed: dict[str, str]) -> httpx.Request:
        """The URL with the judged address in place of the name, which stays in Host and in the certificate's check."""
        target = webhook_target(url, private=self.private)
        address = resolve(target, private=self.private)
        return self.client.build_request(
            "POST",
            httpx.URL(target.url).copy_with(host=address),
            content=body,
            headers={"host": target.authority, "content-type": "application/json", **signed},
            extensions={"sni_hostname": target.host},
        )

    def _judge(self, message: OutboxMessage, response: httpx.Response) -> Attempt:
        if response.is_success:
            return Attempt(message.id, delivered=True)
        error = f"HTTP {response.status_code}"
        if response.is_client_error and response.status_code not in _RETRIABLE:
            return Attempt(message.id, permanent=True, error=error)
        return self._later(message, error)

    def _later(self, message: OutboxMessage, error: str) -> Attempt:
        return Attempt(message.id, permanent=_too_old(self.store, message), error=error[:_LONGEST_ANSWER])


@dataclass(frozen=True)
class NoticeDoors:
    """The ways notices leave by; None where there is no such way here."""

    mail: MailDoor | None
    webhook: WebhookDoor | None
    client: httpx.Client
    # Their own threads: somebody's slow address must not hold up headquarters' messages.
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="notices"))

    def relay(self, store: Store) -> int:
        """Send whatever is due by each way; returns how many were delivered."""
        delivered = 0
        if self.mail is not None:
            delivered += outbox.relay(store, self.mail.attempt, self.pool, MAIL, SIDE_BY_SIDE)
        if self.webhook is not None:
            delivered += outbox.relay(store, self.webhook.attempt, self.pool, WEBHOOK, SIDE_BY_SIDE)
        return delivered

    def close(self) -> None:
        """Let connections and threads go."""
        self.pool.shutdown(wait=False, cancel_futures=True)
        self.client.close()
