"""`kbsearch outbox`: what must leave, and dead letters replayed; the operations are services/outbox.py's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from kbsearch.cli.chinese import ChineseTyper
from kbsearch.cli.faults import USAGE, CommandFailed
from kbsearch.cli.opening import open_settings, opened_store
from kbsearch.cli.output import AsJson, Limit, local_time, say, say_json, say_table
from kbsearch.cli.statuses import statuses_of

if TYPE_CHECKING:
    from kbsearch.store.tables import OutboxMessage

_Status = Annotated[
    list[str] | None, typer.Option("--status", metavar="状态", help="PENDING 待发、DELIVERED 已送达、DEAD 死信、CANCELLED 已取消；可多次")
]


def listed(
    status: _Status = None,
    destination: Annotated[list[str] | None, typer.Option(metavar="目的地", help="hq 或 index:embedded，可多次")] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """列出发件箱，新的在前。"""
    from kbsearch.services.listings.exchange import OutboxFilter, outbox
    from kbsearch.services.listings.slices import Paging
    from kbsearch.store.tables import OutboxStatus

    wanted = OutboxFilter(statuses=statuses_of(OutboxStatus, status), destinations=frozenset(destination or ()))
    with opened_store(open_settings()) as store, store.read() as session:
        rows = outbox(session, wanted, Paging(limit, None, b"console")).rows
    if as_json:
        say_json([_document(m) for m in rows])
        return
    table = [
        (m.id, m.destination, m.kind, m.document_key, m.status.label, str(m.attempts), local_time(m.created_at), m.last_error[:60])
        for m in rows
    ]
    say_table(("编号", "目的地", "种类", "对象", "状态", "次数", "产生时间", "最近的错误"), table, empty="没有报文。")


def show(message_id: Annotated[str, typer.Argument(metavar="编号", help="报文编号")], as_json: AsJson = False) -> None:
    """显示一封报文的全部内容。"""
    from kbsearch.services.refusals import not_found
    from kbsearch.store.tables import OutboxMessage

    with opened_store(open_settings()) as store, store.read() as session:
        message = session.get(OutboxMessage, message_id)
    if message is None:
        raise not_found("报文", "messageId")
    if as_json:
        say_json({**_document(message), "payload": message.payload})
        return
    say(f"{message.id}  {message.kind}  → {message.destination}  {message.status.label}（试过 {message.attempts} 次）")
    say(f"对象 {message.document_key}，产生于 {local_time(message.created_at)}，下次 {local_time(message.due_at)}")
    if message.last_error:
        say(f"最近的错误：{message.last_error}")
    say_json(message.payload)


def replay(
    message_id: Annotated[str | None, typer.Argument(metavar="[编号]", help="死信的编号")] = None,
    everything: Annotated[bool, typer.Option("--all", help="重放全部死信")] = False,
    as_json: AsJson = False,
) -> None:
    """重放死信：放回待发，由正在运行的服务发出。"""
    if everything == (message_id is not None):
        raise CommandFailed("请指明一封死信的编号，或用 --all 重放全部，二者选一。", USAGE)
    from kbsearch.services import outbox
    from kbsearch.services.people import CONSOLE

    with opened_store(open_settings()) as store, store.write() as unit:
        if message_id is not None:
            outbox.replay(unit, CONSOLE, message_id)
            count = 1
        else:
            count = outbox.replay_all(unit, CONSOLE)
    if as_json:
        say_json({"replayed": count})
    else:
        say(f"已重放 {count} 封，由正在运行的服务发出。")


def _document(message: OutboxMessage) -> dict[str, Any]:
    return message.model_dump(exclude={"payload"}, mode="json")


def add_to(app: ChineseTyper) -> None:
    """Declare the commands."""
    group = ChineseTyper("发件箱：要发往总部的报文与索引任务。")
    group.command("list")(listed)
    group.command("show")(show)
    group.command("replay")(replay)
    app.add_typer(group, name="outbox")
