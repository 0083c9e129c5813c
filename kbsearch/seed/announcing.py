"""The demo's announcements and the replies to them, both ways, by the operations people and headquarters use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from kbsearch.content import Content
from kbsearch.seed.content import lines
from kbsearch.seed.scenes import Scene
from kbsearch.seed.stage import Stage
from kbsearch.services.announcements import drafting, release
from kbsearch.services.drafts import Draft
from kbsearch.services.receipts.giving import mark_read, sign
from kbsearch.store.lives import load_life
from kbsearch.store.tables import Subject, Submission
from kbsearch.store.unit import Store, Unit
from kbsearch.workflow.audience import OURS, Addressee, Audience
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.states import Urgency


@dataclass
class AnnouncementScene(Scene):
    """An announcement of ours; it leaves unless only our own people are addressed."""

    @property
    def local(self) -> bool:
        """Whether only our own people are addressed."""
        terms = self.calendar.announced(self.data["content"]).terms
        return terms is None or terms.audience.only_ours

    def _content(self) -> Content | None:
        return self.calendar.announced(self.data["content"])

    def _draft(self, unit: Unit, author: Actor) -> Submission:
        draft = Draft(urgency=Urgency(self.data["urgency"]))
        return drafting.draft_announcement(unit, author, content=self.calendar.announced(self.data["content"]), draft=draft)

    def _distribution(self) -> list[str]:
        return list(self.data["content"]["audience"]["organisations"])

    def subject_id(self, store: Store) -> str:
        """The announcement it made; it has to be drafted by then."""
        with store.read() as session:
            return session.get_one(Submission, self.submission_id).subject_id


@dataclass
class RecallScene(Scene):
    """We recall one of ours."""

    announcement: AnnouncementScene | None = None

    @property
    def local(self) -> bool:
        """As what it recalls."""
        return self.announcement is not None and self.announcement.local

    def draft(self, store: Store) -> None:
        """The author writes why."""
        if self.announcement is None:
            raise RuntimeError("a recall needs the announcement it ends")
        announcement_id = self.announcement.subject_id(store)
        with store.write() as unit:
            submission = drafting.draft_recall(
                unit,
                self.people[self.data["author"]],
                announcement_id,
                reason=RevokeReason(self.data["reason"]),
                reason_text=self.data["text"],
                effective_from=None,
                draft=Draft(),
            )
            self.submission_id = submission.id


@dataclass
class ReplyScene(Scene):
    """Our answer to an announcement of headquarters'; it is called after what it answers."""

    announcement_id: str = ""
    asked: str = ""

    @property
    def local(self) -> bool:
        """Headquarters always has a part in it."""
        return False

    @property
    def match(self) -> str:
        """The title headquarters' desk shows."""
        return f"回复：{self.asked}"

    def _content(self) -> Content | None:
        return Content(body=self.data["body"])

    def _draft(self, unit: Unit, author: Actor) -> Submission:
        return drafting.draft_reply(unit, author, self.announcement_id, content=Content(body=self.data["body"]), draft=Draft())

    def _distribution(self) -> list[str]:
        return []


@dataclass(frozen=True, slots=True)
class Received:
    """An announcement headquarters gives us, and what our people do with it."""

    data: dict[str, Any]
    announcement_id: str
    stage: Stage

    def enter(self) -> None:
        """Its publication, release and recall."""
        stage, data = self.stage, self.data
        stage.at(data["ago"], self._publish)
        if "released" in data:
            stage.at(data["released"]["ago"], self._release)
        if "recalled" in data:
            stage.at(data["recalled"]["ago"], self._recall)
        _enter_receipts(stage, data, lambda _store: self.announcement_id)

    def _publish(self, store: Store) -> None:
        content = self.stage.calendar.announced(self.data["content"])
        payload = {
            "announcementId": self.announcement_id,
            "number": 1,
            "issuer": self.data["issuer"],
            "content": content.document(),
            "contentHash": content.hash,
            "urgency": self.data["urgency"],
        }
        # Whatever the installation does with new ones: the demo's past shows a reviewer's release, and one that waits for it.
        self.stage.headquarters.say(replace(store, announcement_review=True), "hqPublishAnnouncement", payload)

    def _recall(self, store: Store) -> None:
        told = self.data["recalled"]
        payload = {"announcementId": self.announcement_id, "number": 1, "reason": told["reason"], "reasonText": told["text"]}
        self.stage.headquarters.say(store, "hqRecallAnnouncement", payload)

    def _release(self, store: Store) -> None:
        told = self.data["released"]
        audience = Audience(people=frozenset(Addressee(OURS, login) for login in told["people"])) if "people" in told else None
        with store.write() as unit:
            lock = unit.session.get_one(Subject, self.announcement_id).lock_version
            release.release(unit, self.stage.people[told["reviewer"]], self.announcement_id, lock_version=lock, audience=audience)


