"""The relational truth: SQLModel tables, the unit of work, queries by noun, migrations. No business decisions."""
