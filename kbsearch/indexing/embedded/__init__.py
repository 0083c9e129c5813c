"""The embedded search engine on tantivy: no server, one index per host; nothing outside this package imports tantivy."""

from kbsearch.indexing.embedded.engine import EmbeddedEngine, Role

__all__ = ["EmbeddedEngine", "Role"]
