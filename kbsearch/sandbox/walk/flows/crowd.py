"""Many submissions at once, decided without waiting, so that every fault finds its message; must end the same with and without."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from kbsearch.sandbox.misbehaviour import Fault, Plan, Rule, even_plan
from kbsearch.sandbox.walk.announcement_desk import OURS, announced, for_whom
from kbsearch.sandbox.walk.desk import PAGE
from kbsearch.sandbox.walk.groundwork import draft_publish, take_in_province, wording
from kbsearch.sandbox.walk.stage import Stage
from kbsearch.sandbox.walk.stepping import Flow, step

LEAST = 3
SIZE = 16
RETURNED = SIZE // 2
PUSHED = 3
DECIDED_WITHIN = 20.0
_REASONS: dict[str, Any] = {"reasonCodes": ["INCOMPLETE"], "reasonText": "请补充办理渠道。"}


class Crowd(Flow):
    """Half are approved, half returned and approved in round two; headquarters pushes items and trees of its own meanwhile."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.work: list[PAGE] = []
        self.pushed: list[tuple[str, str]] = []

    def plan(self, seed: int) -> Plan:
        """How often what goes wrong while the crowd is about."""
        return even_plan(seed, outgoing=0.25, incoming=0.4)

    def rules(self, seed: int) -> list[Rule]:
        """The plan's, with patience for decisions: here they follow in any case, only later on a busy machine."""
        return [replace(rule, seconds=DECIDED_WITHIN) if rule.fault is Fault.EARLY_APPROVAL else rule for rule in self.plan(seed).rules]

    def prepare(self) -> None:
        """More faults than usual, in walks that have any."""
        if self.stage.misled:
            present = self.stage.misbehaviour.view()
            self.stage.misbehaviour.go_on_with(self.rules(present["seed"]))

    @classmethod
    def tells(cls, only: Collection[str]) -> bool:
        """Always: without it faults would not find messages enough."""
        del only
        return True

    @step("crowd-sent", "同时提交许多申请，总部收齐")
    def all_sent(self) -> None:
        """One hand-over for all of them."""
        drafts = [draft_publish(self.stage, self.stage.author, wording(self.stage.word(), self.stage.word())) for _ in range(SIZE)]
        self.work = self._handed_over(drafts)
        self.expect("总部收到的申请数", self._arrived(self.work, 1), SIZE)

    @step("crowd-decided", "总部不等接收确认即逐件作出决定，退回的修改后第二轮通过")
    def all_decided(self) -> None:
        """Decisions follow on the heels of acknowledgements, pushes on pushes."""
        for case in self.work[:RETURNED]:
            self.stage.hq.decide(case["rawId"], "return", **_REASONS)
        for at, case in enumerate(self.work[RETURNED:]):
            self.stage.hq.decide(case["rawId"], "approve", distribution=[self._province(at)])
        self._push()
        back = [self.stage.reaches(self.stage.author, case["id"], "HQ_RETURNED") for case in self.work[:RETURNED]]
        self.expect("退回的申请数", sum(each["state"] == "HQ_RETURNED" for each in back), RETURNED)
        mended = [self.stage.author.on(each, "editSubmission", content={"summary": "已补充办理渠道。"}) for each in back]
        again = self._handed_over(mended)
        self.expect("总部收到第二轮的申请数", self._arrived(again, 2), RETURNED)
        for at, case in enumerate(again):
            self.stage.hq.decide(case["rawId"], "approve", distribution=[self._province(at)])

    @step("crowd-settled", "全部生效，各省收到各自的知识，总部下发的以最后一版为准")
    def all_in_force(self) -> None:
        """The end is the same whatever happened on the way."""
        ended = [self.stage.reaches(self.stage.author, case["id"], "EFFECTIVE") for case in self.work]
        self.expect("生效的申请数", sum(each["state"] == "EFFECTIVE" for each in ended), SIZE)
        self.expect("各申请成立的版本", {each["acceptedVersion"]["number"] for each in ended}, {1})
        found = [self.stage.seconds_until_found(word, item, 2) is not None for item, word in self.pushed]
        self.expect("座席检索到总部第 2 版的知识与公告数", sum(found), 2 * PUSHED)
        for at, each in enumerate(ended):
            take_in_province(self.stage, self._province(at % RETURNED), each["knowledgeRawId"])
        held = [each for code in self.stage.provinces for each in self.stage.provinces[code].deliveries("PENDING")]
        ours = {each["knowledgeRawId"] for each in ended}
        self.expect("两省仍待审的", [each["title"] for each in held if each["knowledgeId"] in ours], [])

    def _province(self, at: int) -> str:
        return self.stage.chosen if at % 2 else self.stage.other

    def _handed_over(self, drafts: list[PAGE]) -> list[PAGE]:
        """Through local review, and all in one act to headquarters."""
        passed = [self.stage.reviewer.approve(self.stage.author.on(draft, "submitForReview")) for draft in drafts]
        items = [{"id": each["id"], "lockVersion": each["lockVersion"]} for each in passed]
        self.stage.reviewer.act("submitToHq", submissions=items)
        return passed

    def _arrived(self, work: list[PAGE], round_: int) -> int:
        """How many headquarters has in this round once patience ends."""

        def look() -> int:
            there = {each["id"] for each in self.stage.hq.submissions("PENDING") if each["round"] == round_}
            return sum(each["rawId"] in there for each in work)

        return self.stage.until(look, lambda count: count == len(work))

    def _announced_twice(self) -> tuple[str, str]:
        """An announcement and at once its correction; returns its id and a word of the correction."""
        title, new = self.stage.word(), self.stage.word()
        made = self.stage.hq.make_announcement({**announced(title, self.stage.word()), "audience": for_whom(OURS)})
        self.stage.hq.decide_draft(made["id"], "approve")
        text = {"body": announced(title, new)["body"]}
        changed = self.stage.hq.correct_announcement(made["announcementId"], text, material=True)
        self.stage.hq.decide_draft(changed["id"], "approve")
        return str(made["announcementId"]), new

    def _push(self) -> None:
        """Two versions of each item and announcement, and a tree that is changed and put back: nothing waits for an answer."""
        for _ in range(PUSHED):
            title, new = self.stage.word(), self.stage.word()
            draft = self.stage.hq.make_knowledge(wording(title, self.stage.word()), self.stage.category, distribution=[])
            self.stage.hq.decide_draft(draft["id"], "approve")
            update = self.stage.hq.make_update(draft["knowledgeId"], {"body": wording(title, new)["body"]}, distribution=[])
            self.stage.hq.decide_draft(update["id"], "approve")
            self.pushed += [(draft["knowledgeId"], new), self._announced_twice()]
        tree = self.stage.hq.taxonomy()
        nodes = tree["nodes"] if tree else []
        node = {"id": f"HQ-{self.stage.word()}", "parentId": None, "name": "临时栏目", "position": 99}
        for each in ([*nodes, node], nodes):
            self.stage.hq.push_taxonomy(each)


class CrowdOfTheRest(Crowd):
    """Once more, now until every fault has fired often enough; afterwards headquarters goes on as before."""

    def plan(self, seed: int) -> Plan:
        """What has fired too rarely is certain."""
        return even_plan(seed, outgoing=0.05, incoming=0.0, least=LEAST)


CROWDS: tuple[type[Flow], ...] = (Crowd, CrowdOfTheRest)
