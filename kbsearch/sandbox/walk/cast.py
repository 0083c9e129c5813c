"""Finds people for the parts of the walk and signs them in with tokens of a day, ended afterwards; creates nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from kbsearch.sandbox.walk.desk import PAGE, Desk
from kbsearch.sandbox.walk.documents import PEOPLE, mutation


class NobodyForPartError(Exception):
    """The service has nobody who could play a part; the message says who is missing."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its Chinese name and the roles it must and must not hold."""

    name: str
    holds: frozenset[str]
    lacks: frozenset[str] = frozenset()

    def fits(self, person: PAGE) -> bool:
        """Whether this person can play it."""
        return self.holds <= set(person["roles"]) and not self.lacks & set(person["roles"])


_AUTHOR, _REVIEWER = frozenset({"AUTHOR"}), frozenset({"REVIEWER"})
PARTS = {
    "author_reviewer": Part("兼任两职者", _AUTHOR | _REVIEWER),
    "author": Part("知识生成人员", _AUTHOR, _REVIEWER),
    "reviewer": Part("知识管理员", _REVIEWER, _AUTHOR),
    "second_reviewer": Part("另一位知识管理员", _REVIEWER),
    "operator": Part("运维", frozenset({"OPERATOR"})),
    "agent": Part("座席", frozenset({"AGENT"})),
}


@contextmanager
def signed_in(admin: Desk) -> Iterator[Mapping[str, Desk]]:
    """A desk for each part of PARTS. Raises NobodyForPartError."""
    players = _cast(admin.listed(PEOPLE))
    issued: list[str] = []
    try:
        desks = {}
        for part, person in players.items():
            given = {"personId": person["id"], "label": "kbsearch walk", "days": 1}
            told = admin.ask(mutation("issueToken"), input=given)["issueToken"]
            issued.append(told["token"]["id"])
            desks[part] = replace(admin, token=told["clearToken"], name=f"{PARTS[part].name}{person['name']}")
        yield desks
    finally:
        for token in issued:
            admin.act("revokeToken", tokenId=token)


def _cast(people: list[PAGE]) -> dict[str, PAGE]:
    """Different people for all parts but those anybody may play; whoever holds fewest roles first."""
    few_roles: Callable[[PAGE], int] = lambda person: len(person["roles"])  # noqa: E731 - a sort key
    players: dict[str, PAGE] = {}
    for part, wanted in PARTS.items():
        taken = {person["id"] for person in players.values()}
        fitting = sorted((p for p in people if wanted.fits(p) and p["id"] not in taken), key=few_roles)
        if not fitting:
            raise NobodyForPartError(f"服务里没有可以扮演“{wanted.name}”的在岗人员，请用 kbsearch user add 增加，或先装入演示人员。")
        players[part] = fitting[0]
    return players
