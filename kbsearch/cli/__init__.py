"""The command line `kbsearch`: thin doors to operations, one file per noun. Decides nothing; heavy parts load when a command runs."""

from kbsearch.cli.entry import main

__all__ = ["main"]
