"""Renewal 续期: an update that moves only the end of validity, drafted like any other; decides no approval."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kbsearch.clock import SHANGHAI
from kbsearch.services.drafts import Draft, draft_update, version_content
from kbsearch.services.refusals import not_found, violated
from kbsearch.store.lives import load_life
from kbsearch.store.submissions import lock_subject
from kbsearch.store.tables import Submission
from kbsearch.store.unit import Unit
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.states import KnowledgeStatus

_RENEWABLE = frozenset({KnowledgeStatus.PUBLISHED, KnowledgeStatus.SUSPENDED, KnowledgeStatus.EXPIRED})


def draft_renewal(unit: Unit, actor: Actor, subject_id: str, *, effective_to: datetime | None, change_note: str = "") -> Submission:
    """Begin an update that says what the version last in force says, until later; `effective_to` None: without an end.

    It goes the scope's ordinary way: local review for 本地, headquarters too for 全网. Not a material change, so that nobody has
    to read it again. Refused where nothing would be renewed: no end, no later end, or an item that was revoked.
    """
    lock_subject(unit.session, subject_id)
    life = load_life(unit.session, subject_id)
    base = None if life is None else life.base(unit.now)
    if life is not None and base is not None:
        now, ends = life.status(unit.now), life.versions[base].effective_to
        if now not in _RENEWABLE:
            raise violated("NOT_RENEWABLE", f"知识{now.label}，不能续期；要重新启用请起草更新。", "knowledgeId")
        if ends is None:
            raise violated("NO_END", "这条知识没有失效时间，不须续期。", "knowledgeId")
        if effective_to is not None and (effective_to <= ends or effective_to <= unit.now):
            raise violated("NOT_LATER", f"新的失效时间须晚于现在，也晚于原来的 {_day(ends)}。", "effectiveTo")
    note = change_note.strip() or f"续期至{'长期有效' if effective_to is None else f' {_day(effective_to)}'}"
    content = None if life is None or base is None else replace(version_content(life, base), effective_to=effective_to)
    if content is None and life is None:
        raise not_found("知识", "knowledgeId")
    return draft_update(unit, actor, subject_id, content=content, draft=Draft(change_note=note, material=False))


def _day(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
