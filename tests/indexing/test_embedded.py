"""The embedded engine under the contract, and what is its own: processes, files, faults."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kbsearch.indexing.analysis import AnalysisChain, Lexicon
from kbsearch.indexing.document import Tombstone
from kbsearch.indexing.embedded import EmbeddedEngine, Role
from kbsearch.indexing.embedded.trouble import DISK_FULL
from kbsearch.indexing.faults import IndexCorrupt, IndexMissing, IndexNeedsRebuild, IndexReadOnly, IndexWriterBusy
from kbsearch.indexing.query import SearchQuery
from tests.indexing.contract import EngineContract
from tests.indexing.samples import NOW, Ticker, chain, document

_PROJECT = Path(__file__).parents[2]


class TestEmbedded(EngineContract):
    @pytest.fixture
    def engine(self, tmp_path: Path) -> Iterator[EmbeddedEngine]:
        self.ticker = Ticker()
        engine = EmbeddedEngine.open(tmp_path / "index", chain(), Role.WRITER, monotonic=self.ticker)
        yield engine
        engine.close()

    def expire_snapshots(self) -> None:
        self.ticker.seconds += 61


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "index"


def found(engine: EmbeddedEngine, text: str = "") -> set[str]:
    return {hit.document_id for hit in engine.search(SearchQuery(text, NOW, limit=100)).hits}


def served_directory(place: Path) -> Path:
    return place / (place / "current").read_text().strip()


def test_a_second_writer_is_told_at_once_in_this_process_and_another(place: Path) -> None:
    engine = EmbeddedEngine.open(place, chain(), Role.WRITER)
    with pytest.raises(IndexWriterBusy, match="请先停止该进程"):
        EmbeddedEngine.open(place, chain(), Role.WRITER)
    other = run_python("EmbeddedEngine.open(place, chain(), Role.WRITER)", place)
    assert "IndexWriterBusy" in other.stderr
    engine.close()
    engine.close()
    assert run_python("EmbeddedEngine.open(place, chain(), Role.WRITER).close()", place).returncode == 0


def test_a_reader_sees_commits_and_swaps_at_its_next_search(place: Path) -> None:
    writer = EmbeddedEngine.open(place, chain(), Role.WRITER)
    reader = EmbeddedEngine.open(place, chain(), Role.READER)
    assert found(reader) == set()
    writer.apply([document("a")])
    assert found(reader) == {"a:1"}
    page = reader.search(SearchQuery("", NOW))
    assert page.snapshot == writer.search(SearchQuery("", NOW)).snapshot
    rebuild = writer.begin_rebuild()
    rebuild.add([document("b")])
    rebuild.swap()
    assert found(reader) == {"b:1"}
    with pytest.raises(IndexReadOnly):
        reader.apply([document("c")])
    with pytest.raises(IndexReadOnly):
        reader.begin_rebuild()
    writer.close()
    assert found(reader) == {"b:1"}


def test_a_reader_of_nothing_says_so_and_wakes_up(place: Path) -> None:
    reader = EmbeddedEngine.open(place, chain(), Role.READER)
    assert not reader.freshness().searchable
    with pytest.raises(IndexMissing, match="reindex"):
        found(reader)
    EmbeddedEngine.open(place, chain(), Role.WRITER).close()
    assert found(reader) == set()


def test_another_lexicon_is_noticed_and_a_rebuild_mends_it(place: Path) -> None:
    EmbeddedEngine.open(place, chain(), Role.WRITER).close()
    other = AnalysisChain(Lexicon(words={"新词条": None}))
    engine = EmbeddedEngine.open(place, other, Role.WRITER)
    assert (engine.freshness().fresh, engine.freshness().searchable) == (False, True)
    engine.begin_rebuild().swap()
    assert engine.freshness().fresh
    engine.close()


def test_stop_words_need_no_rebuild() -> None:
    assert AnalysisChain(Lexicon(stop_words=frozenset({"的"}))).fingerprint == AnalysisChain(Lexicon()).fingerprint


def test_another_schema_is_refused_until_rebuilt(place: Path) -> None:
    EmbeddedEngine.open(place, chain(), Role.WRITER).close()
    stamp = served_directory(place) / "stamp.json"
    stamp.write_text(json.dumps({**json.loads(stamp.read_text()), "schema": 0}))
    engine = EmbeddedEngine.open(place, chain(), Role.WRITER)
    assert not engine.freshness().searchable
    for act in (lambda: found(engine), lambda: engine.apply([document("a")])):
        with pytest.raises(IndexNeedsRebuild, match="reindex"):
            act()
    rebuild = engine.begin_rebuild()
    rebuild.add([document("a")])
    rebuild.swap()
    assert found(engine) == {"a:1"}
    engine.close()


@pytest.mark.parametrize("damage", ["meta gone", "meta cut", "segment gone", "segment cut", "stamp gone", "all gone"])
def test_damage_is_named_and_a_rebuild_mends_it(place: Path, damage: str) -> None:
    engine = EmbeddedEngine.open(place, chain(), Role.WRITER)
    engine.apply([document("a"), document("b")])
    engine.close()
    harm(served_directory(place), damage)
    engine = EmbeddedEngine.open(place, chain(), Role.WRITER)
    with pytest.raises(IndexCorrupt, match="kbsearch reindex"):
        found(engine, "无题")
    assert not engine.freshness().searchable
    rebuild = engine.begin_rebuild()
    rebuild.add([document("a")])
    rebuild.swap(expected=1)
    assert found(engine) == {"a:1"}
    engine.close()


def harm(directory: Path, damage: str) -> None:
    if damage == "all gone":
        for file in directory.iterdir():
            file.unlink()
        directory.rmdir()
        return
    name, how = damage.split()
    target = {"meta": directory / "meta.json", "stamp": directory / "stamp.json", "segment": next(directory.glob("*.idx"))}[name]
    if how == "gone":
        target.unlink()
    else:
        target.write_bytes(target.read_bytes()[:20])


def test_a_full_disk_loses_nothing_and_is_named(place: Path) -> None:
    """A real limit of the operating system on file sizes stands in for the disk."""
    code = """
