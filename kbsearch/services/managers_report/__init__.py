"""The managers' report: how long each step takes, what passes at once, what is returned, overdue, held by provinces, unsigned."""
