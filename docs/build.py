"""Writes the generated pages of docs/ from the code (`make docs`), or only says which are stale (`--check`)."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from docs.pages import errors, headquarters, settings, workflow
from kbsearch.schema.build import print_sorted_sdl

DOCS = Path(__file__).parent
GENERATED_FOLDERS = ("hq",)


def pages() -> dict[str, str]:
    """Every generated file: path below docs/ → its whole text."""
    return {
        "workflow.md": workflow.page(),
        "schema.graphql": print_sorted_sdl().rstrip() + "\n",
        "errors.md": errors.page(DOCS.parent / "kbsearch"),
        "settings.md": settings.page(),
        **{f"hq/{name}": text for name, text in headquarters.pages().items()},
    }


def stale() -> list[str]:
    """Paths below docs/ that are missing, differ from what the code says, or that nothing generates any more."""
    wanted = pages()
    found = [p for folder in GENERATED_FOLDERS for p in (DOCS / folder).rglob("*") if p.is_file()]
    surplus = [name for p in found if (name := p.relative_to(DOCS).as_posix()) not in wanted]
    differing = [name for name, text in wanted.items() if not (DOCS / name).is_file() or (DOCS / name).read_text("utf-8") != text]
    return sorted(surplus + differing)


def write() -> list[str]:
    """Bring docs/ up to date; returns the paths that changed."""
    changed, wanted = stale(), pages()
    for name in changed:
        path = DOCS / name
        if name in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[name], "utf-8")
        else:
            path.unlink()
    return changed


def main() -> int:
    """Run as `python -m docs.build [--check]`; 1 when a page is stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 when a page is stale")
    if not parser.parse_args().check:
        for name in write():
            sys.stdout.write(f"docs/{name}\n")
        return 0
    names = stale()
    if names:
        sys.stderr.write("文档已过时，请运行 make docs：" + "、".join(f"docs/{n}" for n in names) + "\n")
    return 1 if names else 0


if __name__ == "__main__":
    sys.exit(main())
