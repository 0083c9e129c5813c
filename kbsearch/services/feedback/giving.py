"""Local agents give feedback: on a version they read, or as the order a failed search leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from kbsearch.services.feedback import telling
from kbsearch.services.feedback.changing import begin
from kbsearch.services.people import who
from kbsearch.services.reading import page
from kbsearch.services.refusals import not_found, violated
from kbsearch.store.feedback import given_since
from kbsearch.store.submissions import lock_subject
from kbsearch.store.tables import Feedback, Person
from kbsearch.store.unit import Unit
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.feedback import FeedbackAction, FeedbackOrigin
from kbsearch.workflow.states import SubjectKind, Urgency

MIN_TEXT, MAX_TEXT, MAX_QUERY = 2, 2_000, 200
_PAUSE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Given:
    """What a person says. Without `subject_id` the `query` is what they searched for in vain; `number` None: the version shown."""

    text: str
    subject_id: str | None = None
    number: int | None = None
    query: str = ""
    urgency: Urgency = Urgency.NORMAL


def give(unit: Unit, actor: Actor, given: Given) -> Feedback:
    """Take it in, pinned to the version read, and tell the reviewers. Whoever signs in may, on what they can read."""
    text, query = given.text.strip(), " ".join(given.query.split())
    _require_texts(text, query)
    if given.subject_id is None and not query:
        raise violated("NOTHING_NAMED", "请指明反馈说的是哪条知识，或写下没有搜到的词。", "knowledgeId")
    if given.subject_id is None and given.number is not None:
        raise violated("NUMBER_WITHOUT_KNOWLEDGE", "没有指明知识时不要给版本号。", "number")
    if given.subject_id is not None:
        lock_subject(unit.session, given.subject_id)
    number = None if given.subject_id is None else _version_read(unit, given.subject_id, given.number)
    _require_pause(unit, actor, given.subject_id, number, query)
    feedback = _store(unit, actor, given, text=text, query=query, number=number)
    said = f"{feedback.reporter_name}提出：{telling.excerpt(text)}"
    telling.tell(unit, telling.reviewers(unit), feedback, said, next_step="请开出更新，或答复办结")
    return feedback


def _require_texts(text: str, query: str) -> None:
    if not MIN_TEXT <= len(text) <= MAX_TEXT:
        raise violated("BAD_FEEDBACK_TEXT", f"反馈须写 {MIN_TEXT} 至 {MAX_TEXT} 个字，请补充或缩短。", "text")
    if len(query) > MAX_QUERY:
        raise violated("QUERY_TOO_LONG", f"检索词最长 {MAX_QUERY} 个字，请缩短。", "searchQuery")


def _version_read(unit: Unit, subject_id: str, number: int | None) -> int:
    """The version it speaks of: the one named, else the one the reader's page shows."""
    read = page(unit.session, subject_id, unit.now)
    if read is None or read.life.subject.kind is not SubjectKind.KNOWLEDGE:
        raise not_found("知识", "knowledgeId")
    if number is not None:
        if number not in read.life.versions:
            raise violated("NO_SUCH_VERSION", f"这条知识没有第 {number} 版，请核对版本号，或不填（指所示的版本）。", "number")
        return number
    return (read.shown or read.history[0]).number


def _require_pause(unit: Unit, actor: Actor, subject_id: str | None, number: int | None, query: str) -> None:
    """A second click is not a second order."""
    for earlier in given_since(unit.session, actor.id, unit.now - _PAUSE):
        same_item = subject_id is not None and (earlier.subject_id, earlier.version_number) == (subject_id, number)
        same_search = subject_id is None and earlier.subject_id is None and earlier.query == query
        if same_item or same_search:
            message = "您刚刚已对此提过反馈，已经收到，不必再提；如要补充，请一分钟后再提。"
            raise violated("FEEDBACK_JUST_GIVEN", message, "knowledgeId" if same_item else "searchQuery", feedbackId=earlier.id)


def _store(unit: Unit, actor: Actor, given: Given, *, text: str, query: str, number: int | None) -> Feedback:
    person = unit.session.get(Person, actor.id)
    feedback = Feedback(
        id=unit.new_id(),
        origin=FeedbackOrigin.LOCAL,
        subject_id=given.subject_id,
        version_number=number,
        query=query,
        text=text,
        reporter_id=actor.id,
        reporter_name=person.name if person is not None else "",
        urgency=given.urgency,
        due_at=unit.deadlines.feedback_due_at(given.urgency, unit.now),
        created_at=unit.now,
        updated_at=unit.now,
    )
    details = {"number": number, "query": query}
    return begin(unit, feedback, who(actor), FeedbackAction.GIVE, text=text, details=details)
