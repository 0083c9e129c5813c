"""Validates messages against the committed JSON Schemas of a folder, and always the envelope; generates no schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from kbsearch.sandbox.refusal import RefusalError

ENVELOPE: dict[str, Any] = {
    "type": "object",
    "required": ["schema", "id", "kind", "issuedAt", "documentId", "sequence", "data"],
    "properties": {
        "schema": {"const": "kbsearch.hq/1"},
        "id": {"type": "string", "minLength": 1},
        "kind": {"type": "string", "minLength": 1},
        "issuedAt": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"},
        "documentId": {"type": "string", "minLength": 1},
        "sequence": {"type": "integer", "minimum": 1},
        "data": {"type": "object"},
    },
}


class SchemaSet:
    """`<folder>/*.schema.json`; a schema belongs to the kind its `properties.kind` fixes, else to the one its file is named after.

    A schema with a property `data` describes the whole message, any other the `data` alone. A missing folder means envelope only.
    """

    def __init__(self, folder: Path | None) -> None:
        files = sorted(folder.glob("*.schema.json")) if folder and folder.is_dir() else []
        schemas = {file.name: json.loads(file.read_text(encoding="utf-8")) for file in files}
        registry: Registry[Any] = Registry()
        for name, schema in schemas.items():
            resource = Resource.from_contents(schema, default_specification=DRAFT202012)
            registry = registry.with_resource(name, resource)
            if isinstance(schema.get("$id"), str):
                registry = registry.with_resource(schema["$id"], resource)
        self._envelope = Draft202012Validator(ENVELOPE)
        self._by_kind = {
            _kind_of(name, schema): (
                "data" in schema.get("properties", {}),
                Draft202012Validator(schema, registry=registry),
            )
            for name, schema in schemas.items()
        }

    @property
    def kinds(self) -> list[str]:
        """The kinds a schema was found for."""
        return sorted(self._by_kind)

    def check(self, message: Any) -> None:
        """Raise RefusalError (422) naming the first thing that is wrong and where."""
        _refuse_first(self._envelope, message)
        whole, validator = self._by_kind.get(message["kind"], (True, None))
        if validator is not None:
            _refuse_first(validator, message if whole else message["data"])


def _kind_of(name: str, schema: dict[str, Any]) -> str:
    fixed = schema.get("properties", {}).get("kind", {})
    if isinstance(fixed.get("const"), str):
        return str(fixed["const"])
    return name.removesuffix(".schema.json")


def _refuse_first(validator: Draft202012Validator, value: Any) -> None:
    error = min(validator.iter_errors(value), key=lambda found: list(map(str, found.absolute_path)), default=None)
    if error is not None:
        where = "/".join(map(str, error.absolute_path)) or "（整条消息）"
        raise RefusalError.invalid(f"消息不符合接口格式，位置 {where}：{error.message[:300]}")
