"""A province's SQLite tables; holds no logic. A delivery is what HQ sent, a copy what the province shows, an ending what stops it.

A paper is what the province submits itself: an announcement, its correction or recall, or a reply.
"""

from __future__ import annotations

PROVINCE_TABLES = """
CREATE TABLE IF NOT EXISTS delivery (
  id INTEGER PRIMARY KEY, webhook_id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, subject_kind TEXT NOT NULL, flow TEXT NOT NULL,
  subject_id TEXT NOT NULL, number INTEGER NOT NULL, title TEXT NOT NULL, data TEXT NOT NULL, received_at TEXT NOT NULL,
  state TEXT NOT NULL, reason TEXT, decided_at TEXT);
CREATE INDEX IF NOT EXISTS delivery_subject ON delivery (subject_id);
CREATE TABLE IF NOT EXISTS told (webhook_id TEXT PRIMARY KEY, kind TEXT NOT NULL, received_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS copy (
  subject_id TEXT NOT NULL, number INTEGER NOT NULL, subject_kind TEXT NOT NULL, category_id TEXT, issuer TEXT, title TEXT NOT NULL,
  content TEXT NOT NULL, content_hash TEXT NOT NULL, effective_from TEXT, effective_to TEXT, published_at TEXT NOT NULL,
  PRIMARY KEY (subject_id, number));
CREATE TABLE IF NOT EXISTS ending (
  subject_id TEXT NOT NULL, number INTEGER NOT NULL, subject_kind TEXT NOT NULL, caused_by INTEGER, title TEXT NOT NULL,
  reason TEXT NOT NULL, reason_text TEXT NOT NULL, replacement_id TEXT, effective_from TEXT, revoked_at TEXT NOT NULL,
  PRIMARY KEY (subject_id, number));
CREATE TABLE IF NOT EXISTS step (
  seq INTEGER PRIMARY KEY, subject_id TEXT NOT NULL, step TEXT NOT NULL, title TEXT NOT NULL, at TEXT NOT NULL, detail TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS step_subject ON step (subject_id);
CREATE TABLE IF NOT EXISTS paper (
  id TEXT PRIMARY KEY, round INTEGER NOT NULL, subject_kind TEXT NOT NULL, flow TEXT NOT NULL, subject_id TEXT NOT NULL,
  answers TEXT, title TEXT NOT NULL, state TEXT NOT NULL, base TEXT, content TEXT, ending TEXT, urgency TEXT NOT NULL,
  author TEXT NOT NULL, hq_reference TEXT, number INTEGER, reason_codes TEXT, reason_text TEXT, changed_at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS paper_subject ON paper (subject_id);
CREATE TABLE IF NOT EXISTS reply (
  id TEXT PRIMARY KEY, announcement_id TEXT NOT NULL, organisation TEXT NOT NULL, author TEXT, content TEXT NOT NULL,
  content_hash TEXT NOT NULL, late INTEGER NOT NULL, received_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS feedback (
  id TEXT PRIMARY KEY, knowledge_id TEXT NOT NULL, number INTEGER NOT NULL, text TEXT NOT NULL, reporter TEXT NOT NULL,
  urgency TEXT NOT NULL, state TEXT NOT NULL, reason TEXT, hq_id TEXT, accepted INTEGER, answer TEXT, results TEXT NOT NULL,
  created_at TEXT NOT NULL);
"""
