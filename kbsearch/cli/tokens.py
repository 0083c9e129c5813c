"""`kbsearch token`: bearer tokens issued, listed and revoked; the operations are services/people.py's."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from kbsearch.cli.chinese import ChineseTyper
from kbsearch.cli.named import RoleName, person_by_login
from kbsearch.cli.opening import open_settings, opened_store
from kbsearch.cli.output import AsJson, Limit, local_time, note, say, say_json, say_table

if TYPE_CHECKING:
    from kbsearch.store.tables import ApiToken


def issue(
    login: Annotated[str, typer.Argument(metavar="工号", help="发给谁")],
    days: Annotated[int, typer.Option(min=1, max=366, help="有效天数")] = 90,
    label: Annotated[str, typer.Option(help="备注，说明用在哪里")] = "",
    scope: Annotated[list[RoleName] | None, typer.Option("--scope", help="只给其中几个角色的权限，可多次；缺省为本人全部角色")] = None,
    as_json: AsJson = False,
) -> None:
    """发一个访问令牌。令牌只显示这一次。"""
    from kbsearch.services.people import CONSOLE, issue_token
    from kbsearch.workflow.actions import Role

    with opened_store(open_settings()) as store:
        person = person_by_login(store, login)
        with store.write() as unit:
            scopes = [Role(s.name) for s in scope] if scope else None
            clear, token = issue_token(unit, CONSOLE, person.id, label=label, scopes=scopes, lifetime=timedelta(days=days))
    if as_json:
        say_json({"token": clear, "id": token.id, "login": login, "scopes": token.scopes, "expiresAt": token.expires_at})
        return
    say(clear)
    note(f"{person.name}（{login}）的令牌，编号 {token.id}，{local_time(token.expires_at)} 到期。它只显示这一次，请收好。")


def listed(
    login: Annotated[str | None, typer.Option(metavar="工号", help="只看这个人的")] = None, limit: Limit = 100, as_json: AsJson = False
) -> None:
    """列出令牌（不含令牌本身），新的在前。"""
    from sqlmodel import select

    from kbsearch.services.listings.people import tokens
    from kbsearch.services.listings.slices import Paging
    from kbsearch.store.tables import Person

    with opened_store(open_settings()) as store:
        person_id = person_by_login(store, login).id if login is not None else None
        with store.read() as session:
            rows = tokens(session, paging=Paging(limit, None, b"console"), person_id=person_id).rows
            logins = {p.id: p.login for p in session.exec(select(Person))}
        now = store.clock()
    if as_json:
        say_json(
            [{**t.model_dump(exclude={"token_hash"}, mode="json"), "login": logins[t.person_id], "state": _state(t, now)[0]} for t in rows]
        )
        return
    table = [(t.id, logins[t.person_id], _state(t, now)[1], ",".join(t.scopes), local_time(t.expires_at), t.label) for t in rows]
    say_table(("编号", "工号", "状态", "范围", "到期", "备注"), table, empty="没有令牌。")


def revoke(token_id: Annotated[str, typer.Argument(metavar="编号", help="令牌编号，见 token list")], as_json: AsJson = False) -> None:
    """吊销一个令牌，立即生效。"""
    from kbsearch.services.people import CONSOLE, revoke_token

    with opened_store(open_settings()) as store, store.write() as unit:
        token = revoke_token(unit, CONSOLE, token_id)
    if as_json:
        say_json({"id": token.id, "revokedAt": token.revoked_at})
    else:
        say(f"令牌 {token.id} 已吊销。")


def _state(token: ApiToken, now: datetime) -> tuple[str, str]:
    if token.revoked_at is not None:
        return "REVOKED", "已吊销"
    return ("EXPIRED", "已过期") if token.expires_at <= now else ("VALID", "有效")


def add_to(app: ChineseTyper) -> None:
    """Declare the commands."""
    group = ChineseTyper("访问令牌。")
    group.command("issue")(issue)
    group.command("list")(listed)
    group.command("revoke")(revoke)
    app.add_typer(group, name="token")
