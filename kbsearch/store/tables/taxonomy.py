"""The category tree 知识结构: headquarters' mirrored nodes and local branches beside them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlmodel import Field, SQLModel

from kbsearch.store.column_types import JSON_DOCUMENT, EnumText, UtcDateTime


class CategoryOrigin(StrEnum):
    """Whose node it is; HQ's are read-only here."""

    HQ = "HQ"
    LOCAL = "LOCAL"


class Category(SQLModel, table=True):
    """One node. HQ's keep their stable ids; `parent_id` None only for the two roots."""

    id: str = Field(primary_key=True)
    parent_id: str | None = Field(default=None, foreign_key="category.id", index=True)
    name: str
    origin: CategoryOrigin = Field(sa_type=EnumText(CategoryOrigin))
    position: int = 0
    retired_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    merged_into: str | None = Field(default=None, foreign_key="category.id")
    lock_version: int = 1


class TaxonomyVersion(SQLModel, table=True):
    """A version of headquarters' tree that was applied here; `effect` records what it did."""

    __tablename__ = "taxonomy_version"

    tree_version: int = Field(primary_key=True)
    content_hash: str
    effect: str = ""
    effects: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON_DOCUMENT)
    applied_at: datetime = Field(sa_type=UtcDateTime)
