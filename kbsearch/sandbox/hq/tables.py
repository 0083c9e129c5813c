"""HQ's SQLite tables; holds no logic. A case is what a reviewer decides on: one round of a submission, or a draft of HQ's own."""

from __future__ import annotations

HQ_TABLES = """
CREATE TABLE IF NOT EXISTS received (
  webhook_id TEXT PRIMARY KEY, kind TEXT NOT NULL, document_id TEXT NOT NULL, received_at TEXT NOT NULL, body TEXT NOT NULL,
  outcome TEXT NOT NULL, reason TEXT, deliveries INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS review_case (
  id TEXT NOT NULL, round INTEGER NOT NULL, origin TEXT NOT NULL, flow TEXT NOT NULL, state TEXT NOT NULL,
  knowledge_id TEXT NOT NULL, title TEXT NOT NULL, reference TEXT NOT NULL, data TEXT NOT NULL, amended TEXT,
  attempt INTEGER NOT NULL, received_at TEXT NOT NULL, waiting_since TEXT NOT NULL, note TEXT, decision TEXT, decided_at TEXT,
  PRIMARY KEY (id, round));
CREATE INDEX IF NOT EXISTS review_case_state ON review_case (state);
CREATE TABLE IF NOT EXISTS step (
  seq INTEGER PRIMARY KEY, case_id TEXT NOT NULL, round INTEGER NOT NULL, knowledge_id TEXT NOT NULL, step TEXT NOT NULL,
  title TEXT NOT NULL, actor TEXT NOT NULL, at TEXT NOT NULL, detail TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS step_case ON step (case_id);
CREATE INDEX IF NOT EXISTS step_knowledge ON step (knowledge_id);
CREATE TABLE IF NOT EXISTS knowledge (
  id TEXT PRIMARY KEY, category_id TEXT, status TEXT NOT NULL, distribution TEXT NOT NULL, suspension TEXT);
CREATE TABLE IF NOT EXISTS version (
  knowledge_id TEXT NOT NULL, number INTEGER NOT NULL, title TEXT NOT NULL, content TEXT NOT NULL, content_hash TEXT NOT NULL,
  distribution TEXT NOT NULL, distribution_before TEXT NOT NULL, status TEXT NOT NULL, effective_from TEXT, case_id TEXT NOT NULL,
  round INTEGER NOT NULL, accepted_at TEXT NOT NULL, PRIMARY KEY (knowledge_id, number));
CREATE TABLE IF NOT EXISTS withdrawal (
  id INTEGER PRIMARY KEY, case_id TEXT NOT NULL, round INTEGER NOT NULL, knowledge_id TEXT NOT NULL, reason TEXT NOT NULL,
  reason_text TEXT NOT NULL, answer_expected INTEGER NOT NULL, state TEXT NOT NULL, created_at TEXT NOT NULL, closed_at TEXT,
  answer_text TEXT);
CREATE INDEX IF NOT EXISTS withdrawal_case ON withdrawal (case_id, round);
CREATE TABLE IF NOT EXISTS taxonomy_push (tree_version INTEGER PRIMARY KEY, nodes TEXT NOT NULL, pushed_at TEXT NOT NULL);
"""
