"""The query console: static page, script and the vendored GraphiQL; no rule of the service lives here."""
