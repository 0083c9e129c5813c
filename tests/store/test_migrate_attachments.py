"""A database from before files were kept: what its versions name is noted and fetched after migrating."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, text
from sqlmodel import Session, col, select

from kbsearch.store.engine import for_writing, open_engine
from kbsearch.store.migrate import alembic_config, migrate
from kbsearch.store.tables import AttachmentFetch, AttachmentUse
from tests.store.databases import ENGINES, PostgresDatabase

OLD = """
INSERT INTO knowledge (id, owner, scope, lock_version, sequence, created_at, suspend_reason)
  VALUES ('K', 'HQ', 'NATIONAL', 1, 1, '2026-11-01 00:00:00.000000+00', '');
INSERT INTO knowledge_version (id, knowledge_id, number, title, body, summary, script, keywords, regions, attachments, content_hash,
  change_note, material, live_from, accepted, history_only, source, distribution, created_at)
  VALUES ('V{n}', 'K', {n}, 't', 'b', '', '', '[]', '[]', '{attachments}', 'h', '', true, '2026-11-01 00:00:00.000000+00', true, false,
  'HQ_PUSH',
  '[]', '2026-11-01 00:00:00.000000+00')
"""


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database without any table."""
    if request.param == "sqlite":
        opened = open_engine(f"sqlite:///{tmp_path / 'kb.db'}")
        yield opened
        opened.dispose()
    else:
        database = PostgresDatabase(migrated=False)
        yield database.engine
        database.close()


def test_files_named_before_are_noted_and_due(engine: Engine) -> None:
    config = alembic_config()
    with for_writing(engine).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "2026_11_23_first_tables")
    first, second = OLD.format(n=1, attachments='["aa", "bb"]').split(";"), OLD.format(n=2, attachments='["bb"]').split(";")
    with for_writing(engine).begin() as connection:
        for statement in (*first, second[1]):
            connection.execute(text(statement))
    migrate(engine)
    with Session(engine) as session:
        assert {(u.sha256, u.place.value, u.document_id) for u in session.exec(select(AttachmentUse))} == {
            ("aa", "SUBJECT", "K"),
            ("bb", "SUBJECT", "K"),
        }
        due = session.exec(select(AttachmentFetch).order_by(col(AttachmentFetch.sha256))).all()
        assert [(f.sha256, f.attempts, f.due_at.year) for f in due] == [("aa", 0, 2026), ("bb", 0, 2026)]
