"""`kbsearch search`: asks the index of the data folder directly, as a reader beside the running service; logs no search."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kbsearch.cli.chinese import ChineseTyper
from kbsearch.cli.faults import USAGE, CommandFailed
from kbsearch.cli.moments import instant
from kbsearch.cli.named import category_id_of
from kbsearch.cli.opening import open_settings, opened_store
from kbsearch.cli.output import AsJson, local_time, say, say_json

if TYPE_CHECKING:
    from kbsearch.services.search import FoundVersion, SearchPage, SearchRequest
    from kbsearch.settings import Settings
    from kbsearch.store.unit import Store

Region = Annotated[list[str] | None, typer.Option("--region", metavar="省", help="适用省份，代码或名称，可多次；全国适用的总在内")]


def search(
    query: Annotated[str, typer.Argument(metavar="检索词", help="要找什么；空字符串按时间列出")],
    first: Annotated[int, typer.Option(min=1, max=100, help="最多几条")] = 10,
    as_of: Annotated[str | None, typer.Option("--as-of", metavar="时间", help="按那一刻有效的内容检索：2026-11-01 或带时区的时间")] = None,
    category: Annotated[list[str] | None, typer.Option(metavar="栏目", help="栏目（含下级）的编号或名称，可多次")] = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """检索知识。直接读数据目录里的索引，服务在不在运行都可以。"""
    moment = instant(as_of) if as_of is not None else None
    regions = frozenset(_province(r) for r in region or ())
    settings = open_settings()
    with opened_store(settings) as store:
        page = _search(settings, store, query, first, moment, category or [], regions)
        if as_json:
            say_json({"total": page.total, "tookMs": round(page.took_ms, 2), "hits": [_document(f, store.clock()) for f in page.found]})
        else:
            _tell(page, store.clock())


def _search(
    settings: Settings, store: Store, query: str, first: int, moment: datetime | None, categories: list[str], regions: frozenset[str]
) -> SearchPage:
    from kbsearch.indexing.query import Filters
    from kbsearch.services.cursors import cursor_secret
    from kbsearch.services.people import CONSOLE
    from kbsearch.services.search import Searcher, SearchRequest
    from kbsearch.services.search_log import SearchLogger
    from kbsearch.wiring import open_search

    ids = tuple(category_id_of(store, text) for text in categories)
    request: SearchRequest = SearchRequest(
        text=query, category_ids=ids, filters=Filters(regions=regions, kinds=frozenset({"KNOWLEDGE"})), first=first, as_of=moment
    )
    engine, chain = open_search(settings, write=False)
    try:
        searcher = Searcher(engine, chain, cursor_secret(store), SearchLogger(store))  # never flushed: operators' tries are no demand
        with store.read() as session:
            return searcher.search(session, CONSOLE, request, store.clock())
    finally:
        engine.close()


def _province(text: str) -> str:
    from kbsearch.workflow.regions import PROVINCES

    codes = {name: code for code, name in PROVINCES.items()}
    code = codes.get(text, text.upper())
    if code not in PROVINCES:
        raise CommandFailed(f"没有省份“{text}”，请写两位代码或名称，如 GD 或 广东。", USAGE)
    return code


def _document(found: FoundVersion, now: datetime) -> dict[str, Any]:
    version = found.version
    return {
        "knowledgeId": version.subject_id,
        "version": version.number,
        "title": version.title,
        "titleSpans": found.title_spans,
        "script": version.script,
        "snippet": _snippet(found),
        "status": found.life.status(now).value,
        "categoryId": found.life.subject.category_id,
        "liveFrom": version.live_from,
        "tier": found.hit.tier.name,
        "score": found.hit.score,
    }


def _snippet(found: FoundVersion) -> str:
    snippet, body = found.snippet, found.version.body
    return body[snippet.start : snippet.end] if snippet is not None else found.version.summary


def _tell(page: SearchPage, now: datetime) -> None:
    if not page.found:
        say("没有找到。")
        return
    say(f"共 {page.total} 条，用时 {page.took_ms:.1f} 毫秒。")
    for at, found in enumerate(page.found, 1):
        version = found.version
        state = f"{found.life.status(now).label}，第 {version.number} 版，{local_time(version.live_from)} 起"
        say(f"{at:>2}. {version.title}  [{state}，{version.subject_id}]")
        text = version.script or _snippet(found)
        if text:
            say("    " + " ".join(text.split())[:120])


def add_to(app: ChineseTyper) -> None:
    """Declare the command."""
    app.command("search")(search)
