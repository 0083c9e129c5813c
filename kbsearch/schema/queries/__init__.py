"""The root queries, one module per user of them; each is a few lines over the loader or a service."""
