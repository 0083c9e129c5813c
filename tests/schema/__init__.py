"""Tests of the GraphQL schema through the real HTTP endpoint, on a real store and a real index."""
