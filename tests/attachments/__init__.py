"""Attachments as files: store, kinds, text."""
