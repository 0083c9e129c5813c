"""HQ's SQLite tables; holds no logic. A case is what a reviewer decides on: one round of a submission, or a draft of HQ's own.

An item is what HQ holds as a whole (knowledge, announcement or reply), a version one accepted text of it, an ending what stops it.
"""

from __future__ import annotations

HQ_TABLES = """
CREATE TABLE IF NOT EXISTS received (
  webhook_id TEXT PRIMARY KEY, kind TEXT NOT NULL, document_id TEXT NOT NULL, received_at TEXT NOT NULL, body TEXT NOT NULL,
  outcome TEXT NOT NULL, reason TEXT, deliveries INTEGER NOT NULL, source TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS review_case (
  id TEXT NOT NULL, round INTEGER NOT NULL, origin TEXT NOT NULL, subject_kind TEXT NOT NULL, flow TEXT NOT NULL, state TEXT NOT NULL,
  subject_id TEXT NOT NULL, title TEXT NOT NULL, reference TEXT NOT NULL, data TEXT NOT NULL, amended TEXT,
  attempt INTEGER NOT NULL, received_at TEXT NOT NULL, waiting_since TEXT NOT NULL, note TEXT, decision TEXT, decided_at TEXT,
  PRIMARY KEY (id, round));
CREATE INDEX IF NOT EXISTS review_case_state ON review_case (state);
CREATE TABLE IF NOT EXISTS step (
  seq INTEGER PRIMARY KEY, case_id TEXT NOT NULL, round INTEGER NOT NULL, subject_id TEXT NOT NULL, step TEXT NOT NULL,
  title TEXT NOT NULL, actor TEXT NOT NULL, at TEXT NOT NULL, detail TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS step_case ON step (case_id);
CREATE INDEX IF NOT EXISTS step_subject ON step (subject_id);
CREATE TABLE IF NOT EXISTS item (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, category_id TEXT, status TEXT NOT NULL, distribution TEXT NOT NULL, suspension TEXT,
  issuer TEXT, issuer_name TEXT, answers TEXT);
CREATE INDEX IF NOT EXISTS item_kind ON item (kind);
CREATE INDEX IF NOT EXISTS item_answers ON item (answers);
CREATE TABLE IF NOT EXISTS version (
  subject_id TEXT NOT NULL, number INTEGER NOT NULL, base_number INTEGER, title TEXT NOT NULL, content TEXT NOT NULL,
  content_hash TEXT NOT NULL, distribution TEXT NOT NULL, distribution_before TEXT NOT NULL, status TEXT NOT NULL, effective_from TEXT,
  effective_to TEXT, case_id TEXT NOT NULL, round INTEGER NOT NULL, accepted_at TEXT NOT NULL, PRIMARY KEY (subject_id, number));
CREATE INDEX IF NOT EXISTS version_case ON version (case_id);
CREATE TABLE IF NOT EXISTS ending (
  subject_id TEXT NOT NULL, number INTEGER NOT NULL, content_hash TEXT NOT NULL, reason TEXT NOT NULL, reason_text TEXT NOT NULL,
  replacement_id TEXT, effective_from TEXT, accepted_at TEXT NOT NULL, PRIMARY KEY (subject_id, number));
CREATE TABLE IF NOT EXISTS withdrawal (
  id INTEGER PRIMARY KEY, case_id TEXT NOT NULL, round INTEGER NOT NULL, subject_kind TEXT NOT NULL, subject_id TEXT NOT NULL,
  reason TEXT NOT NULL, reason_text TEXT NOT NULL, answer_expected INTEGER NOT NULL, state TEXT NOT NULL, created_at TEXT NOT NULL,
  closed_at TEXT, answer_text TEXT);
CREATE INDEX IF NOT EXISTS withdrawal_case ON withdrawal (case_id, round);
CREATE TABLE IF NOT EXISTS feedback (
  id TEXT PRIMARY KEY, province TEXT NOT NULL, province_id TEXT NOT NULL, knowledge_id TEXT NOT NULL, number INTEGER NOT NULL,
  text TEXT NOT NULL, reporter TEXT NOT NULL, urgency TEXT NOT NULL, state TEXT NOT NULL, dispatch INTEGER NOT NULL,
  received_at TEXT NOT NULL, answer TEXT, opinion TEXT, note TEXT, UNIQUE (province, province_id));
CREATE TABLE IF NOT EXISTS feedback_result (
  feedback_id TEXT NOT NULL, dispatch INTEGER NOT NULL, data TEXT NOT NULL, received_at TEXT NOT NULL,
  PRIMARY KEY (feedback_id, dispatch));
CREATE TABLE IF NOT EXISTS taxonomy_push (
  tree_version INTEGER PRIMARY KEY, nodes TEXT NOT NULL, merges TEXT NOT NULL, note TEXT NOT NULL, pushed_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS node_merge (from_id TEXT PRIMARY KEY, into_id TEXT NOT NULL, tree_version INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS item_move (
  tree_version INTEGER NOT NULL, subject_id TEXT NOT NULL, from_id TEXT NOT NULL, into_id TEXT NOT NULL,
  PRIMARY KEY (tree_version, subject_id));
CREATE TABLE IF NOT EXISTS sync_run (
  id INTEGER PRIMARY KEY, run_id TEXT NOT NULL, kind TEXT NOT NULL, at TEXT NOT NULL, asked INTEGER NOT NULL, answered INTEGER NOT NULL,
  messages INTEGER NOT NULL, detail TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS attachment (
  sha256 TEXT PRIMARY KEY, name TEXT NOT NULL, media_type TEXT NOT NULL, source TEXT NOT NULL, bytes BLOB NOT NULL,
  stored_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS attachment_wanted (
  sha256 TEXT PRIMARY KEY, state TEXT NOT NULL, attempts INTEGER NOT NULL, due_at TEXT NOT NULL, last_error TEXT);
"""
