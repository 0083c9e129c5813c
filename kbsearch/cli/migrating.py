"""`kbsearch migrate`: brings the database to this program's schema; loses nothing and goes only forward."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kbsearch.cli.chinese import ChineseTyper
from kbsearch.cli.opening import open_settings, opened_store
from kbsearch.cli.output import AsJson, say, say_json

if TYPE_CHECKING:
    from kbsearch.settings import Settings
    from kbsearch.store.migrate import Migrated


def migrate_database(settings: Settings) -> Migrated:
    """Create or upgrade; raises StoreTooNewError for a database of a newer program."""
    from kbsearch.store.migrate import migrate

    with opened_store(settings, current=False) as store:
        return migrate(store.engine)


def run_migrate(as_json: AsJson = False) -> None:
    """建立数据库，或升级到本程序的版本；已是最新则什么也不做。"""
    done = migrate_database(open_settings())
    if as_json:
        say_json({"before": done.before, "after": done.after})
    elif done.before == done.after:
        say(f"数据库已是最新版本（{done.after}）。")
    else:
        say(f"数据库已从“{done.before or '空'}”升级到 {done.after}。")


def add_to(app: ChineseTyper) -> None:
    """Declare the command."""
    app.command("migrate")(run_migrate)
