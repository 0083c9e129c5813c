"""Commands on a data folder without a running service: what they do, what they print, what they refuse."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.program import INBOUND, OUTBOUND, Program

LINES = [
    {"sourceId": "1", "title": "彩信包月资费", "body": "彩信包每月五元，含五十条。", "category": "测试类/彩信"},
    {"sourceId": "2", "title": "语音信箱开通", "body": "发送短信即可开通语音信箱。", "category": "测试类/语音"},
]


@pytest.fixture
def stock(tmp_path: Path) -> Path:
    file = tmp_path / "stock.jsonl"
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in LINES), encoding="utf-8")
    return file


def import_stock(kb: Run, stock: Path) -> None:
    kb("import", str(stock), "--as-stock", "--create-categories", "--scope", "local").well()


def test_migrate_creates_then_finds_nothing_to_do(program: Program, tmp_path: Path) -> None:
    first = program.run("migrate", "--json", folder=tmp_path / "new").well().json
    again = program.run("migrate", "--json", folder=tmp_path / "new").well().json
    assert first["before"] is None
    assert again == {"before": first["after"], "after": first["after"]}


def test_seed_fills_an_empty_store_once(program: Program, demo_data: Path) -> None:
    again = program.run("seed", "--json", folder=demo_data)
    assert (again.code, again.json) == (1, {"loaded": False})
    found = program.run("search", "话费", "--json", folder=demo_data).well().json
    assert found["total"] > 5
    assert any("话费" in hit["title"] for hit in found["hits"])
    assert program.run("reconcile", "--json", folder=demo_data).well().json["equal"]


@pytest.mark.parametrize(
    "arguments", [("search", "话费"), ("reconcile",), ("reindex",), ("user", "list"), ("serve",), ("worker",), ("export", "x.csv")]
)
def test_a_wrong_data_folder_is_told_and_left_alone(program: Program, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    said = program.run(*arguments, folder=tmp_path / "nowhere").refused()
    assert "kbsearch migrate" in said
    assert not (tmp_path / "nowhere").exists()


def test_import_search_export_and_import_again(kb: Run, program: Program, stock: Path, tmp_path: Path) -> None:
    import_stock(kb, stock)
    hits = kb("search", "彩信包", "--json").well().json["hits"]
    assert hits[0]["title"] == "彩信包月资费"
    assert hits[0]["snippet"].startswith("彩信包每月")
    assert [h["title"] for h in kb("search", "彩信", "--category", "测试类", "--json").well().json["hits"]] == ["彩信包月资费"]
    assert kb("search", "彩信", "--as-of", "2020-01-01", "--json").well().json["total"] == 0
    out = tmp_path / "out.csv"
    assert kb("export", str(out), "--json").well().json["lines"] == 2
    unchanged = kb("import", str(stock), "--as-stock", "--scope", "local", "--json").well().json[0]
    assert (unchanged["unchanged"], unchanged["imported"]) == (2, 0)
    other = tmp_path / "other"
    program.run("migrate", folder=other).well()
    told = program.run("import", str(out), "--as-stock", "--create-categories", "--json", folder=other).well().json[0]
    assert told["imported"] == 2
    assert program.run("search", "语音信箱", folder=other).well().out.count("语音信箱开通") == 1


def test_import_as_drafts_of_an_author(kb: Run, stock: Path, home: Path) -> None:
    assert "未收 2" in kb("import", str(stock), "--author", "chenjing", "--map", "title=title").out
    leaf = (
        sqlite3.connect(home / "kbsearch.db")
        .execute("SELECT id FROM category WHERE id LIKE 'LC-%' AND parent_id LIKE 'LC-%'")
        .fetchone()[0]
    )
    plain = stock.with_name("plain.jsonl")
    plain.write_text("".join(json.dumps({k: v for k, v in line.items() if k != "category"}) + "\n" for line in LINES), encoding="utf-8")
    told = kb("import", str(plain), "--author", "chenjing", "--category", leaf, "--json").well().json[0]
    assert told["imported"] == 2
    assert "没有工号 nobody" in kb("import", str(plain), "--author", "nobody").refused()


def test_rejected_lines_are_told_and_kept(kb: Run, stock: Path, tmp_path: Path) -> None:
    stock.write_text(stock.read_text("utf-8") + "{broken\n", encoding="utf-8")
    rejected = tmp_path / "no.jsonl"
    done = kb("import", str(stock), "--as-stock", "--create-categories", "--scope", "local", "--rejected", str(rejected))
    assert done.code == 1
    assert "未收 1" in done.out
    assert json.loads(rejected.read_text("utf-8"))["line"] == 3


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [("none.csv", None, "找不到文件"), ("a.xls", b"x", "不认识"), ("gbk.csv", "编号,标题\n".encode("gbk"), "UTF-8")],
)
def test_broken_import_files(kb: Run, tmp_path: Path, name: str, content: bytes | None, said: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert said in kb("import", str(tmp_path / name), "--as-stock").refused()


def test_people_and_tokens(kb: Run) -> None:
    kb("user", "add", "newman", "新人", "--role", "author", "--role", "agent").well()
    assert "已有人用" in kb("user", "add", "newman", "新人", "--role", "author").refused()
    assert kb("user", "update", "newman", "--name", "老人", "--inactive", "--json").well().json["active"] is False
    assert "newman" not in kb("user", "list").well().out
    assert "已停用" in kb("user", "list", "--all").well().out
    issued = kb("token", "issue", "newman", "--scope", "agent", "--label", "试", "--json").well().json
    assert (issued["token"][:3], issued["scopes"]) == ("kb_", ["AGENT"])
    assert "没有这些角色" in kb("token", "issue", "newman", "--scope", "admin").refused()
    kb("token", "revoke", issued["id"]).well()
    listed = kb("token", "list", "--login", "newman", "--json").well()
    assert [t["state"] for t in listed.json] == ["REVOKED"]
    assert issued["token"] not in listed.out
    assert "找不到" in kb("token", "revoke", "nothing").refused()


def test_outbox_and_inbox(program: Program, demo_home: Path) -> None:
    def kb(*arguments: str) -> str:
        return program.run(*arguments, folder=demo_home).well().out

    waiting = json.loads(kb("outbox", "list", "--destination", "hq", "--status", "待发", "--json"))
    assert waiting
    shown = json.loads(kb("outbox", "show", waiting[0]["id"], "--json"))
    assert shown["payload"]
    assert waiting[0]["id"] in kb("outbox", "list", "--status", "pending")
    assert "只有死信" in program.run("outbox", "replay", waiting[0]["id"], folder=demo_home).refused()
    with sqlite3.connect(demo_home / "kbsearch.db") as database:
        database.execute("UPDATE outbox_message SET status = 'DEAD' WHERE id = ?", (waiting[0]["id"],))
    assert json.loads(kb("outbox", "replay", waiting[0]["id"], "--json")) == {"replayed": 1}
    assert json.loads(kb("outbox", "replay", "--all", "--json")) == {"replayed": 0}
    came = json.loads(kb("inbox", "list", "--json", "--limit", "5"))
    assert len(came) == 5
    assert came[0]["webhook_id"] in kb("inbox", "show", came[0]["id"])
    assert "找不到" in program.run("outbox", "show", "nothing", folder=demo_home).refused()
    assert "找不到" in program.run("inbox", "show", "nothing", folder=demo_home).refused()


def test_reconcile_finds_and_repairs_what_differs(kb: Run, stock: Path, home: Path) -> None:
    import_stock(kb, stock)
    with sqlite3.connect(home / "kbsearch.db") as database:
        database.execute("UPDATE subject SET category_id = 'LC-none-such' WHERE id IN (SELECT id FROM subject LIMIT 1)")
    found = kb("reconcile", "--json")
    assert (found.code, len(found.json["different"]), found.json["checked"]) == (1, 1, 2)
    assert "reconcile --repair" in kb("reconcile").out
    repaired = kb("reconcile", "--repair", "--json").well().json
    assert (repaired["equal"], repaired["repaired"]) == (True, 1)


def test_reconcile_does_not_guess_while_jobs_wait(kb: Run, stock: Path) -> None:
    kb("import", str(stock), "--as-stock", "--create-categories", "--scope", "local", "--no-index").well()
    assert "索引任务没有做完" in kb("reconcile", "--wait", "0.3").refused()
    assert kb("reconcile", "--repair", "--json").well().json["equal"]


def test_reindex_rebuilds(kb: Run, stock: Path) -> None:
    import_stock(kb, stock)
    assert kb("reindex", "--json").well().json == {"documents": 2, "by": "本命令"}


def test_doctor_says_what_is_wrong(program: Program, kb: Run, tmp_path: Path) -> None:
    def levels(told: dict[str, list[dict[str, str]]]) -> dict[str, str]:
        return {finding["name"]: finding["level"] for finding in told["findings"]}

    bad = program.run("doctor", "--json", folder=tmp_path / "nowhere")
    assert bad.code == 1
    assert levels(bad.json)["数据库"] == "fail"
    assert not (tmp_path / "nowhere").exists()
    good = kb("doctor", "--json", environment_={"KBSEARCH_HQ_INBOUND_SECRETS": INBOUND, "KBSEARCH_PORT": "0"}).well()
    assert good.json["ok"]
    assert levels(good.json) | {"数据库": "ok", "索引": "ok", "密钥": "ok", "词库": "ok", "总部": "warn"} == levels(good.json)


@pytest.mark.parametrize(
    ("setting", "value", "name"),
    [
        ("KBSEARCH_PORT", "abc", "设置"),
        ("KBSEARCH_LEXICON_DIR", "/nowhere", "词库"),
        ("KBSEARCH_HQ_URL", "http://127.0.0.1:9/inbox", "总部"),
        ("KBSEARCH_HQ_OUTBOUND_SECRET", "whsec_short", "密钥"),
        ("KBSEARCH_HQ_INBOUND_SECRETS", f"{INBOUND},plain", "密钥"),
        ("KBSEARCH_DATABASE_URL", "postgresql://nobody:x@127.0.0.1:9/none", "数据库"),
        ("KBSEARCH_DATABASE_URL", "what is this", "数据库"),
    ],
)
def test_doctor_names_the_bad_setting(kb: Run, setting: str, value: str, name: str) -> None:
    given = {"KBSEARCH_PORT": "0", "KBSEARCH_HQ_OUTBOUND_SECRET": OUTBOUND, setting: value}
    done = kb("doctor", "--json", environment_=given)
    assert done.code == 1
    assert "Traceback" not in done.err
    assert name in {f["name"] for f in done.json["findings"] if f["level"] == "fail"}


def test_a_broken_index_is_told_and_mended(kb: Run, stock: Path, home: Path) -> None:
    import_stock(kb, stock)
    (home / "index" / "current").write_text("g-999999\n")
    assert "kbsearch" in kb("search", "彩信包").refused()
    assert kb("doctor", "--json", environment_={"KBSEARCH_PORT": "0"}).code == 1
    kb("reindex").well()
    assert kb("search", "彩信包", "--json").well().json["total"] == 1
