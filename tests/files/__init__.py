"""The door of attached files over HTTP, beside GraphQL on the same store and index."""
