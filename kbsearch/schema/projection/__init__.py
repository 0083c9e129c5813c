"""Completes the values of query fields by compiled plans instead of graphql-core's walk; decides nothing about fields."""

from kbsearch.schema.projection.projector import CompiledProjector

__all__ = ["CompiledProjector"]
