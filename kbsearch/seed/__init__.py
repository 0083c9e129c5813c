"""The demo content and what loads it through the real operations; a stranger to every store that holds anything."""
