"""Run by extract.py as a process of its own: reads one PDF or DOCX from standard input, tells its text as JSON; imports no rows."""

from __future__ import annotations

import io
import json
import logging
import resource
import sys
import warnings
from collections.abc import Iterator

_MEMORY_BYTES = 1 << 30
_MAX_PAGES = 2_000


def _pdf(content: bytes) -> Iterator[str]:
    from pypdf import PdfReader  # noqa: PLC0415 - this process reads one form only

    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):
        raise PermissionError
    for number, page in enumerate(reader.pages):
        if number == _MAX_PAGES:
            return
        yield page.extract_text() + "\n"


def _docx(content: bytes) -> Iterator[str]:
    from docx import Document  # noqa: PLC0415 - this process reads one form only
    from docx.oxml.ns import qn  # noqa: PLC0415

    spoken = {qn("w:tab"): "\t", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:p"): "\n"}
    text = qn("w:t")
    for element in Document(io.BytesIO(content)).element.body.iter():
        if element.tag == text:
            yield element.text or ""
        elif element.tag in spoken:
            yield spoken[element.tag]


_READERS = {"pdf": _pdf, "docx": _docx}


def read(form: str, content: bytes, most: int) -> dict[str, object]:
    """The text up to `most` characters; what was read before a fault is kept. `locked`: it has a password."""
    parts: list[str] = []
    length, locked, broken, cut = 0, False, False, False
    try:
        for part in _READERS[form](content):
            parts.append(part)
            length += len(part)
            if length > most:
                cut = True
                break
    except PermissionError:
        locked = True
    except Exception as error:  # noqa: BLE001 - a hostile file makes the libraries raise anything; the person is told it is broken
        locked = type(error).__name__ in {"FileNotDecryptedError", "DependencyError"}
        broken = not locked
    return {"text": "".join(parts)[:most], "locked": locked, "broken": broken, "cut": cut}


def main(form: str, most: int, seconds: int) -> None:
    """Cap memory and time of this process, then read."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    found = read(form, sys.stdin.buffer.read(), most)
    sys.stdout.write(json.dumps(found))  # ASCII: lone surrogates pass


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
