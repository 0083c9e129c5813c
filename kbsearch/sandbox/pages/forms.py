"""Reads the pages' forms into what the operations take; browsers send CRLF, the systems hold LF; carries nothing out."""

from __future__ import annotations

import re
from typing import Any

from starlette.datastructures import FormData

from kbsearch.sandbox.content import LIST_FIELDS, TEXT_FIELDS
from kbsearch.sandbox.refusal import RefusalError

_SEPARATORS = re.compile(r"[、,，;；\r\n]+")
_PERSON_PARTS = 3


def content_fields(form: FormData) -> dict[str, Any]:
    """Content fields present in a form, an announcement's four where the form is one of an announcement."""
    content: dict[str, Any] = {}
    for name in TEXT_FIELDS:
        if name in form:
            content[name] = str(form[name]).replace("\r\n", "\n")
    for name in LIST_FIELDS:
        if name in form:
            content[name] = listed(form[name])
    for name in ("effectiveFrom", "effectiveTo", "replyDueAt"):
        if name in form:
            content[name] = str(form[name]) or None
    if "organisations" in form:
        content["audience"] = {"organisations": listed(form["organisations"]), "people": _people(str(form.get("people") or ""))}
        content |= {name: name in form for name in ("mustRead", "needsReply")}
    return content


def listed(value: Any) -> list[str]:
    """The parts of a text separated by 、 or the like."""
    return [part.strip() for part in _SEPARATORS.split(str(value)) if part.strip()]


def texts(form: FormData, *names: str) -> dict[str, str]:
    """Those of the fields that were filled in."""
    return {name: str(form[name]) for name in names if form.get(name)}


def ending_fields(form: FormData) -> dict[str, str]:
    """The filled-in fields of a revocation or recall."""
    return texts(form, "reason", "reasonText", "replacementId", "effectiveFrom")


def chosen_provinces(form: FormData) -> dict[str, Any]:
    """Provinces ticked; none ticked leaves the choice to the default."""
    ticked = form.getlist("distribution")
    return {"distribution": list(ticked)} if ticked else {}


def _people(text: str) -> list[dict[str, str]]:
    """One person a line: organisation, id, name."""
    people = []
    for line in text.splitlines():
        parts = line.split()
        if parts and len(parts) != _PERSON_PARTS:
            raise RefusalError.invalid(f"“{line}”不对，每行一人：单位代码 编号 姓名，以空格分开。")
        if parts:
            people.append(dict(zip(("organisation", "id", "name"), parts, strict=True)))
    return people
