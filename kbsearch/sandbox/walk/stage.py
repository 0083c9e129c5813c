"""Everything the flows play on: people, headquarters, provinces, and how long to wait; starts nothing itself."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import httpx

from kbsearch.sandbox.client import HqClient, ProvinceClient
from kbsearch.sandbox.misbehaviour_client import MisbehaviourClient
from kbsearch.sandbox.walk.cast import signed_in
from kbsearch.sandbox.walk.config import RunningSystems
from kbsearch.sandbox.walk.desk import PAGE, Desk
from kbsearch.sandbox.walk.signed_door import SignedDoor
from kbsearch.sandbox.walk.words import Words

LOOK_EVERY = 0.02
UNHURRIED = 3.0
Seen = TypeVar("Seen")


@dataclass(frozen=True, slots=True)
class Stage:
    """`category` is a leaf of headquarters' tree (raw id), `patience` the seconds to wait for one thing.

    `misled` says that faults are committed during this walk: the same must come true, only later (`within`).
    """

    desks: Mapping[str, Desk]
    hq: HqClient
    provinces: Mapping[str, ProvinceClient]
    signed: SignedDoor
    misbehaviour: MisbehaviourClient
    words: Words
    category: str
    patience: float
    misled: bool = False

    def playing(self, flow: str) -> Stage:
        """The same stage with words of its own for one flow."""
        return replace(self, words=self.words.of(flow))

    def within(self, seconds: float) -> float:
        """A limit for something to happen, wider while faults are committed."""
        return seconds * UNHURRIED if self.misled else seconds

    @property
    def agent(self) -> Desk:
        """Searches and reads."""
        return self.desks["agent"]

    @property
    def author(self) -> Desk:
        """Writes."""
        return self.desks["author"]

    @property
    def both(self) -> Desk:
        """Author and reviewer in one person."""
        return self.desks["author_reviewer"]

    @property
    def reviewer(self) -> Desk:
        """Reviews."""
        return self.desks["reviewer"]

    @property
    def second_reviewer(self) -> Desk:
        """Reviews too."""
        return self.desks["second_reviewer"]

    @property
    def operator(self) -> Desk:
        """Sees transport and quarantine."""
        return self.desks["operator"]

    @property
    def chosen(self) -> str:
        """The province that is given things first."""
        return next(iter(self.provinces))

    @property
    def other(self) -> str:
        """A province that is not."""
        return list(self.provinces)[1]

    def word(self) -> str:
        """A word nobody has used before, to be searched for; in walks of the same words each flow gets the same ones."""
        return self.words.next()

    def until(self, look: Callable[[], Seen], holds: Callable[[Seen], bool]) -> Seen:
        """Look until it holds or patience ends; what was seen last is returned either way, for the step to judge."""
        end = time.monotonic() + self.patience
        while True:
            seen = look()
            if holds(seen) or time.monotonic() >= end:
                return seen
            time.sleep(LOOK_EVERY)

    def reaches(self, desk: Desk, submission_id: str, state: str) -> PAGE:
        """The submission once it is in this state, or as it is when patience ends."""
        return self.until(lambda: desk.submission(submission_id), lambda seen: seen.get("state") == state)

    def seconds_until_found(self, words: str, raw_id: str, number: int) -> float | None:
        """How long default search needs from now until it finds this version; None when patience ends first."""
        began = time.monotonic()
        found = self.until(lambda: self.agent.found(words), lambda seen: seen.get(raw_id) == number)
        return time.monotonic() - began if found.get(raw_id) == number else None

    def vanished(self, words: str, raw_id: str) -> bool:
        """Whether default search stops finding the item within patience."""
        return raw_id not in self.until(lambda: self.agent.found(words), lambda seen: raw_id not in seen)


@contextmanager
def open_stage(running: RunningSystems, patience: float, words: Words, *, misled: bool = False) -> Iterator[Stage]:
    """Connect to everything; headquarters and provinces are led by hand meanwhile, and go back to their modes afterwards."""
    with ExitStack() as opened:
        # Plain HTTP on loopback: reading the certificate store would cost more than the calls.
        http = opened.enter_context(httpx.Client(timeout=30.0, trust_env=False, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)))
        endpoint = f"{running.service.rstrip('/')}/graphql"
        hq = opened.enter_context(HqClient(running.hq))
        provinces = {code: opened.enter_context(ProvinceClient(url)) for code, url in running.provinces.items()}
        systems: list[HqClient | ProvinceClient] = [hq, *provinces.values()]
        for system in systems:
            opened.enter_context(_by_hand(system))
        yield Stage(
            desks=opened.enter_context(signed_in(Desk(http, endpoint, running.admin_token, "管理员"))),
            hq=hq,
            provinces=provinces,
            signed=SignedDoor(http, endpoint, running.inbound_secret),
            misbehaviour=MisbehaviourClient(http, running.hq),
            words=words,
            category=_leaf(hq.taxonomy()),
            patience=patience,
            misled=misled,
        )


@contextmanager
def _by_hand(system: HqClient | ProvinceClient) -> Iterator[None]:
    mode = system.mode()
    system.set_mode("manual")
    try:
        yield
    finally:
        system.set_mode(mode)


def _leaf(tree: dict[str, Any] | None) -> str:
    """The first node of headquarters' tree that has none below it."""
    nodes = tree["nodes"] if tree else []
    parents = {node["parentId"] for node in nodes}
    leaf = next((node["id"] for node in nodes if node["id"] not in parents), None)
    if leaf is None:
        raise ValueError("总部沙箱没有下发过知识结构，请以 kbsearch sandbox 的知识结构文件启动它。")
    return str(leaf)
