"""Expected faults of an installation: a sentence that says what to do, exit code 1, no traceback, nothing half-applied."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from tests.cli.conftest import Run
from tests.cli.program import environment


def test_a_newer_database_is_refused_by_every_door(kb: Run, home: Path) -> None:
    with sqlite3.connect(home / "kbsearch.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '99991231_future'")
    for arguments in (
        ("search", "话费"),
        ("serve",),
        ("serve", "--migrate"),
        ("worker",),
        ("migrate",),
        ("seed",),
        ("user", "list"),
        ("reconcile",),
    ):
        assert "比本程序新" in kb(*arguments, environment_={"KBSEARCH_PORT": "0"}).refused()
    with sqlite3.connect(home / "kbsearch.db") as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchone() == ("99991231_future",)


def test_an_outdated_database_is_refused_with_the_way_to_mend_it(kb: Run, home: Path) -> None:
    sqlite3.connect(home / "empty.db").close()
    (home / "empty.db").replace(home / "kbsearch.db")
    assert "kbsearch migrate" in kb("serve", environment_={"KBSEARCH_PORT": "0"}).refused()
    kb("migrate").well()
    assert kb("user", "list", "--json").well().json == []


def test_a_second_index_writer_is_refused(kb: Run, home: Path) -> None:
    with FileLock(home / "index" / "writer.lock"):
        for command in ("serve", "worker"):
            assert "另一个进程" in kb(command, environment_={"KBSEARCH_PORT": "0"}).refused()
        assert kb("search", "话费", "--json").well().json["total"] == 0


def test_a_queued_rebuild_that_nobody_does_is_told(kb: Run, home: Path) -> None:
    with FileLock(home / "index" / "writer.lock"):
        assert "已排队" in kb("reindex", "--wait", "0.3").refused()
    assert len(kb("outbox", "list", "--destination", "index:embedded", "--json").well().json) == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"KBSEARCH_PORT": "abc"}, "KBSEARCH_PORT"),
        ({"KBSEARCH_HQ_URL": "http://127.0.0.1:9/"}, "KBSEARCH_HQ_OUTBOUND_SECRET"),
        ({"KBSEARCH_HQ_OUTBOUND_SECRET": "secret"}, "whsec_"),
        ({"KBSEARCH_HQ_INBOUND_SECRETS": "whsec_***"}, "KBSEARCH_HQ_INBOUND_SECRETS"),
        ({"KBSEARCH_DATABASE_URL": "nonsense"}, "KBSEARCH_DATABASE_URL"),
        ({"KBSEARCH_DATABASE_URL": "mysql://x/y"}, "KBSEARCH_DATABASE_URL"),
        ({"KBSEARCH_DATABASE_URL": "postgresql://nobody:pass-word@127.0.0.1:9/none"}, "连不上数据库"),
    ],
)
def test_bad_settings_stop_the_service_with_a_sentence(kb: Run, given: dict[str, str], said: str) -> None:
    told = kb("serve", environment_={"KBSEARCH_PORT": "0", **given}).refused()
    assert said in told
    assert "pass-word" not in told


def test_a_bad_lexicon_line_is_named(kb: Run, tmp_path: Path) -> None:
    (tmp_path / "lexicon").mkdir()
    (tmp_path / "lexicon" / "dictionary.txt").write_text("话费 多少 次\n", encoding="utf-8")
    assert "第 1 行" in kb("search", "话费", environment_={"KBSEARCH_LEXICON_DIR": str(tmp_path / "lexicon")}).refused()


@pytest.mark.parametrize("arguments", [("serve",), ("demo", "--hq-port", "0", "--province-ports", "0,0")])
def test_a_taken_port_is_named_with_the_way_to_another(kb: Run, arguments: tuple[str, ...]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = kb(*arguments, environment_={"KBSEARCH_PORT": port}).refused()
    assert port in said
    assert "KBSEARCH_PORT" in said


def test_a_damaged_database_is_told(kb: Run, home: Path) -> None:
    (home / "kbsearch.db").write_bytes(b"not a database at all" * 1000)
    for leftover in home.glob("kbsearch.db-*"):
        leftover.unlink()
    assert "不是 SQLite 数据库" in kb("user", "list").refused()


def test_debug_shows_the_traceback(kb: Run) -> None:
    done = kb("--debug", "token", "revoke", "nothing")
    assert "Traceback" in done.err


def big_file(path: Path, lines: int = 3000) -> Path:
    text = "彩信业务说明" * 80
    rows = ({"sourceId": str(n), "title": f"彩信业务{n}", "body": text, "category": "满盘"} for n in range(lines))
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_full_disk_loses_nothing_and_a_second_run_goes_on(kb: Run, tmp_path: Path, home: Path) -> None:
    file = big_file(tmp_path / "big.jsonl")
    arguments = ("import", str(file), "--as-stock", "--create-categories", "--scope", "local", "--no-index")
    room = (home / "kbsearch.db").stat().st_size + 3_000_000
    said = kb(*arguments, file_bytes=room).refused()
    assert "磁盘" in said or "文件大小" in said
    with sqlite3.connect(home / "kbsearch.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        held = database.execute("SELECT count(*) FROM subject").fetchone()[0]
        assert 0 < held < 3000
        assert held % 500 == 0, "half a batch was applied"
        for table in ("subject_version", "imported_source"):
            assert database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == held  # noqa: S608 - our own names
    again = kb(*arguments, "--json").well().json[0]
    assert (again["unchanged"], again["imported"]) == (held, 3000 - held)
    assert kb("reconcile", "--repair", "--json").well().json["checked"] == 3000


def test_a_full_disk_under_the_index_is_told_and_mended(kb: Run, tmp_path: Path) -> None:
    file = big_file(tmp_path / "big.jsonl", 400)
    kb("import", str(file), "--as-stock", "--create-categories", "--scope", "local", "--no-index").well()
    assert "磁盘" in kb("reindex", file_bytes=20_000).refused()
    kb("reindex").well()
    assert kb("reconcile", "--json").well().json["checked"] == 400


def test_an_unwritable_data_folder_is_told(kb: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for command in ("migrate", "seed"):
        assert kb("--data-dir", str(tmp_path / "file" / "below"), command).refused()


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_closed_pipe_is_no_fault(home: Path, unbuffered: str) -> None:
    read, write = os.pipe()
    os.close(read)
    told = environment(KBSEARCH_DATA_DIR=str(home), PYTHONUNBUFFERED=unbuffered)
    done = subprocess.run(
        [sys.executable, "-m", "kbsearch.cli", "user", "list"], stdout=write, stderr=subprocess.PIPE, env=told, check=False
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")
