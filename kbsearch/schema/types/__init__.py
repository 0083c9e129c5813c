"""One module per noun: the GraphQL types and how they read their rows; no operations here."""
