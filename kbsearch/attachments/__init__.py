"""Attachments as files: where bytes lie, what may come in, what text is in them. Knows no rows, no rights, no GraphQL."""
