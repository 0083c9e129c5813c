"""Loads the whole life of knowledge items: rows folded through the in-force predicate. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from kbsearch.store.tables import Knowledge, KnowledgeVersion, Revocation
from kbsearch.workflow.in_force import RevocationFacts, Timeline, VersionFacts, timeline
from kbsearch.workflow.knowledge import KnowledgeFacts, status, text_hidden
from kbsearch.workflow.states import KnowledgeStatus


@dataclass(frozen=True)
class Life:
    """One knowledge item with its accepted versions by number, its revocations and the timeline they make."""

    knowledge: Knowledge
    versions: dict[int, KnowledgeVersion]
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
            suspended_at=self.knowledge.suspended_at,
            suspended_until=self.knowledge.suspended_until,
            revoked_from=ended.live_from if ended else None,
            revoke_reason=ended.reason if ended else None,
            archived_at=self.knowledge.archived_at,
        )

    def status(self, at: datetime) -> KnowledgeStatus:
        """The status readers are told at `at`."""
        return status(self.facts(at), at)

    def text_hidden(self, at: datetime) -> bool:
        """Whether readers get title and notice only."""
        return text_hidden(self.facts(at), at)

    def current(self, at: datetime) -> KnowledgeVersion | None:
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


def _fold(knowledge: Knowledge, versions: list[KnowledgeVersion], revocations: list[Revocation]) -> Life:
    facts = [VersionFacts(v.number, v.live_from, v.effective_to, v.base_number, v.history_only, v.created_at) for v in versions]
    ends = [RevocationFacts(r.id, r.number, r.live_from) for r in revocations]
    return Life(knowledge, {v.number: v for v in versions}, revocations, timeline(facts, ends))


def load_lives(session: Session, knowledge_ids: Iterable[str]) -> dict[str, Life]:
    """The lives of these items in three queries; unknown ids are left out."""
    ids = sorted(set(knowledge_ids))
    if not ids:
        return {}
    versions: defaultdict[str, list[KnowledgeVersion]] = defaultdict(list)
    revocations: defaultdict[str, list[Revocation]] = defaultdict(list)
    items = session.exec(select(Knowledge).where(col(Knowledge.id).in_(ids))).all()
    accepted = select(KnowledgeVersion).where(col(KnowledgeVersion.knowledge_id).in_(ids), col(KnowledgeVersion.accepted))
    for version in session.exec(accepted):
        versions[version.knowledge_id].append(version)
    for revocation in session.exec(select(Revocation).where(col(Revocation.knowledge_id).in_(ids), col(Revocation.accepted))):
        revocations[revocation.knowledge_id].append(revocation)
    return {k.id: _fold(k, versions[k.id], revocations[k.id]) for k in items}


def load_life(session: Session, knowledge_id: str) -> Life | None:
    """The life of one item, None when unknown."""
    return load_lives(session, [knowledge_id]).get(knowledge_id)