import resource, signal
from kbsearch.indexing.faults import IndexDiskFull
engine = EmbeddedEngine.open(place, chain(), Role.WRITER)
engine.apply([document("kept", body="漫游")])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))
try:
    engine.apply([document(f"k{i}", body=f"宽带{i}" * 50) for i in range(200)])
except IndexDiskFull as fault:
    print("FULL", fault)
print(sorted(hit.document_id for hit in engine.search(SearchQuery("", NOW)).hits))
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
engine.apply([document("later", body="漫游")])
print(sorted(hit.document_id for hit in engine.search(SearchQuery("", NOW)).hits))
"""
    done = run_python(code, place)
    assert done.stdout.splitlines() == ["FULL " + DISK_FULL, "['kept:1']", "['kept:1', 'later:1']"], done.stderr


_WRITING = """
import sys
engine = EmbeddedEngine.open(place, chain(), Role.WRITER)
rebuild = engine.begin_rebuild() if "rebuild" in sys.argv else None
start = engine.count()
for i in range(start, 100_000):
    engine.apply([document(f"a{i}", sequence=i + 1, body="漫游"), document(f"b{i}", sequence=i + 1, body="漫游")])
    print(i, flush=True)
"""


@pytest.mark.parametrize("mode", ["", "rebuild"])
def test_kill_at_any_moment_loses_nothing_acknowledged_and_halves_nothing(place: Path, mode: str) -> None:
    pick = random.Random(7)  # noqa: S311 - a fixed sample
    acknowledged: set[int] = set()
    for _ in range(4):
        writer = start_python(_WRITING, place, mode)
        assert writer.stdout
        for _ in range(pick.randint(1, 25)):
            acknowledged.add(int(writer.stdout.readline()))
        writer.send_signal(signal.SIGKILL)
        acknowledged.update(int(line) for line in writer.stdout.read().split("\n") if line.strip())
        writer.wait()
        writer.stdout.close()
    engine = EmbeddedEngine.open(place, chain(), Role.WRITER)
    held = {version.document_id for version in engine.iterate()}
    assert {f"{side}{i}:1" for i in acknowledged for side in "ab"} <= held
    assert {i[1:] for i in held if i[0] == "a"} == {i[1:] for i in held if i[0] == "b"}
    assert [p.name for p in place.glob("g-*")] == [served_directory(place).name]
    engine.apply([Tombstone(i, 10**6) for i in held])
    assert engine.count() == 0
    engine.close()


def test_searches_and_writes_go_on_during_rebuilds(place: Path) -> None:
    engine = EmbeddedEngine.open(place, chain(), Role.WRITER)
    engine.apply([document(f"k{i}", body="漫游说明") for i in range(50)])
    wrong: list[object] = []
    stop = threading.Event()

    def search() -> None:
        while not stop.is_set():
            try:
                total = engine.search(SearchQuery("漫游", NOW)).total or 0
                if total < 50:
                    wrong.append(total)
            except Exception as fault:  # noqa: BLE001 - whatever a reader meets is the finding
                wrong.append(fault)

    def write() -> None:
        for i in range(30):
            engine.apply([document(f"w{i}", sequence=100, body="漫游说明")])

    threads = [threading.Thread(target=search) for _ in range(2)] + [threading.Thread(target=write)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        rebuild = engine.begin_rebuild()
        rebuild.add(document(f"k{i}", body="漫游说明") for i in range(50))
        rebuild.add([document(v.document_id.split(":")[0], sequence=v.sequence, body="漫游说明") for v in engine.iterate()])
        rebuild.swap(expected=50)
    threads[-1].join()
    stop.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert found(engine) == {f"k{i}:1" for i in range(50)} | {f"w{i}:1" for i in range(30)}
    engine.close()


def test_a_pinned_snapshot_survives_a_swap(place: Path) -> None:
    engine = EmbeddedEngine.open(place, chain(), Role.WRITER)
    engine.apply([document(f"k{i}") for i in range(9)])
    first = engine.search(SearchQuery("", NOW, limit=5))
    engine.begin_rebuild().swap()
    rest = engine.search(SearchQuery("", NOW, limit=5, after=first.hits[-1].position, snapshot=first.snapshot))
    assert not rest.snapshot_gone
    assert {hit.document_id for hit in (*first.hits, *rest.hits)} == {f"k{i}:1" for i in range(9)}
    engine.close()


_PRELUDE = """
import sys
from pathlib import Path
from kbsearch.indexing.embedded import EmbeddedEngine, Role
from kbsearch.indexing.query import SearchQuery
from tests.indexing.samples import NOW, chain, document
place = Path(sys.argv[1])
"""


def run_python(code: str, place: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", _PRELUDE + code, str(place)],
        cwd=_PROJECT,
        env={**os.environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def start_python(code: str, place: Path, mode: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", _PRELUDE + code, str(place), mode], cwd=_PROJECT, stdout=subprocess.PIPE, text=True)  # noqa: S603
