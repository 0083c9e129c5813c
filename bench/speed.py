"""Measures the search page through the public endpoint, beside the same page inside the process, in one run.

`python -m bench.speed FILE.jsonl.gz [--docs N] [--queries N] [--json]` imports real articles into a throw-away folder
through the ordinary import, builds the index the ordinary way, and asks distinct queries made from the articles' words.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import random
import re
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlmodel import func, select

from kbsearch.indexing.query import Facet, SearchQuery
from kbsearch.services import index_jobs
from kbsearch.services.importing import ImportMode, ImportOptions, run_import
from kbsearch.services.people import CONSOLE, create_person, issue_token
from kbsearch.services.search import SearchRequest
from kbsearch.services.taxonomy import create_category
from kbsearch.settings import Settings
from kbsearch.store.migrate import migrate
from kbsearch.store.tables import SubjectVersion
from kbsearch.wiring import index_of, open_store, open_system
from kbsearch.workflow.actions import Role
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.states import Scope

PAGE = """query Page($text: String!) {
  search(query: $text, first: 20) {
    totalCount
    facets { category { value count } region { value count } owner { value count } }
    edges { cursor node { tier score knowledge { id status badges } version { number title summary }
      titleHighlights { start end } snippet { text highlights { start end } } citation { text } } }
    pageInfo { hasNextPage endCursor }
  }
}"""
FACETS = frozenset({Facet.CATEGORY, Facet.REGION, Facet.OWNER})
HAN = re.compile(r"[一-鿿]{2,4}")
Figures = dict[str, float]


def load(settings: Settings, source: Path, docs: int | None) -> tuple[str, Figures]:
    """Import, make an agent's token, build the index; returns the token and the rates."""
    store = open_store(settings)
    migrate(store.engine)
    with store.write() as unit:
        person = create_person(unit, CONSOLE, login="bench", name="测量", roles=[Role.AGENT])
    with store.write() as unit:
        token, _ = issue_token(unit, CONSOLE, person.id, label="bench", scopes=None, lifetime=timedelta(days=1))
    with store.write() as unit:
        create_category(unit, CONSOLE, name="测量", parent_id=None, category_id="BENCH")
    options = ImportOptions(
        ImportMode.STOCK, source="bench", mapping={"sourceId": "id", "body": "text"}, category_id="BENCH", scope=Scope.LOCAL
    )
    started = time.perf_counter()
    result = run_import(store, CONSOLE, cut(source, settings.data_dir, docs), options)
    figures = {"docs": float(result.imported), "import_docs_per_s": result.imported / (time.perf_counter() - started)}
    store.engine.dispose()
    with open_system(settings, write_index=True) as system:
        started = time.perf_counter()
        index_jobs.work(system.store, system.engine, index_of(system.store))
        figures["index_docs_per_s"] = result.imported / (time.perf_counter() - started)
    figures["load_peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return token, figures


def cut(source: Path, folder: Path, docs: int | None) -> Path:
    """The first `docs` lines of a source as a file of its own."""
    target = folder / "source.jsonl"
    reader = gzip.open if source.suffix == ".gz" else open
    with reader(source, "rt", encoding="utf-8") as lines, target.open("w", encoding="utf-8") as out:
        for number, line in enumerate(lines):
            if docs is not None and number >= docs:
                break
            out.write(line)
    return target


def make_queries(settings: Settings, count: int, seed: int) -> list[str]:
    """Distinct queries as agents type them: one, two or three words of two to four characters from the texts."""
    chance = random.Random(seed)  # noqa: S311 - a repeatable choice of words
    store = open_store(settings)
    with store.read() as session:
        texts = session.exec(select(SubjectVersion.body).order_by(func.random()).limit(count * 2)).all()
    store.engine.dispose()
    words = sorted({word for text in texts for word in HAN.findall(text)})
    found: dict[str, None] = {}
    while len(found) < count:
        found.setdefault(" ".join(chance.sample(words, chance.choice([1, 2, 2, 3]))))
    return list(found)


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """The service as a process of its own on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "KBSEARCH_DATA_DIR": str(settings.data_dir), "KBSEARCH_PORT": str(port), "KBSEARCH_LOG_LEVEL": "warning"}
    process = subprocess.Popen([sys.executable, "-m", "kbsearch.cli", "serve"], env=environment)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                if httpx.get(f"{url}/readyz", trust_env=False).is_success:
                    break
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=15)


def timed(ask: Callable[[str], Any], queries: list[str]) -> Figures:
    """Milliseconds per query, one at a time."""
    took = []
    for query in queries:
        started = time.perf_counter()
        ask(query)
        took.append((time.perf_counter() - started) * 1000)
    cuts = statistics.quantiles(took, n=100)
    return {"p50": statistics.median(took), "p95": cuts[94], "p99": cuts[98], "max": max(took)}


def measure(settings: Settings, token: str, queries: list[str]) -> dict[str, Figures]:
    """The same pages through HTTP, through the search service, and as a bare engine call."""
    rows: dict[str, Figures] = {}
    with serving(settings) as url, httpx.Client(trust_env=False, headers={"authorization": f"Bearer {token}"}, timeout=30) as client:

        def over_http(text: str) -> None:
            answer = client.post(f"{url}/graphql", json={"query": PAGE, "variables": {"text": text}}).json()
            if "errors" in answer:
                raise RuntimeError(answer["errors"])

        timed(over_http, queries[:50])
        rows["graphql over http"] = timed(over_http, queries)
    with open_system(settings, write_index=False) as system, system.store.read() as session:
        actor = Actor("bench")

        def service(text: str) -> None:
            page = system.searcher.search(session, actor, SearchRequest(text=text, facets=FACETS), system.store.clock())
            for found in page.found:
                _ = found.title_spans, found.snippet
            session.expunge_all()

        timed(service, queries[:50])
        rows["search service"] = timed(service, queries)
        rows["bare engine call"] = timed(lambda text: system.engine.search(SearchQuery(text, system.store.clock(), facets=FACETS)), queries)
    return rows


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("--docs", type=int)
    parser.add_argument("--queries", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        token, figures = load(settings, options.source, options.docs)
        rows = measure(settings, token, make_queries(settings, options.queries, options.seed))
    if options.json:
        print(json.dumps({"load": figures, "milliseconds": rows}, ensure_ascii=False))
        return
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    print("  ".join(f"{name} {value:,.0f}" for name, value in figures.items()))
    print(f"{'page of 20, highlights, 3 facets; ms':40}{'p50':>8}{'p95':>8}{'p99':>8}{'max':>8}")
    for name, row in rows.items():
        print(f"{name:40}" + "".join(f"{row[k]:8.1f}" for k in ("p50", "p95", "p99", "max")))


if __name__ == "__main__":
    main()
