"""Lints of the shipped lexicon files; nothing here starts the service."""
