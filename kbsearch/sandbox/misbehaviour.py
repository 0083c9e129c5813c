"""Which faults headquarters commits, on what kinds of message and how often: a seeded plan and its counts; commits none itself."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from kbsearch.sandbox.refusal import RefusalError

ANY = "*"
LONGEST_HOLD = 60.0
MOST_EXTRAS_SHOWN = 200
DECISIONS = frozenset({"hqApprove", "hqReturn", "hqReject"})
_OF_A_ROUND = DECISIONS | {"hqAcknowledge", "hqWithdrawResult"}


class Fault(StrEnum):
    """What can go wrong; the first ten on what headquarters sends, the others at its own door."""

    DUPLICATE = "DUPLICATE"
    REORDER = "REORDER"
    DELAY = "DELAY"
    DROP = "DROP"
    LOST_ANSWER = "LOST_ANSWER"
    WRONG_SIGNATURE = "WRONG_SIGNATURE"
    STALE_ROUND = "STALE_ROUND"
    WRONG_HASH = "WRONG_HASH"
    EARLY_APPROVAL = "EARLY_APPROVAL"
    CONTRADICTION = "CONTRADICTION"
    SERVER_ERROR = "SERVER_ERROR"
    TIME_OUT = "TIME_OUT"
    BUSY = "BUSY"
    LOST_REQUEST = "LOST_REQUEST"
    LOST_RECEIPT = "LOST_RECEIPT"


LABELS = {
    Fault.DUPLICATE: "重复发送",
    Fault.REORDER: "乱序",
    Fault.DELAY: "延迟",
    Fault.DROP: "丢弃一次",
    Fault.LOST_ANSWER: "丢失应答",
    Fault.WRONG_SIGNATURE: "签名不符",
    Fault.STALE_ROUND: "旧轮次",
    Fault.WRONG_HASH: "哈希不符",
    Fault.EARLY_APPROVAL: "审批先于接收确认",
    Fault.CONTRADICTION: "矛盾的决定",
    Fault.SERVER_ERROR: "收件答 5xx",
    Fault.TIME_OUT: "收件超时",
    Fault.BUSY: "收件答 429",
    Fault.LOST_REQUEST: "落库前断开",
    Fault.LOST_RECEIPT: "落库后断开",
}
AT_THE_DOOR = frozenset({Fault.SERVER_ERROR, Fault.TIME_OUT, Fault.BUSY, Fault.LOST_REQUEST, Fault.LOST_RECEIPT})
# The others can befall any kind of their direction.
ONLY_ON: Mapping[Fault, frozenset[str]] = {
    Fault.EARLY_APPROVAL: frozenset({"hqAcknowledge"}),
    Fault.WRONG_HASH: frozenset({"hqApprove"}),
    Fault.CONTRADICTION: DECISIONS,
    Fault.STALE_ROUND: _OF_A_ROUND,
}
# How long a message is held back when the rule does not say.
_HOLDS = {Fault.REORDER: 0.5, Fault.DELAY: 0.5, Fault.EARLY_APPROVAL: 1.0}


@dataclass(frozen=True, slots=True)
class Traffic:
    """One message: its kind (mutation or message name), direction, and round where it has one."""

    kind: str
    incoming: bool
    round: int | None = None

    def admits(self, fault: Fault) -> bool:
        """Whether the fault means anything on this message; only a second round has one before it."""
        if self.incoming is not (fault in AT_THE_DOOR):
            return False
        if fault is Fault.STALE_ROUND and (self.round or 0) < 2:  # noqa: PLR2004 - see above
            return False
        return fault not in ONLY_ON or self.kind in ONLY_ON[fault]


@dataclass(frozen=True, slots=True)
class Rule:
    """One fault on some kinds with a probability; certain until it has fired `least` times. `seconds` is the longest hold."""

    fault: Fault
    kinds: tuple[str, ...] = (ANY,)
    probability: float = 1.0
    least: int = 0
    seconds: float = 0.0

    @property
    def hold(self) -> float:
        """For how many seconds at most a message is held back."""
        return self.seconds or _HOLDS.get(self.fault, 0.0)

    def speaks_of(self, traffic: Traffic) -> bool:
        """Whether it covers this message."""
        return traffic.admits(self.fault) and (ANY in self.kinds or traffic.kind in self.kinds)

    def document(self) -> dict[str, Any]:
        """As the API shows and takes it."""
        return {
            "fault": self.fault.value,
            "kinds": list(self.kinds),
            "probability": self.probability,
            "least": self.least,
            "seconds": self.hold,
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """A seed and its rules; without rules headquarters behaves."""

    seed: int = 0
    rules: tuple[Rule, ...] = ()


def even_plan(seed: int, *, outgoing: float, incoming: float, least: int = 0) -> Plan:
    """Every fault on every kind it can befall, with one probability for each direction; `incoming` is shared by the door's faults."""
    return Plan(
        seed,
        tuple(Rule(fault, probability=incoming / len(AT_THE_DOOR) if fault in AT_THE_DOOR else outgoing, least=least) for fault in Fault),
    )


