"""Whom an announcement is for, read from its rows: the audience and the must-read mark that hold here; decides no right."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import col, or_, select

from kbsearch.content import Terms
from kbsearch.store.dialect import HoldsPerson, HoldsText
from kbsearch.store.lives import Life
from kbsearch.store.tables import Subject, SubjectVersion
from kbsearch.workflow.audience import OURS, Audience


def terms_of(version: SubjectVersion) -> Terms:
    """What a version says beside its text; empty where it is no announcement's."""
    return Terms() if version.terms is None else Terms.from_document(version.terms)


def effective_audience(subject: Subject, version: SubjectVersion) -> Audience:
    """Who of ours a wording is for: those a reviewer chose here, otherwise those it names."""
    if subject.local_audience is not None:
        return Terms.from_document({"audience": subject.local_audience}).audience
    return terms_of(version).audience


def must_read(subject: Subject, version: SubjectVersion) -> bool:
    """Whether our people must sign it: as a reviewer set it here, otherwise as it says."""
    return terms_of(version).must_read if subject.local_must_read is None else subject.local_must_read


def shown_version(life: Life, at: datetime) -> SubjectVersion | None:
    """The wording that counts at `at`: the one last in force; None before any is."""
    number = life.base(at)
    return None if number is None else life.versions[number]


def _named_in(audience: Any, login: str) -> ColumnElement[bool]:
    return or_(HoldsText(audience["organisations"], OURS), HoldsPerson(audience["people"], OURS, login))


def addressed_somewhere(login: str) -> ColumnElement[bool]:
    """SQL: some accepted wording of a Subject, or its local audience, includes one of our people.

    A superset of who may read: whether it is the wording that counts, and released, is judged on the whole life.
    """
    wording: Any = col(SubjectVersion.terms)
    in_version = select(SubjectVersion.id).where(
        SubjectVersion.subject_id == Subject.id, col(SubjectVersion.accepted), _named_in(wording["audience"], login)
    )
    return or_(_named_in(col(Subject.local_audience), login), in_version.exists())


def addressed_in(content: Any, login: str) -> ColumnElement[bool]:
    """SQL: a JSON column that holds a content document includes one of our people."""
    return _named_in(content["audience"], login)
