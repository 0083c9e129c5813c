"""Alarms: raised once per cause, closed when it is gone."""

from __future__ import annotations

from sqlmodel import select

from kbsearch.store.tables import Alarm, AlarmKind
from kbsearch.store.unit import Unit


def _find(unit: Unit, kind: AlarmKind, subject_id: str) -> Alarm | None:
    return unit.session.exec(select(Alarm).where(Alarm.kind == kind, Alarm.subject_id == subject_id)).one_or_none()


def raise_alarm(unit: Unit, kind: AlarmKind, subject_id: str, message: str) -> None:
    """Raise it, or raise it again if it was closed."""
    alarm = _find(unit, kind, subject_id)
    if alarm is None:
        unit.session.add(Alarm(id=unit.new_id(), kind=kind, subject_id=subject_id, message=message, raised_at=unit.now))
    elif alarm.closed_at is not None:
        alarm.closed_at, alarm.raised_at, alarm.message = None, unit.now, message


def close_alarm(unit: Unit, kind: AlarmKind, subject_id: str) -> None:
    """The cause is gone; nothing happens where no alarm stands."""
    alarm = _find(unit, kind, subject_id)
    if alarm is not None and alarm.closed_at is None:
        alarm.closed_at = unit.now
