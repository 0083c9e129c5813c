"""Interim notes 临时口径: written by authors, judged by reviewers, ended with their version; headquarters is not told."""
