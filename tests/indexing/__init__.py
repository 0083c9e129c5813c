"""Tests of the search core: one contract for every engine, and what is particular to each."""
