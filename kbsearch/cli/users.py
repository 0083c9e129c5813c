"""`kbsearch user`: people and their roles; the operations are services/people.py's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from kbsearch.cli.chinese import ChineseTyper
from kbsearch.cli.faults import USAGE, CommandFailed
from kbsearch.cli.named import RoleName, person_by_login
from kbsearch.cli.opening import open_settings, opened_store
from kbsearch.cli.output import AsJson, Limit, say, say_json, say_table

if TYPE_CHECKING:
    from kbsearch.store.tables import Person

_Login = Annotated[str, typer.Argument(metavar="工号", help="登录用的工号")]


def add(
    login: _Login,
    name: Annotated[str, typer.Argument(metavar="姓名", help="姓名")],
    role: Annotated[list[RoleName], typer.Option("--role", help="角色，可多次")],
    as_json: AsJson = False,
) -> None:
    """增加一个人。"""
    from kbsearch.services.people import CONSOLE, create_person
    from kbsearch.workflow.actions import Role

    with opened_store(open_settings()) as store, store.write() as unit:
        person = create_person(unit, CONSOLE, login=login, name=name, roles={Role(r.name) for r in role})
    _tell(person, "已增加", as_json=as_json)


def listed(
    everyone: Annotated[bool, typer.Option("--all", help="连同已停用的")] = False, limit: Limit = 1000, as_json: AsJson = False
) -> None:
    """列出人员，按工号。"""
    from kbsearch.services.listings.people import people
    from kbsearch.services.listings.slices import Paging

    with opened_store(open_settings()) as store, store.read() as session:
        rows = people(session, active_only=not everyone, paging=Paging(limit, None, b"console")).rows
    if as_json:
        say_json([_document(p) for p in rows])
        return
    table = [(p.login, p.name, _roles(p), "在岗" if p.active else "已停用") for p in rows]
    say_table(("工号", "姓名", "角色", "状态"), table, empty="还没有人员，请用 kbsearch user add 增加。")


def update(
    login: _Login,
    name: Annotated[str | None, typer.Option(help="改姓名")] = None,
    role: Annotated[list[RoleName] | None, typer.Option("--role", help="换成这些角色，可多次")] = None,
    active: Annotated[bool | None, typer.Option("--active/--inactive", help="启用或停用")] = None,
    as_json: AsJson = False,
) -> None:
    """修改姓名、角色，启用或停用；从其下一个请求起生效。"""
    if name is None and not role and active is None:
        raise CommandFailed("没有要改的，请给出 --name、--role、--active 或 --inactive。", USAGE)
    from kbsearch.services.people import CONSOLE, update_person
    from kbsearch.workflow.actions import Role

    with opened_store(open_settings()) as store:
        held = person_by_login(store, login)
        roles = {Role(r.name) for r in role} if role else None
        with store.write() as unit:
            person = update_person(unit, CONSOLE, held.id, lock_version=held.lock_version, name=name, roles=roles, active=active)
    _tell(person, "已修改", as_json=as_json)


def _tell(person: Person, done: str, *, as_json: bool) -> None:
    if as_json:
        say_json(_document(person))
    else:
        say(f"{done}：{person.login} {person.name}，{_roles(person)}，{'在岗' if person.active else '已停用'}。")


def _roles(person: Person) -> str:
    from kbsearch.workflow.actions import Role

    return "、".join(Role(r).label for r in person.roles) or "无角色"


def _document(person: Person) -> dict[str, Any]:
    return person.model_dump(mode="json")


def add_to(app: ChineseTyper) -> None:
    """Declare the commands."""
    group = ChineseTyper("人员与角色。")
    group.command("add")(add)
    group.command("list")(listed)
    group.command("update")(update)
    app.add_typer(group, name="user")
