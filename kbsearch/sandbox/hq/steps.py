"""HQ's history of numbered steps: written in the transaction that does the step, read by case or by what it is about."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.hq.desk import HqDesk

LONGEST_LIST = 2_000


def record(desk: HqDesk, numbered: tuple[str, str] | None, *, case_id: str, round_: int, subject_id: str, actor: str, detail: str) -> None:
    """Add a line such as 3.1.1.1-4 知识接收; nothing where the step has no number."""
    if numbered is None:
        return
    desk.db.insert(
        "step",
        case_id=case_id,
        round=round_,
        subject_id=subject_id,
        step=numbered[0],
        title=numbered[1],
        actor=actor,
        at=desk.now(),
        detail=detail,
    )


def steps_about(desk: HqDesk, about: str | None = None) -> list[dict[str, Any]]:
    """Steps of a submission, draft, feedback or sync run, or of a knowledge item, announcement or reply, in order; all without `about`."""
    rows = desk.db.all(
        "SELECT * FROM (SELECT * FROM step WHERE ?1 IS NULL OR case_id = ?1 OR subject_id = ?1 ORDER BY seq DESC LIMIT ?2) ORDER BY seq",
        about,
        LONGEST_LIST,
    )
    names = ("step", "title", "round", "actor", "at", "detail")
    return [{name: row[name] for name in names} | {"caseId": row["case_id"], "subjectId": row["subject_id"]} for row in rows]
