"""Alembic's folder: env.py and date-named versions. Run through kbsearch.store.migrate only."""
