"""kbsearch: knowledge search of the second-line customer service. See docs/architecture.md."""
