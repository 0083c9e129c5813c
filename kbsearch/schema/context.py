"""Who is calling and what one operation works with; opens and closes its one read session, commits nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeAlias

import strawberry
from sqlmodel import Session

from kbsearch.hq.signing import BadSignature, Delivery, verify
from kbsearch.http.errors import Unauthenticated
from kbsearch.http.facts import HttpRequestFacts
from kbsearch.schema.loader import Loader
from kbsearch.services.people import TOKEN_PREFIX, actor_of_token
from kbsearch.services.search import Searcher
from kbsearch.store.tables import Person
from kbsearch.store.unit import Store
from kbsearch.workflow.actions import Role
from kbsearch.workflow.decide import Actor

_NOBODY = Actor("", frozenset())
_WEBHOOK_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
_WRONG_TOKEN = "令牌无效、已过期或已撤销，请向管理员索取新的令牌。"  # noqa: S105 - a sentence

Authenticate = Callable[[Session, str, datetime], tuple[Actor, Person] | None]


class System(Protocol):
    """What the schema needs of the running installation."""

    @property
    def store(self) -> Store:
        """The database."""

    @property
    def searcher(self) -> Searcher:
        """Search over store and index."""

    @property
    def cursor_secret(self) -> bytes:
        """Signs cursors."""

    @property
    def hq_inbound_secrets(self) -> tuple[str, ...]:
        """Any of these may sign what headquarters sends."""


@dataclass
class RequestContext:
    """One operation: its caller, its instant, and what it reads through. At most one of `actor` and `delivery` is set."""

    store: Store
    searcher: Searcher
    cursor_secret: bytes
    check_deadline: Callable[[], None]
    actor: Actor | None = None
    person: Person | None = None
    delivery: Delivery | None = None
    now: datetime = field(init=False)
    _open: ExitStack = field(init=False, default_factory=ExitStack)
    _loader: Loader | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.now = self.store.clock()

    @property
    def load(self) -> Loader:
        """The operation's batches; the read session is opened with the first use."""
        if self._loader is None:
            session = self._open.enter_context(self.store.read())
            self._loader = Loader(session, self.actor or _NOBODY, self.now)
        return self._loader

    @property
    def session(self) -> Session:
        """The operation's one read session."""
        return self.load.session

    @property
    def signed_in(self) -> Actor:
        """The person acting; rules.py lets nobody else come this far."""
        if self.actor is None:
            raise RuntimeError("a field without a rule for strangers was reached by one")
        return self.actor

    def has(self, *roles: Role) -> bool:
        """Whether the caller holds any of the roles."""
        return self.actor is not None and not self.actor.roles.isdisjoint(roles)

    def close(self) -> None:
        """Give the read session back."""
        self._open.close()
        self._open, self._loader = ExitStack(), None

    def refresh(self) -> None:
        """See the store as it is now: after a mutation everything is read again."""
        self.close()
        self.now = self.store.clock()


Info: TypeAlias = strawberry.Info[RequestContext, Any]
ContextOpener = Callable[[HttpRequestFacts], AbstractContextManager[RequestContext]]


def context_factory(system: System, authenticate: Authenticate = actor_of_token) -> ContextOpener:
    """What the HTTP door calls for each operation; raises Unauthenticated for bad tokens and signatures.

    `authenticate` says who a bearer token speaks for (None: nobody).
    """

    @contextmanager
    def opened(facts: HttpRequestFacts) -> Iterator[RequestContext]:
        context = RequestContext(system.store, system.searcher, system.cursor_secret, facts.check_deadline)
        try:
            _identify(system.hq_inbound_secrets, authenticate, context, facts)
            yield context
        finally:
            context.close()

    return opened


def _identify(secrets: tuple[str, ...], authenticate: Authenticate, context: RequestContext, facts: HttpRequestFacts) -> None:
    authorization = facts.headers.get("authorization")
    signed = any(facts.headers.get(name) is not None for name in _WEBHOOK_HEADERS)
    if authorization is not None and signed:
        raise Unauthenticated("一个请求只能有一种身份：令牌（authorization）或总部签名（webhook-*），请去掉一种。")
    if signed:
        try:
            context.delivery = verify(secrets, facts.headers, facts.body, context.now)
        except BadSignature as bad:
            raise Unauthenticated(f"{bad}。") from bad
        facts.state["principal"] = "hq"
    elif authorization is not None:
        _sign_in(authenticate, context, authorization)
        facts.state["principal"] = context.person.login if context.person is not None else ""


def _sign_in(authenticate: Authenticate, context: RequestContext, authorization: str) -> None:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated(f"authorization 请求头须为 Bearer 加令牌，令牌形如 {TOKEN_PREFIX}…。")
    known = authenticate(context.session, token.strip(), context.now)
    # The session was opened before anybody was known; what is visible depends on who it is.
    context.close()
    if known is None:
        raise Unauthenticated(_WRONG_TOKEN)
    context.actor, context.person = known
