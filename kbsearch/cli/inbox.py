"""`kbsearch inbox`: what headquarters sent and what became of it; settles nothing, that is a reviewer's act."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from kbsearch.cli.chinese import ChineseTyper
from kbsearch.cli.opening import open_settings, opened_store
from kbsearch.cli.output import AsJson, Limit, local_time, say, say_json, say_table
from kbsearch.cli.statuses import statuses_of

if TYPE_CHECKING:
    from kbsearch.store.tables import InboxMessage

_Status = Annotated[list[str] | None, typer.Option("--status", metavar="状态", help="如 QUARANTINED 已隔离、DEFERRED 已暂存；可多次")]


def listed(status: _Status = None, limit: Limit = 50, as_json: AsJson = False) -> None:
    """列出收件箱，新的在前。"""
    from kbsearch.services.listings.exchange import InboxFilter, inbox
    from kbsearch.services.listings.slices import Paging
    from kbsearch.store.tables import InboxStatus

    with opened_store(open_settings()) as store, store.read() as session:
        rows = inbox(session, InboxFilter(statuses=statuses_of(InboxStatus, status)), Paging(limit, None, b"console")).rows
    if as_json:
        say_json([_document(m) for m in rows])
        return
    table = [(m.id, m.kind, m.status.label, local_time(m.received_at), m.reason[:80]) for m in rows]
    say_table(("编号", "种类", "结果", "收到时间", "说明"), table, empty="没有消息。")


def show(inbox_id: Annotated[str, typer.Argument(metavar="编号", help="消息编号")], as_json: AsJson = False) -> None:
    """显示一条总部来件的全部内容。"""
    from kbsearch.services.refusals import not_found
    from kbsearch.store.tables import InboxMessage

    with opened_store(open_settings()) as store, store.read() as session:
        message = session.get(InboxMessage, inbox_id)
    if message is None:
        raise not_found("消息", "inboxId")
    if as_json:
        say_json({**_document(message), "payload": message.payload})
        return
    say(f"{message.id}  {message.kind}  {message.status.label}，收到于 {local_time(message.received_at)}")
    say(f"webhook-id {message.webhook_id}" + (f"，说明：{message.reason}" if message.reason else ""))
    say_json(message.payload)


def _document(message: InboxMessage) -> dict[str, Any]:
    return message.model_dump(exclude={"payload"}, mode="json")


def add_to(app: ChineseTyper) -> None:
    """Declare the commands."""
    group = ChineseTyper("收件箱：总部发来的消息及其结果。")
    group.command("list")(listed)
    group.command("show")(show)
    app.add_typer(group, name="inbox")
