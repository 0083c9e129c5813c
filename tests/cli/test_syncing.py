"""`kbsearch sync`: compares, shows, repairs, and says by its exit code whether anything differs; headquarters is played beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kbsearch.clock import system_clock
from kbsearch.content import Content
from kbsearch.ids import random_id
from kbsearch.services import hq_inbox
from kbsearch.services.taxonomy import all_categories
from kbsearch.store.engine import open_engine
from kbsearch.store.unit import Store
from tests.cli.conftest import Run
from tests.cli.program import OUTBOUND

HQ = {"KBSEARCH_HQ_URL": "http://127.0.0.1:9/nobody", "KBSEARCH_HQ_OUTBOUND_SECRET": OUTBOUND}


@pytest.fixture
def store(home: Path) -> Iterator[Store]:
    """The same data folder, to which headquarters delivers."""
    engine = open_engine(f"sqlite:///{home / 'kbsearch.db'}")
    yield Store(engine, system_clock, random_id)
    engine.dispose()


def deliver(store: Store, kind: str, **payload: Any) -> str:
    return hq_inbox.receive(store, webhook_id=random_id(), kind=kind, payload=payload).receipt.value


def push(store: Store, body: str, *, category: str) -> Content:
    content = Content(title="题", body=body)
    given = {"number": 1, "categoryId": category, "content": content.document(), "contentHash": content.hash}
    assert deliver(store, "hqPushVersion", knowledgeId="K1", **given) == "APPLIED"
    return content


def hq_category(store: Store) -> str:
    with store.read() as session:
        return next(i for i, c in all_categories(session).items() if c.origin == "HQ" and i != "HQ" and c.retired_at is None)


def test_compare_show_and_repair(kb: Run, store: Store) -> None:
    category = hq_category(store)
    push(store, "我方", category=category)
    assert "还没有比对过" in kb("sync", "show").refused()
    asked = kb("sync", "compare", "--timeout", "0", "--json", environment_=HQ)
    assert (asked.code, asked.json["state"], asked.json["compared"], asked.json["differences"]) == (1, "ASKED", 1, [])
    assert "总部还没有答复" in kb("sync", "show").out
    assert "请等它结束" in kb("sync", "compare", environment_=HQ).refused()
    theirs = Content(title="题", body="总部")
    items = [{"knowledgeId": "K1", "number": 1, "status": "PUBLISHED", "contentHash": theirs.hash}]
    told = [{"categoryId": category, "items": items}]
    assert deliver(store, "hqAnswerDigest", runId=asked.json["id"], categories=told) == "APPLIED"
    shown = kb("sync", "show", asked.json["id"])
    assert (shown.code, "内容不同" in shown.out, "请总部补发版本" in shown.out) == (1, True, True)
    assert "没有 nowhere" in kb("sync", "repair", "--exclude", "nowhere").refused()
    assert kb("sync", "repair", "--timeout", "0").code == 1
    push(store, "总部", category=category)
    done = kb("sync", "show", "--json").well().json
    assert (done["state"], [d["kind"] for d in done["differences"]]) == ("REPAIRED", ["OTHER_CONTENT"])
    again = kb("sync", "compare", "--category", category, "--timeout", "0", "--json", environment_=HQ)
    assert deliver(store, "hqAnswerDigest", runId=again.json["id"], categories=[]) == "APPLIED"
    assert "没有差异" in kb("sync", "show").well().out


def test_without_headquarters_address_nothing_is_begun(kb: Run) -> None:
    assert "KBSEARCH_HQ_URL" in kb("sync", "compare").refused()
    assert "还没有比对过" in kb("sync", "repair").refused()
