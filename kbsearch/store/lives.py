"""Loads the whole life of knowledge items: rows folded through the in-force predicate. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from kbsearch.store.plain_rows import among_ids, column, every_column, read_plain
from kbsearch.store.tables import Revocation, Subject, SubjectVersion
from kbsearch.workflow.in_force import RevocationFacts, Timeline, VersionFacts, timeline
from kbsearch.workflow.knowledge import KnowledgeFacts, status, text_hidden
from kbsearch.workflow.states import KnowledgeStatus


@dataclass(frozen=True)
class Life:
    """One knowledge item with its accepted versions by number, its revocations and the timeline they make."""

    subject: Subject
    versions: dict[int, SubjectVersion]
    revocations: list[Revocation]
    timeline: Timeline

    def ended_by(self, at: datetime) -> Revocation | None:
        """The revocation in force at `at`, if nothing newer came after it."""
        ended = self.timeline.ended_by(at)
        return None if ended is None else next(r for r in self.revocations if r.id == ended.id)

    def facts(self, at: datetime) -> KnowledgeFacts:
        """What deriving the status needs."""
        ended = self.ended_by(at)
        return KnowledgeFacts(
            timeline=self.timeline,
            suspended_at=self.subject.suspended_at,
            suspended_until=self.subject.suspended_until,
            revoked_from=ended.live_from if ended else None,
            revoke_reason=ended.reason if ended else None,
            archived_at=self.subject.archived_at,
        )

    def status(self, at: datetime) -> KnowledgeStatus:
        """The status readers are told at `at`."""
        return status(self.facts(at), at)

    def text_hidden(self, at: datetime) -> bool:
        """Whether readers get title and notice only."""
        return text_hidden(self.facts(at), at)

    def current(self, at: datetime) -> SubjectVersion | None:
        """The version in force at `at`."""
        number = self.timeline.current(at)
        return None if number is None else self.versions[number]

    def base(self, at: datetime) -> int | None:
        """The number of the version last in force."""
        return self.timeline.base(at)

    @property
    def highest(self) -> int:
        """The highest number held or named by a revocation, 0 when there is none; the next one is one above."""
        return max([*self.versions, *(r.number for r in self.revocations)], default=0)


# Written once: every search asks them.
_SUBJECTS = every_column(Subject).where(among_ids(Subject, "id"))
_VERSIONS = every_column(SubjectVersion).where(among_ids(SubjectVersion, "subject_id"), column(SubjectVersion, "accepted"))
_REVOCATIONS = every_column(Revocation).where(among_ids(Revocation, "subject_id"), column(Revocation, "accepted"))


def _fold(subject: Subject, versions: list[SubjectVersion], revocations: list[Revocation]) -> Life:
    facts = [VersionFacts(v.number, v.live_from, v.effective_to, v.base_number, v.history_only, v.created_at) for v in versions]
    ends = [RevocationFacts(r.id, r.number, r.live_from) for r in revocations]
    return Life(subject, {v.number: v for v in versions}, revocations, timeline(facts, ends))


def load_lives(session: Session, subject_ids: Iterable[str]) -> dict[str, Life]:
    """The lives of these items in three queries, for reading; unknown ids are left out.

    Their rows have the tables' columns and nothing else: they cannot be changed, and cost half of what mapped objects cost.
    """
    ids = sorted(set(subject_ids))
    if not ids:
        return {}
    return _folded(*(read_plain(session, statement, ids) for statement in (_SUBJECTS, _VERSIONS, _REVOCATIONS)))


def load_life(session: Session, subject_id: str) -> Life | None:
    """The life of one item as mapped objects, for changing it; None when unknown."""
    subjects = session.exec(select(Subject).where(Subject.id == subject_id)).all()
    accepted = select(SubjectVersion).where(SubjectVersion.subject_id == subject_id, col(SubjectVersion.accepted))
    ended = select(Revocation).where(Revocation.subject_id == subject_id, col(Revocation.accepted))
    return _folded(subjects, session.exec(accepted).all(), session.exec(ended).all()).get(subject_id)


def _folded(subjects: Sequence[Subject], accepted: Sequence[SubjectVersion], ended: Sequence[Revocation]) -> dict[str, Life]:
    versions: defaultdict[str, list[SubjectVersion]] = defaultdict(list)
    revocations: defaultdict[str, list[Revocation]] = defaultdict(list)
    for version in accepted:
        versions[version.subject_id].append(version)
    for revocation in ended:
        revocations[revocation.subject_id].append(revocation)
    return {s.id: _fold(s, versions[s.id], revocations[s.id]) for s in subjects}
