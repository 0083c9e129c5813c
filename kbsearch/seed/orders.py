"""The demo's knowledge feedback, from headquarters and from local agents, up to the state each order is to stand in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from sqlmodel import select

from kbsearch.clock import wire_time
from kbsearch.content import Content
from kbsearch.seed.content import lines
from kbsearch.seed.scenes import Scene
from kbsearch.seed.stage import Stage
from kbsearch.services import drafts
from kbsearch.services.drafts import Draft
from kbsearch.services.feedback import giving, handling
from kbsearch.services.feedback.giving import Given
from kbsearch.services.feedback.handling import Opening
from kbsearch.store.submissions import content_of, latest_revision
from kbsearch.store.tables import Feedback
from kbsearch.store.unit import Store
from kbsearch.workflow.feedback import FeedbackState, Resolution
from kbsearch.workflow.states import SubmissionState, Urgency


@dataclass
class Order:
    """One line of feedback.jsonl; `feedback_id` is known once it has arrived."""

    data: dict[str, Any]
    stage: Stage
    feedback_id: str = field(default="")

    def arrive(self, store: Store) -> None:
        """Headquarters dispatches it, or an agent gives it."""
        if self.data["origin"] == "LOCAL":
            given = Given(self.data["text"], self.data["sourceId"], self.data.get("number"), self.data.get("query", ""))
            with store.write() as unit:
                self.feedback_id = giving.give(unit, self.stage.people[self.data["agent"]], given).id
            return
        self.stage.headquarters.say(store, "hqDispatchFeedback", self._dispatch())
        with store.read() as session:
            self.feedback_id = session.exec(select(Feedback.id).where(Feedback.hq_id == self.data["hqId"])).one()

    def _dispatch(self) -> dict[str, Any]:
        told = self.data
        return {
            "feedbackId": told["hqId"],
            "dispatch": 1,
            "province": told["province"],
            "knowledgeId": told["sourceId"],
            "number": told["number"],
            "text": told["text"],
            "reporter": told["reporter"],
            "opinion": told["opinion"] or None,
            "dueAt": wire_time(self.stage.calendar.at(told["dueIn"])),
            "urgency": told.get("urgency", Urgency.NORMAL.value),
        }

    def lock(self, store: Store) -> int:
        """Its lock version."""
        with store.read() as session:
            return session.get_one(Feedback, self.feedback_id).lock_version

    def answer(self, original: Order | None) -> Callable[[Store], None]:
        """A reviewer answers it; `original`: it is the same as that one."""

        def step(store: Store) -> None:
            lock = self.lock(store)
            with store.write() as unit:
                handling.resolve(
                    unit,
                    self.stage.people[self.data["reviewer"]],
                    self.feedback_id,
                    lock_version=lock,
                    resolution=Resolution(self.data["resolution"]),
                    text=self.data["resolutionText"],
                    duplicate_of=None if original is None else original.feedback_id,
                )

        return step


@dataclass
class UpdateScene(Scene):
    """The update a reviewer opens from an order for an author, who changes what the file says."""

    order: Order | None = None

    def _content(self) -> Content | None:
        """Nothing the file would tell: it starts from the wording in force."""
        return None

    def draft(self, store: Store) -> None:
        """Open it, and let the author write."""
        if self.order is None:
            raise RuntimeError("an update from feedback needs its order")
        lock, author = self.order.lock(store), self.people[self.data["author"]]
        with store.write() as unit:
            reviewer = self.people[self.data["reviewer"]]
            submission = handling.open_update(unit, reviewer, self.order.feedback_id, lock_version=lock, opening=Opening(author.id))
            self.submission_id = submission.id
        changed = self.data.get("update")
        if changed is None:
            return
        with store.write() as unit:
            present = content_of(latest_revision(unit.session, self.submission_id))
            if present is None:
                raise RuntimeError("an update has a content")
            written = replace(present, keywords=tuple(changed["keywords"]), effective_from=None)
            draft = Draft(change_note=changed["changeNote"])
            drafts.edit(unit, author, self.submission_id, lock_version=self._lock(unit), content=written, draft=draft)


def _state_of_update(told: dict[str, Any]) -> SubmissionState | None:
    """Where the update opened from an order is to stand; None: none is opened."""
    if told.get("ended") == "VOID":
        return SubmissionState.VOIDED
    if told["state"] == FeedbackState.IN_PROGRESS:
        return SubmissionState.DRAFT
    return SubmissionState.EFFECTIVE if told.get("resolution") == Resolution.ADOPTED else None


def enter_feedback(stage: Stage) -> list[Scene]:
    """All orders of the file; returns the submissions opened from them."""
    orders: dict[str, Order] = {}
    scenes: list[Scene] = []
    for told in lines("feedback.jsonl"):
        order = orders[told["name"]] = Order(told, stage)
        stage.at(told["ago"], order.arrive)
        state = _state_of_update(told)
        if state is not None:
            data = {"urgency": Urgency.NORMAL, "scope": "NATIONAL", "note": "", **told, "state": state.value, "ago": told["handled"]}
            scene = UpdateScene(data, stage.people, stage.calendar, stage.headquarters, order=order)
            for ago, step in scene.steps(0):
                stage.timetable.at(stage.calendar.now - ago, step)
            scenes.append(scene)
        elif told["state"] == FeedbackState.RESOLVED:
            stage.at(told["handled"], order.answer(orders.get(told.get("duplicateOf", ""))))
    return scenes
