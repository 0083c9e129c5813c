"""Checks of the demo content that `kbsearch seed` loads; nothing here starts the service."""
