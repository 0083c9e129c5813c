"""An independent reading of the specification as a small model in memory; imports nothing of kbsearch."""
