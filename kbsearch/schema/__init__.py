"""The GraphQL schema: types by noun, queries and mutations by who uses them; resolvers call services and decide nothing."""

from kbsearch.schema.enums import register_enums

register_enums()  # before any type is declared, or Strawberry names the enums after their classes
