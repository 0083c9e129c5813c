"""The demo's content on its first start, and fresh tokens on every one; what is loaded is seed/'s."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

from kbsearch.cli.faults import CommandFailed
from kbsearch.cli.migrating import migrate_database
from kbsearch.cli.opening import open_settings, opened_store

if TYPE_CHECKING:
    from kbsearch.cli.demo.plan import Plan
    from kbsearch.cli.demo.telling import Access
    from kbsearch.seed.load import Held

DATABASE = "kbsearch.db"


def load_content(plan: Plan) -> tuple[Held, ...]:
    """Load the demo content unless the folder holds a database; returns what headquarters is to keep for a person.

    It is loaded beside and moved into place, so that a first start which is cut off can simply be repeated.
    """
    if (plan.folder / DATABASE).exists():
        migrate_database(open_settings())
        return _load(plan.folder)
    beside = plan.folder / "loading"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    migrate_database(open_settings(data_dir=beside))
    held = _load(beside)
    (beside / DATABASE).replace(plan.folder / DATABASE)  # one atomic step; nothing has the file open any more
    shutil.rmtree(beside)
    return held


def _load(folder: os.PathLike[str]) -> tuple[Held, ...]:
    """Files lie in the demo's folder from the first: they are named by their bytes, so loading again finds them."""
    from kbsearch.seed.load import load_demo
    from kbsearch.wiring import open_files

    with opened_store(open_settings(data_dir=folder)) as store:
        return load_demo(store, open_files(open_settings())).hold


def give_headquarters_its_past(plan: Plan) -> None:
    """Headquarters holds, announced and dispatched what the demo's past says; for sync, corrections, answers to hang together."""
    from kbsearch.sandbox.client import HqClient
    from kbsearch.seed.hq_side import hq_side

    with opened_store(open_settings()) as store, store.read() as session, HqClient(plan.hq_url, timeout=30.0) as hq:
        hq.hold_past(hq_side(session, store.clock()))


def keep_for_a_person(plan: Plan, held: tuple[Held, ...]) -> None:
    """Tell headquarters' automatic reviewer which of the demo's submissions a person is to decide."""
    from kbsearch.sandbox.client import HqClient

    with HqClient(plan.hq_url) as hq:
        rules = hq.settings()["rules"]
        holding = [
            {"match": h.match, "of": "title", "on": on, "action": "hold", "text": "演示：等人工审核。"}
            for h in held
            for on in ("review", "withdraw")
        ]
        hq.set_rules(holding + rules)


def wait_until_searchable(seconds: float) -> None:
    """Until the service has put everything into its new index."""
    from kbsearch.cli import index_work

    with opened_store(open_settings()) as store:
        if not index_work.wait_until_done(store, seconds=seconds, shown=False):
            raise CommandFailed(f"演示内容 {seconds:g} 秒内没有进入索引。请看 logs/service.log，或运行 kbsearch doctor。")


def mark_complete(plan: Plan) -> None:
    """The next start skips all of this."""
    plan.marker.write_text(json.dumps({"complete": True}), encoding="utf-8")


def fresh_tokens() -> dict[str, Access]:
    """By the role's Chinese name; those of the start before are revoked."""
    from kbsearch.cli.demo.telling import Access
    from kbsearch.seed.tokens import seed_tokens

    with opened_store(open_settings()) as store:
        return {role.label: Access(role.value, login, token) for role, (login, token) in seed_tokens(store).items()}
