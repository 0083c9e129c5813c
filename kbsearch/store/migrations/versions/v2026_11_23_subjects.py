"""Knowledge becomes one kind of subject beside announcements and replies; tables of the other flows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from kbsearch.store.dialect import allow_null, version_triggers

revision = "2026_11_23_subjects"
down_revision = "2026_11_23_first_tables"
branch_labels = None
depends_on = None

# Rule 3 of product.md §3.2 as it stood when this migration was written.
ONE_OPEN = (
    "state IN ('APPROVED', 'BASE_CONFLICT', 'HQ_RETURNED', 'PENDING_HQ', 'PENDING_REVIEW', 'RETURNED', 'SUBMITTED') "
    "OR (state = 'WITHDRAW_PENDING' AND origin IS NOT NULL AND origin <> 'SCHEDULED')"
)
JSON_DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
RENAMED_TABLES = (("knowledge", "subject"), ("knowledge_version", "subject_version"), ("knowledge_read", "subject_read"))
HOLDS_SUBJECT_ID = ("subject_version", "revocation", "subject_read", "submission", "inbox_message", "search_click", "imported_source")


def _rename(dialect: str) -> None:
    for trigger in ("knowledge_version_no_update", "knowledge_version_no_delete"):
        op.execute(f"DROP TRIGGER {trigger}" + ("" if dialect == "sqlite" else " ON knowledge_version"))
    op.drop_index("uq_submission_one_open", table_name="submission")
    op.drop_index("uq_knowledge_version_accepted", table_name="knowledge_version")
    for before, after in RENAMED_TABLES:
        op.rename_table(before, after)
    for table in HOLDS_SUBJECT_ID:
        op.execute(f"ALTER TABLE {table} RENAME COLUMN knowledge_id TO subject_id")


def _add_columns(instant: str, boolean: str, json: str, no: str) -> None:
    added = (
        ("subject", "kind VARCHAR(32) NOT NULL DEFAULT 'KNOWLEDGE'"),
        ("subject", "parent_id VARCHAR CONSTRAINT fk_subject_parent_id REFERENCES subject (id)"),
        ("subject", f"still_in_use {boolean} NOT NULL DEFAULT {no}"),
        ("subject", "issuer_code VARCHAR NOT NULL DEFAULT ''"),
        ("subject", "issuer_name VARCHAR NOT NULL DEFAULT ''"),
        ("subject", "author_name VARCHAR NOT NULL DEFAULT ''"),
        ("subject", "urgency VARCHAR(32) NOT NULL DEFAULT 'NORMAL'"),
        ("subject", f"released_at {instant}"),
        ("subject", "released_by VARCHAR"),
        ("subject", f"local_audience {json}"),
        ("subject", f"local_must_read {boolean}"),
        ("subject", f"reply_due_at {instant}"),
        ("subject", f"reply_reminded_at {instant}"),
        ("subject", f"late {boolean} NOT NULL DEFAULT {no}"),
        ("subject", f"expiry_reminded_at {instant}"),
        ("subject_version", f"terms {json}"),
        ("submission", "subject_kind VARCHAR(32) NOT NULL DEFAULT 'KNOWLEDGE'"),
        ("submission", "feedback_id VARCHAR CONSTRAINT fk_submission_feedback_id REFERENCES feedback (id)"),
        ("submission", "batch_id VARCHAR CONSTRAINT fk_submission_batch_id REFERENCES batch (id)"),
        ("category", "merged_into VARCHAR CONSTRAINT fk_category_merged_into REFERENCES category (id)"),
        ("taxonomy_version", f"effects {json} NOT NULL DEFAULT '[]'"),
    )
    for table, column in added:
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column}")


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    if dialect == "postgresql":
        op.execute("SET LOCAL lock_timeout = '5s'")
    _rename(dialect)
    _create_tables()
    if dialect == "sqlite":
        _add_columns("DATETIME", "BOOLEAN", "JSON", "0")
    else:
        _add_columns("TIMESTAMP WITH TIME ZONE", "BOOLEAN", "JSONB", "false")
    allow_null(op.get_bind(), "submission", "category_id")
    _index()
    _find_attachments(dialect)
    for statement in version_triggers(dialect):
        op.execute(statement)


def _create_tables() -> None:
    op.create_table(
        "attachment_fetch",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_error", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_attachment_fetch")),
    )
    op.create_index(op.f("ix_attachment_fetch_due_at"), "attachment_fetch", ["due_at"], unique=False)
    op.create_table(
        "sync_run",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("category_ids", JSON_DOCUMENT, nullable=False),
        sa.Column("compared", sa.Integer(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("started_by", sa.String(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("applied_by", sa.String(), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("lock_version", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_run")),
    )
    op.create_index(op.f("ix_sync_run_state"), "sync_run", ["state"], unique=False)
    op.create_table(
        "attachment",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("uploaded_by", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["uploaded_by"], ["person.id"], name=op.f("fk_attachment_uploaded_by")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_attachment")),
    )
    op.create_table(
        "attachment_use",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("place", sa.String(32), nullable=False),
        sa.Column("document_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "place", "document_id", name=op.f("pk_attachment_use")),
    )
    op.create_index(op.f("ix_attachment_use_document_id"), "attachment_use", ["document_id"], unique=False)
    op.create_table(
        "batch",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("author_id", sa.String(), nullable=False),
        sa.Column("effective_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lock_version", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_batch_author_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
    )
    op.create_index(op.f("ix_batch_author_id"), "batch", ["author_id"], unique=False)
    op.create_table(
        "notice",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("about", sa.String(32), nullable=False),
        sa.Column("document_id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("next_step", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_notice_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    op.create_index("ix_notice_person", "notice", ["person_id", "sequence", "ordinal"], unique=False)
    op.create_index("ix_notice_sequence", "notice", ["sequence", "ordinal"], unique=False)
    op.create_index("ix_notice_document", "notice", ["document_id"], unique=False)
    op.create_table(
        "notice_channel",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("mail", sa.String(), nullable=False),
        sa.Column("webhook_url", sa.String(), nullable=False),
        sa.Column("webhook_secret", sa.String(), nullable=False),
        sa.Column("kinds", sa.String(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_notice_channel_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_notice_channel")),
    )
    op.create_table(
        "sync_difference",
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("knowledge_id", sa.String(), nullable=False),
        sa.Column("category_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("ours", JSON_DOCUMENT, nullable=True),
        sa.Column("theirs", JSON_DOCUMENT, nullable=True),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("chosen", sa.Boolean(), nullable=False),
        sa.Column("repaired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["sync_run.id"], name=op.f("fk_sync_difference_run_id")),
        sa.PrimaryKeyConstraint("run_id", "knowledge_id", name=op.f("pk_sync_difference")),
    )
    op.create_index(op.f("ix_sync_difference_knowledge_id"), "sync_difference", ["knowledge_id"], unique=False)
    op.create_table(
        "favourite",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_favourite_person_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_favourite_subject_id")),
        sa.PrimaryKeyConstraint("person_id", "subject_id", name=op.f("pk_favourite")),
    )
    op.create_index(op.f("ix_favourite_subject_id"), "favourite", ["subject_id"], unique=False)
    op.create_table(
        "feedback",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("origin", sa.String(32), nullable=False),
        sa.Column("hq_id", sa.String(), nullable=True),
        sa.Column("dispatch", sa.Integer(), nullable=False),
        sa.Column("province", sa.String(), nullable=True),
        sa.Column("subject_id", sa.String(), nullable=True),
        sa.Column("version_number", sa.Integer(), nullable=True),
        sa.Column("query", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("opinion", sa.String(), nullable=False),
        sa.Column("reporter_id", sa.String(), nullable=True),
        sa.Column("reporter_name", sa.String(), nullable=False),
        sa.Column("urgency", sa.String(32), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("resolution", sa.String(32), nullable=True),
        sa.Column("resolution_text", sa.String(), nullable=False),
        sa.Column("resolved_version", sa.Integer(), nullable=True),
        sa.Column("duplicate_of", sa.String(), nullable=True),
        sa.Column("submission_id", sa.String(), nullable=True),
        sa.Column("handler_id", sa.String(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lock_version", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["duplicate_of"], ["feedback.id"], name=op.f("fk_feedback_duplicate_of")),
        sa.ForeignKeyConstraint(["handler_id"], ["person.id"], name=op.f("fk_feedback_handler_id")),
        sa.ForeignKeyConstraint(["reporter_id"], ["person.id"], name=op.f("fk_feedback_reporter_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_feedback_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
    )
    op.create_index(op.f("ix_feedback_reporter_id"), "feedback", ["reporter_id"], unique=False)
    op.create_index(op.f("ix_feedback_sequence"), "feedback", ["sequence"], unique=False)
    op.create_index("ix_feedback_state_due", "feedback", ["state", "due_at"], unique=False)
    op.create_index(op.f("ix_feedback_subject_id"), "feedback", ["subject_id"], unique=False)
    op.create_index(op.f("ix_feedback_submission_id"), "feedback", ["submission_id"], unique=False)
    op.create_index(
        "uq_feedback_hq",
        "feedback",
        ["hq_id"],
        unique=True,
        sqlite_where=sa.text("hq_id IS NOT NULL"),
        postgresql_where=sa.text("hq_id IS NOT NULL"),
    )
    op.create_table(
        "interim_note",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("version_number", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("author_id", sa.String(), nullable=False),
        sa.Column("reviewed_by", sa.String(), nullable=True),
        sa.Column("return_text", sa.String(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.String(), nullable=False),
        sa.Column("lock_version", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_interim_note_author_id")),
        sa.ForeignKeyConstraint(["reviewed_by"], ["person.id"], name=op.f("fk_interim_note_reviewed_by")),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_interim_note_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interim_note")),
    )
    op.create_index(op.f("ix_interim_note_ends_at"), "interim_note", ["ends_at"], unique=False)
    op.create_index(op.f("ix_interim_note_state"), "interim_note", ["state"], unique=False)
    op.create_index(op.f("ix_interim_note_subject_id"), "interim_note", ["subject_id"], unique=False)
    op.create_table(
        "last_reading",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("version_number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_last_reading_person_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_last_reading_subject_id")),
        sa.PrimaryKeyConstraint("person_id", "subject_id", name=op.f("pk_last_reading")),
    )
    op.create_index(op.f("ix_last_reading_subject_id"), "last_reading", ["subject_id"], unique=False)
    op.create_table(
        "receipt",
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("version_number", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proof", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_receipt_person_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_receipt_subject_id")),
        sa.PrimaryKeyConstraint("subject_id", "person_id", "content_hash", name=op.f("pk_receipt")),
    )
    op.create_index(op.f("ix_receipt_person_id"), "receipt", ["person_id"], unique=False)
    op.create_table(
        "receipt_reminder",
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_receipt_reminder_person_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_receipt_reminder_subject_id")),
        sa.PrimaryKeyConstraint("subject_id", "person_id", name=op.f("pk_receipt_reminder")),
    )


def _find_attachments(dialect: str) -> None:
    """Versions from headquarters could name files before files were kept: they are fetched now."""
    each = (
        "json_each(subject_version.attachments)"
        if dialect == "sqlite"
        else "jsonb_array_elements_text(subject_version.attachments) AS value"
    )
    op.execute(
        "INSERT INTO attachment_use (sha256, place, document_id) "
        f"SELECT DISTINCT value, 'SUBJECT', subject_version.subject_id FROM subject_version, {each}"
    )
    long_ago = "2026-01-01 00:00:00.000000" + ("" if dialect == "sqlite" else "+00")
    op.execute(
        "INSERT INTO attachment_fetch (sha256, attempts, due_at, last_error) "
        f"SELECT DISTINCT sha256, 0, {'' if dialect == 'sqlite' else 'TIMESTAMPTZ '}'{long_ago}', '' FROM attachment_use"
    )


def _index() -> None:
    op.drop_index(op.f("ix_inbox_message_knowledge_id"), table_name="inbox_message")
    op.create_index(op.f("ix_inbox_message_subject_id"), "inbox_message", ["subject_id"], unique=False)
    op.drop_index(op.f("ix_revocation_knowledge_id"), table_name="revocation")
    op.create_index(op.f("ix_revocation_subject_id"), "revocation", ["subject_id"], unique=False)
    op.drop_index(op.f("ix_knowledge_category_id"), table_name="subject")
    op.drop_index(op.f("ix_knowledge_next_change_at"), table_name="subject")
    op.drop_index(op.f("ix_knowledge_sequence"), table_name="subject")
    op.create_index(op.f("ix_subject_category_id"), "subject", ["category_id"], unique=False)
    op.create_index(op.f("ix_subject_kind"), "subject", ["kind"], unique=False)
    op.create_index(op.f("ix_subject_next_change_at"), "subject", ["next_change_at"], unique=False)
    op.create_index(op.f("ix_subject_parent_id"), "subject", ["parent_id"], unique=False)
    op.create_index(op.f("ix_subject_reply_due_at"), "subject", ["reply_due_at"], unique=False)
    op.create_index(op.f("ix_subject_sequence"), "subject", ["sequence"], unique=False)
    op.drop_index(op.f("ix_knowledge_version_knowledge_id"), table_name="subject_version")
    op.drop_index(op.f("ix_knowledge_version_live_from"), table_name="subject_version")
    op.drop_index(op.f("ix_knowledge_version_submission_id"), table_name="subject_version")
    op.create_index(op.f("ix_subject_version_effective_to"), "subject_version", ["effective_to"], unique=False)
    op.create_index(op.f("ix_subject_version_live_from"), "subject_version", ["live_from"], unique=False)
    op.create_index(op.f("ix_subject_version_subject_id"), "subject_version", ["subject_id"], unique=False)
    op.create_index(op.f("ix_subject_version_submission_id"), "subject_version", ["submission_id"], unique=False)
    op.create_index(
        "uq_subject_version_accepted",
        "subject_version",
        ["subject_id", "number"],
        unique=True,
        sqlite_where=sa.text("accepted"),
        postgresql_where=sa.text("accepted"),
    )
    op.drop_index(op.f("ix_submission_knowledge_id"), table_name="submission")
    op.create_index("ix_search_log_person", "search_log", ["person_id", "at"], unique=False)
    op.create_index(op.f("ix_submission_batch_id"), "submission", ["batch_id"], unique=False)
    op.create_index(op.f("ix_submission_feedback_id"), "submission", ["feedback_id"], unique=False)
    op.create_index(op.f("ix_submission_subject_id"), "submission", ["subject_id"], unique=False)
    op.create_index(op.f("ix_submission_subject_kind"), "submission", ["subject_kind"], unique=False)
    op.create_index(
        "uq_submission_one_open",
        "submission",
        ["subject_id", sa.text("(kind IN ('REVOKE', 'RECALL'))")],
        unique=True,
        sqlite_where=sa.text(ONE_OPEN),
        postgresql_where=sa.text(ONE_OPEN),
    )


def downgrade() -> None:
    raise NotImplementedError("kbsearch migrates forward only: restore the backup instead")
