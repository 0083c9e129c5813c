"""The fields of the tantivy index and how a document fills them; builds no query and opens no file."""

from __future__ import annotations

from functools import cache

import orjson
import tantivy

from kbsearch.indexing.analysis import AnalysedDocument
from kbsearch.indexing.document import EVERYONE, NATIONWIDE, IndexDocument, Tombstone, micros
from kbsearch.indexing.ranking import tie_of

SCHEMA_VERSION = 4
"""Raise it with every change below: tantivy cannot change a schema in place, so an index of another version is rebuilt."""

FOREVER = 2**62
"""live_to of an open end, microseconds."""

TOKEN_FIELDS = (
    "title_words", "title_bigrams", "title_characters", "keyword_words", "keyword_bigrams", "text_words", "text_bigrams",
    "attachment_words", "attachment_bigrams",
)  # fmt: skip
VALUE_FIELDS = ("category", "region", "kind", "owner", "scope", "audience")


@cache
def index_schema() -> tantivy.Schema:
    """Return the schema. Instants are microseconds in integers: tantivy's dates lose precision."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("entry", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("exact", tokenizer_name="raw", index_option="basic")
    for name in TOKEN_FIELDS:
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("suggest", tokenizer_name="whitespace", index_option="position")
    builder.add_text_field("beginnings", tokenizer_name="whitespace", index_option="basic")
    builder.add_bytes_field("names", stored=True)
    for name in VALUE_FIELDS:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    for name in ("findable", "tombstone", "still_in_use"):
        builder.add_boolean_field(name, indexed=True)
    for name in ("live_from", "live_to", "updated_at", "sequence", "newest", "most_read", "tie"):
        builder.add_integer_field(name, fast=True)
    return builder.build()


def tantivy_document(document: IndexDocument, tokens: AnalysedDocument) -> tantivy.Document:
    """Return the engine's form of a document."""
    made = tantivy.Document()
    add_text, add_integer = made.add_text, made.add_integer
    document_id = document.document_id
    tie = tie_of(document_id)
    add_text("id", document_id)
    add_text("entry", entry_of(document))
    for name in TOKEN_FIELDS:
        if stream := getattr(tokens, name):
            add_text(name, stream)
    add_text("suggest", tokens.suggest)
    add_text("beginnings", tokens.beginnings)
    for whole in tokens.exact:
        add_text("exact", whole)
    made.add_bytes("names", orjson.dumps([_storable(name) for name in (document.title, *document.keywords)]))
    if document.category_id:  # announcements have none, and none is no facet
        add_text("category", document.category_id)
    for token in (EVERYONE,) if document.audience is None else document.audience:
        add_text("audience", token)
    for region in document.regions or (NATIONWIDE,):
        add_text("region", region)
    for name, value in (("kind", document.kind), ("owner", document.owner), ("scope", document.scope)):
        add_text(name, value)
    made.add_boolean("findable", document.ever_live and not document.hidden)
    made.add_boolean("tombstone", False)
    made.add_boolean("still_in_use", document.still_in_use)
    live_from, live_to = micros(document.live_from) or 0, micros(document.live_to)
    add_integer("live_from", live_from)
    add_integer("live_to", FOREVER if live_to is None else live_to)
    add_integer("updated_at", micros(document.updated_at) or 0)
    add_integer("sequence", document.sequence)
    add_integer("newest", _sort_key(live_from // 1000, 20, tie))
    add_integer("most_read", _sort_key(document.reads, 31, tie))
    add_integer("tie", tie)
    return made


def tantivy_tombstone(tombstone: Tombstone) -> tantivy.Document:
    """Return a document that nothing finds and that keeps its id's sequence."""
    made = tantivy.Document()
    made.add_text("id", tombstone.document_id)
    made.add_boolean("findable", False)
    made.add_boolean("tombstone", True)
    made.add_integer("sequence", tombstone.sequence)
    return made


def entry_of(document: IndexDocument) -> str:
    """Return the term from which `iterate` reads id, sequence and digest; its first character spreads them over 16 portions."""
    digest = document.digest
    return f"{digest[0]}\t{document.sequence}\t{digest}\t{document.document_id}"


def _sort_key(value: int, bits: int, tie: int) -> int:
    """Return `value` with hash bits below it, so that hits of equal value hardly ever tie; order of values is kept."""
    return (max(-(1 << (62 - bits)), min(value, (1 << (62 - bits)) - 1)) << bits) | (tie & ((1 << bits) - 1))


def _storable(text: str) -> str:
    """Lone surrogates cannot be encoded."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
