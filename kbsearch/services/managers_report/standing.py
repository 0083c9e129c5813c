"""What stands now, counted for the managers' report: overdue work, what provinces hold, who has not signed; reads only."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from kbsearch.services.receipts.roster import counting
from kbsearch.store.audiences import effective_audience, must_read, shown_version
from kbsearch.store.dialect import each_text
from kbsearch.store.lives import load_lives
from kbsearch.store.tables import Person, Receipt, Subject, SubjectVersion, Submission
from kbsearch.workflow.announcements import released
from kbsearch.workflow.receipts import Given, ReceiptState, standing
from kbsearch.workflow.regions import PROVINCES
from kbsearch.workflow.states import TERMINAL, SubjectKind, SubmissionState


@dataclass(frozen=True, slots=True)
class Unsigned:
    """Over all must-read announcements in force: how many signatures are asked for, and how many are missing."""

    announcements: int
    asked: int
    missing: int

    @property
    def share(self) -> float | None:
        """Between 0 and 1; None when nobody must sign anything."""
        return self.missing / self.asked if self.asked else None


def overdue_now(session: Session, now: datetime) -> Mapping[SubmissionState, int]:
    """Submissions past due, by where they stand; states without any are left out."""
    statement = select(Submission.state, func.count()).where(col(Submission.due_at) < now, col(Submission.state).not_in(sorted(TERMINAL)))
    return {SubmissionState(state): int(count) for state, count in session.exec(statement.group_by(col(Submission.state)))}


def province_coverage(session: Session) -> Mapping[str, int]:
    """How many knowledge items each of the provinces was ever given a version of, zeros included."""
    province, joined = each_text(session, SubjectVersion, "distribution")
    statement = (
        select(province, func.count(col(SubjectVersion.subject_id).distinct()))
        .select_from(joined)
        .join(Subject, col(Subject.id) == col(SubjectVersion.subject_id))
        .where(col(SubjectVersion.accepted), Subject.kind == SubjectKind.KNOWLEDGE)
        .group_by(province)
    )
    found = {str(code): int(count) for code, count in session.exec(statement)}
    return {code: found.get(code, 0) for code in PROVINCES}


def unsigned_now(session: Session, now: datetime) -> Unsigned:
    """Who has not signed, over every must-read announcement in force and released to our people."""
    ids = session.exec(select(Subject.id).where(Subject.kind == SubjectKind.ANNOUNCEMENT)).all()
    lives = {i: life for i, life in load_lives(session, ids).items() if life.current(now) is not None}
    people = session.exec(select(Person).where(col(Person.active))).all()
    given: defaultdict[tuple[str, str], list[Given]] = defaultdict(list)
    for row in session.exec(select(Receipt).where(col(Receipt.subject_id).in_(list(lives)))):
        given[row.subject_id, row.person_id].append(Given(row.content_hash, row.read_at, row.signed_at))
    counts: Counter[str] = Counter()
    for subject_id, life in lives.items():
        shown = shown_version(life, now)
        if shown is None or not must_read(life.subject, shown) or not released(life.subject.owner, life.subject.released_at, now):
            continue
        audience, hashes = effective_audience(life.subject, shown), counting(life, now)
        counts["announcements"] += 1
        for person in people:
            if audience.includes(person.login):
                counts["asked"] += 1
                counts["missing"] += standing(given[subject_id, person.id], hashes).state is not ReceiptState.SIGNED
    return Unsigned(counts["announcements"], counts["asked"], counts["missing"])
