"""Tests, mirroring kbsearch/."""