def _enter_receipts(stage: Stage, data: dict[str, Any], announcement_id: Callable[[Store], str]) -> None:
    """Some have read or signed it, others have not."""
    for login, ago, what in data.get("receipts", ()):

        def step(store: Store, login: str = login, what: str = what) -> None:
            subject_id = announcement_id(store)
            with store.write() as unit:
                if what == "SIGN":
                    sign(unit, stage.people[login], subject_id, content_hash=_hash_in_force(unit, subject_id))
                else:
                    mark_read(unit, stage.people[login], subject_id)

        stage.at(ago, step)


def _hash_in_force(unit: Unit, announcement_id: str) -> str:
    life = load_life(unit.session, announcement_id)
    version = None if life is None else life.current(unit.now)
    if version is None:
        raise RuntimeError(f"announcement {announcement_id} is not in force when it is to be signed")
    return version.content_hash


def _enter_scene(stage: Stage, scene: Scene, place: int) -> Scene:
    for ago, step in scene.steps(place):
        stage.timetable.at(stage.calendar.now - ago, step)
    return scene


def _enter_issued(stage: Stage, scene: AnnouncementScene, place: int) -> list[Scene]:
    told, entered = scene.data, [_enter_scene(stage, scene, place)]
    if "recalled" in told:
        data = {**told["recalled"], "state": told["state"], "urgency": told["urgency"]}
        recall = RecallScene(data, stage.people, stage.calendar, stage.headquarters, announcement=scene)
        entered.append(_enter_scene(stage, recall, place))
    _enter_receipts(stage, told, scene.subject_id)
    return entered


def enter_announcements(stage: Stage) -> list[Scene]:
    """All announcements and replies of the files; returns our submissions, for those that wait for headquarters."""
    scenes: list[Scene] = []
    issued: dict[str, AnnouncementScene] = {}
    received: dict[str, Received] = {}
    for place, told in enumerate(lines("announcements.jsonl")):
        if told["direction"] == "IN":
            received[told["name"]] = Received(told, f"ZB-GG-{place + 1:04}", stage)
            received[told["name"]].enter()
            continue
        issued[told["name"]] = AnnouncementScene(told, stage.people, stage.calendar, stage.headquarters)
        scenes += _enter_issued(stage, issued[told["name"]], place)
    for place, told in enumerate(lines("replies.jsonl")):
        if told["announcement"] in issued:
            stage.at(told["ago"], _delivered(stage, told, issued[told["announcement"]], place))
            continue
        asked = received[told["announcement"]]
        data = {"urgency": Urgency.NORMAL, **told}
        reply = ReplyScene(
            data,
            stage.people,
            stage.calendar,
            stage.headquarters,
            announcement_id=asked.announcement_id,
            asked=asked.data["content"]["title"],
        )
        scenes.append(_enter_scene(stage, reply, place))
    return scenes


def _delivered(stage: Stage, told: dict[str, Any], asked: AnnouncementScene, place: int) -> Callable[[Store], None]:
    """A province's reply to one of ours comes by headquarters."""

    def step(store: Store) -> None:
        content = Content(title=f"回复：{asked.data['content']['title']}", body=told["body"])
        payload = {
            "replyId": f"ZB-HF-{place + 1:04}",
            "announcementId": asked.subject_id(store),
            "organisation": told["organisation"],
            "author": told["author_name"],
            "content": content.document(),
            "contentHash": content.hash,
        }
        stage.headquarters.say(store, "hqDeliverReply", payload)

    return step
