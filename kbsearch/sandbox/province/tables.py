"""A province's SQLite tables; holds no logic. A delivery is what HQ sent, a copy what the province shows, an ending what stops it."""

from __future__ import annotations

PROVINCE_TABLES = """
CREATE TABLE IF NOT EXISTS delivery (
  id INTEGER PRIMARY KEY, webhook_id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, flow TEXT NOT NULL, knowledge_id TEXT NOT NULL,
  number INTEGER NOT NULL, title TEXT NOT NULL, data TEXT NOT NULL, received_at TEXT NOT NULL, state TEXT NOT NULL, reason TEXT,
  decided_at TEXT);
CREATE INDEX IF NOT EXISTS delivery_knowledge ON delivery (knowledge_id);
CREATE TABLE IF NOT EXISTS copy (
  knowledge_id TEXT NOT NULL, number INTEGER NOT NULL, category_id TEXT, title TEXT NOT NULL, content TEXT NOT NULL,
  content_hash TEXT NOT NULL, effective_from TEXT, effective_to TEXT, published_at TEXT NOT NULL, PRIMARY KEY (knowledge_id, number));
CREATE TABLE IF NOT EXISTS ending (
  knowledge_id TEXT NOT NULL, number INTEGER NOT NULL, caused_by INTEGER, title TEXT NOT NULL, reason TEXT NOT NULL,
  reason_text TEXT NOT NULL, replacement_id TEXT, effective_from TEXT, revoked_at TEXT NOT NULL, PRIMARY KEY (knowledge_id, number));
CREATE TABLE IF NOT EXISTS step (
  seq INTEGER PRIMARY KEY, knowledge_id TEXT NOT NULL, step TEXT NOT NULL, title TEXT NOT NULL, at TEXT NOT NULL, detail TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS step_knowledge ON step (knowledge_id);
"""