def plan_from_json(value: Mapping[str, Any], seed: int) -> Plan:
    """Read `{seed?, rules: [{fault, kinds?, probability?, least?, seconds?}]}`; 422 when a part is wrong."""
    given = value.get("seed", seed)
    rules = value.get("rules", [])
    if not isinstance(given, int) or isinstance(given, bool):
        raise RefusalError.invalid("seed 须是整数。")
    if not isinstance(rules, list):
        raise RefusalError.invalid("rules 须是规则的列表，空列表表示不出故障。")
    return Plan(given, tuple(_rule(each) for each in rules))


def _rule(value: Any) -> Rule:
    if not isinstance(value, dict) or value.get("fault") not in set(Fault):
        raise RefusalError.invalid(f"每条规则须是对象，fault 可用：{'、'.join(Fault)}。")
    kinds = value.get("kinds", [ANY])
    if not isinstance(kinds, list) or not kinds or not all(isinstance(kind, str) and kind for kind in kinds):
        raise RefusalError.invalid('kinds 须是消息种类的列表，如 ["hqApprove"]；["*"] 表示全部。')
    return Rule(
        Fault(value["fault"]),
        tuple(kinds),
        probability=_figure(value, "probability", 1.0, 1.0),
        least=int(_figure(value, "least", 0, 1000)),
        seconds=_figure(value, "seconds", 0.0, LONGEST_HOLD),
    )


def _figure(value: Mapping[str, Any], name: str, default: float, highest: float) -> float:
    figure = value.get(name, default)
    if not isinstance(figure, int | float) or isinstance(figure, bool) or not 0 <= figure <= highest:
        raise RefusalError.invalid(f"{name} 须是 0 到 {highest:g} 的数。")
    return float(figure)


@dataclass(slots=True)
class Misbehaviour:
    """The plan in force, and what came of it. The same seed draws the same for the n-th message of each kind."""

    plan: Plan = field(default_factory=Plan)
    waiting: int = 0
    _fired: Counter[tuple[Fault, str]] = field(default_factory=Counter)
    _armed: Counter[Fault] = field(default_factory=Counter)
    _met: Counter[tuple[str, bool]] = field(default_factory=Counter)
    _spared: bool = True
    _extras: list[dict[str, Any]] = field(default_factory=list)
    _surprises: list[str] = field(default_factory=list)

    def follow(self, plan: Plan, *, afresh: bool) -> None:
        """Replace the plan; `afresh` also forgets what was counted."""
        self.plan = plan
        if afresh:
            self._fired.clear()
            self._armed.clear()
            self._met.clear()
            self._extras.clear()
            self._surprises.clear()
            self._spared = True

    def drawn(self, traffic: Traffic) -> dict[Fault, Rule]:
        """What befalls this message; each must be told `fired` or `forgone` later.

        At the door it is at most one fault, and never on two messages in a row, so that something gets in.
        """
        ordinal = self._met[traffic.kind, traffic.incoming]
        self._met[traffic.kind, traffic.incoming] += 1
        befalling = {
            rule.fault: rule
            for rule in self.plan.rules
            if rule.speaks_of(traffic)
            and (
                self.count(rule.fault) + self._armed[rule.fault] < rule.least
                or self.chance(rule.fault, traffic.kind, ordinal).random() < rule.probability
            )
        }
        if traffic.incoming:
            befalling = self._one_of(befalling, traffic, ordinal)
        self._armed.update(befalling.keys())
        return befalling

    def _one_of(self, befalling: dict[Fault, Rule], traffic: Traffic, ordinal: int) -> dict[Fault, Rule]:
        if not befalling or not self._spared:
            self._spared = True
            return {}
        self._spared = False
        rarest = min(self.count(fault) for fault in befalling)
        chosen = self.chance("door", traffic.kind, ordinal).choice([fault for fault in befalling if self.count(fault) == rarest])
        return {chosen: befalling[chosen]}

    def chance(self, *about: object) -> random.Random:
        """Draws that depend on the seed and on what they are about, on nothing else."""
        return random.Random("/".join(map(str, (self.plan.seed, *about))))  # noqa: S311 - repeatable on purpose

    def fired(self, fault: Fault, kind: str) -> None:
        """Count a fault that was really committed."""
        self._fired[fault, kind] += 1
        self.forgone(fault)

    def forgone(self, fault: Fault) -> None:
        """A fault that was drawn found no occasion."""
        self._armed[fault] = max(0, self._armed[fault] - 1)

    def count(self, fault: Fault) -> int:
        """How often it fired."""
        return sum(times for (each, _), times in self._fired.items() if each is fault)

    def extra(self, **told: Any) -> None:
        """Remember a message sent beside the true ones, with what it was answered."""
        self._extras = [*self._extras, told][-MOST_EXTRAS_SHOWN:]

    def surprise(self, sentence: str) -> None:
        """Remember an answer a correct receiver does not give."""
        self._surprises.append(sentence)

    def view(self) -> dict[str, Any]:
        """Plan, counts, extras, surprises; `waiting` is how many messages are held back or still to be sent again."""
        by_kind: dict[str, dict[str, int]] = {fault.value: {} for fault in Fault}
        for (fault, kind), times in sorted(self._fired.items()):
            by_kind[fault.value][kind] = times
        return {
            "seed": self.plan.seed,
            "rules": [rule.document() for rule in self.plan.rules],
            "fired": {fault.value: self.count(fault) for fault in Fault},
            "firedByKind": by_kind,
            "labels": {fault.value: LABELS[fault] for fault in Fault},
            "waiting": self.waiting,
            "extras": self._extras,
            "surprises": self._surprises,
        }
