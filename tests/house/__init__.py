"""The rules of the house, as tests: documents, names, sizes, dependencies."""
