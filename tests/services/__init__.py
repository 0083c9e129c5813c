"""Tests of the operations, on a real database."""
