"""People, their hashed API tokens, and the installation's own secrets."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from kbsearch.store.column_types import JSON_DOCUMENT, UtcDateTime


class Person(SQLModel, table=True):
    """Someone who signs in. `roles` holds Role codes."""

    id: str = Field(primary_key=True)
    login: str = Field(unique=True)
    name: str
    roles: list[str] = Field(default_factory=list, sa_type=JSON_DOCUMENT)
    active: bool = True
    lock_version: int = 1
    created_at: datetime = Field(sa_type=UtcDateTime)


class ApiToken(SQLModel, table=True):
    """A bearer token: only its SHA-256 is kept; `scopes` narrows the person's roles, never widens them."""

    __tablename__ = "api_token"

    id: str = Field(primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    label: str = ""
    token_hash: str = Field(unique=True)
    scopes: list[str] = Field(default_factory=list, sa_type=JSON_DOCUMENT)
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class AppSecret(SQLModel, table=True):
    """A secret this installation made for itself (cursor signing), shared by all its processes."""

    __tablename__ = "app_secret"

    name: str = Field(primary_key=True)
    value: str
