"""The doctor on the exchange with headquarters: address, secrets, clock, what is stuck; sends no message."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from kbsearch.cli.checks.finding import Finding, fail, failed, ok, warn
from kbsearch.cli.hq_secrets import secret_problems
from kbsearch.cli.opening import database_file, opened_store
from kbsearch.clock import system_clock

if TYPE_CHECKING:
    from kbsearch.settings import Settings
    from kbsearch.store.unit import Store

_TOLERANCE, _SUSPECT = 300, 60


def secrets(settings: Settings) -> list[Finding]:
    """Both directions' secrets have the right form."""
    problems = secret_problems(settings)
    if problems:
        return [fail("密钥", text) for text in problems]
    if not settings.inbound_secrets:
        return [warn("密钥", "没有设 KBSEARCH_HQ_INBOUND_SECRETS，总部的来件一律拒收。要与总部对接请设定。")]
    return [ok("密钥", f"格式正确；总部来件可用 {len(settings.inbound_secrets)} 把")]


def headquarters(settings: Settings) -> list[Finding]:
    """It answers, whatever it answers, and its clock agrees with ours."""
    import httpx

    if not settings.hq_url:
        return [warn("总部", "没有设 KBSEARCH_HQ_URL，报文只存发件箱、不外发。要与总部对接请设定。")]
    try:
        with httpx.Client(timeout=min(settings.hq_timeout_seconds, 5.0), trust_env=False, follow_redirects=False) as client:
            answer = client.get(settings.hq_url)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return [
            fail(
                "总部",
                f"{settings.hq_url} 连不上（{type(error).__name__}）。请核对 KBSEARCH_HQ_URL、网络与总部系统；其间报文存着，不会丢失。",
            )
        ]
    return [ok("总部", f"{settings.hq_url} 有应答（HTTP {answer.status_code}）"), *_skew(answer.headers.get("date", ""))]


def _skew(date: str) -> list[Finding]:
    try:
        told = parsedate_to_datetime(date)
    except ValueError:
        return []
    seconds = abs((told.astimezone(UTC) - system_clock()).total_seconds())
    if seconds > _TOLERANCE:
        return [fail("与总部的时差", f"{seconds:.0f} 秒，超过 {_TOLERANCE} 秒，双方的签名都会被拒收。请让本机与 NTP 校时。")]
    return [warn("与总部的时差", f"{seconds:.0f} 秒，请让本机与 NTP 校时。")] if seconds > _SUSPECT else []


def stuck(settings: Settings) -> list[Finding]:
    """Dead letters, quarantined messages, failing destinations and open alarms, each with who mends it."""
    try:
        file = database_file(settings)
        if file is not None and not file.exists():
            return []  # the database check has said so
        with opened_store(settings) as store:
            return _counted(store)
    except Exception as error:  # noqa: BLE001 - the database check tells what is wrong with the database
        return [failed("报文", error)]


def _counted(store: Store) -> list[Finding]:
    from sqlmodel import col, func, select

    from kbsearch.services.listings.exchange import destinations
    from kbsearch.store.tables import Alarm, InboxMessage, InboxStatus, OutboxMessage, OutboxStatus

    with store.read() as session:
        dead = session.exec(select(func.count()).select_from(OutboxMessage).where(OutboxMessage.status == OutboxStatus.DEAD)).one()
        odd = session.exec(select(func.count()).select_from(InboxMessage).where(InboxMessage.status == InboxStatus.QUARANTINED)).one()
        alarms = session.exec(select(func.count()).select_from(Alarm).where(col(Alarm.closed_at).is_(None))).one()
        failing = [d for d in destinations(session) if d.failing_since is not None]
    found = []
    if dead:
        found.append(warn("死信", f"{dead} 封。请用 kbsearch outbox list --status DEAD 查看，改正后 kbsearch outbox replay。"))
    if odd:
        found.append(warn("隔离", f"{odd} 条总部消息待知识管理员处理，见 kbsearch inbox list --status QUARANTINED。"))
    if alarms:
        found.append(warn("告警", f"{alarms} 个未了结，请在工作台的告警列表查看。"))
    found += [warn("目的地", f"{d.name} 自 {d.failing_since} 起不通：{d.last_error[:200]}。恢复后自动补发。") for d in failing]
    return found or [ok("报文", "没有死信、隔离消息和告警")]
