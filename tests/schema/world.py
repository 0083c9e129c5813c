"""The system as a caller meets it: HTTP in, JSON out, on a real SQLite file and a real embedded index, under a settable clock."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import strawberry

from kbsearch.hq.signing import sign
from kbsearch.http.endpoint import GraphQLEndpoint
from kbsearch.http.limits import HttpLimits
from kbsearch.indexing.analysis.chain import AnalysisChain
from kbsearch.indexing.embedded import EmbeddedEngine
from kbsearch.indexing.embedded import Role as IndexRole
from kbsearch.schema.build import LIST_SIZES
from kbsearch.schema.context import context_factory
from kbsearch.schema.ids import encode_id
from kbsearch.services import index_sync, people, sweep
from kbsearch.services.cursors import cursor_secret
from kbsearch.services.search import Searcher
from kbsearch.services.search_log import SearchLogger
from kbsearch.store.engine import open_engine
from kbsearch.store.unit import Store
from kbsearch.workflow.actions import Role

from .comparing import ComparingProjector

START = datetime(2026, 11, 23, 1, tzinfo=UTC)
INDEX = "index:embedded"
SECRET = "whsec_" + base64.b64encode(b"headquarters' half of the secret").decode()
CAST = {
    "agent": {Role.AGENT},
    "author": {Role.AUTHOR},
    "author2": {Role.AUTHOR},
    "reviewer": {Role.REVIEWER},
    "reviewer2": {Role.REVIEWER},
    "both": {Role.AUTHOR, Role.REVIEWER},
    "operator": {Role.OPERATOR},
    "admin": {Role.ADMIN},
}


@dataclass
class Parts:
    """What context_factory needs."""

    store: Store
    searcher: Searcher
    cursor_secret: bytes
    hq_inbound_secrets: tuple[str, ...]


@dataclass(frozen=True)
class Template:
    """A migrated database with the cast and the categories in it, made once and copied for every test."""

    database: Path
    people: dict[str, str]
    tokens: dict[str, str]
    local_category: str


class World:
    """Everything a test talks to."""

    def __init__(self, folder: Path, template: Path, schema: strawberry.Schema, chain: AnalysisChain, prefix: str = "ID") -> None:
        self.now, self._prefix = START, prefix
        self._ids, self._hooks, self.seconds, self.seconds_per_look = count(1), count(1), 0.0, 0.0
        self.people: dict[str, str] = {}
        self.tokens: dict[str, str] = {}
        self.local_category = ""
        self.hq_tree = 0
        self.database = folder / "kb.sqlite"
        shutil.copy(template, self.database)
        self.engine = open_engine(f"sqlite:///{self.database}")
        self.store = Store(self.engine, self._look, lambda: f"{prefix}{next(self._ids):010d}", index_destinations=(INDEX,))
        self.index = EmbeddedEngine.open(folder / "index", chain, IndexRole.WRITER)
        secret = cursor_secret(self.store)
        searcher = Searcher(self.index, chain, secret, SearchLogger(self.store))
        self.system = Parts(self.store, searcher, secret, (SECRET,))
        limits = HttpLimits(list_sizes=LIST_SIZES)
        self.projector = ComparingProjector()
        self.endpoint = GraphQLEndpoint(
            schema,
            context_factory(self.system),
            limits=limits,
            threads=2,
            projector=self.projector,
            monotonic=lambda: self.seconds,
        )
        self._runner = asyncio.Runner()

    def _look(self) -> datetime:
        self.seconds += self.seconds_per_look
        return self.now

    @classmethod
    def furnished(cls, folder: Path, template: Template, schema: strawberry.Schema, chain: AnalysisChain) -> World:
        """A fresh copy of the furnished world."""
        made = cls(folder, template.database, schema, chain)
        made.people, made.tokens, made.local_category = dict(template.people), dict(template.tokens), template.local_category
        made.hq_tree = 1
        return made

    def furnish(self) -> Template:
        """People, tokens, categories; then nothing but the one file."""
        for login, roles in CAST.items():
            self.enroll(login, roles)
        self.add_hq_nodes("TARIFF", "ROAMING")
        made = self.act("admin", "createCategory", "category { id }", name="本地业务")
        self.local_category = made["category"]["id"]
        with self.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return Template(self.database, self.people, self.tokens, self.local_category)

    def close(self) -> None:
        assert self.projector.mismatches == []
        self.endpoint.close()
        self._runner.close()
        with suppress(Exception):  # an index that a test broke on purpose
            self.index.close()
        self.engine.dispose()

    def enroll(self, login: str, roles: set[Role]) -> None:
        with self.store.write() as unit:
            person = people.create_person(unit, people.CONSOLE, login=login, name=f"姓{login}", roles=roles)
            token, _ = people.issue_token(unit, people.CONSOLE, person.id, label="", scopes=None, lifetime=timedelta(days=300))
        self.people[login], self.tokens[login] = person.id, token

    def post(self, body: dict[str, Any] | bytes, headers: Mapping[str, str | bytes]) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent: dict[str, Any] = {"content-type": "application/json", "accept": "application/graphql-response+json", **headers}

        async def send() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self.endpoint), base_url="http://kb") as client:
                return await client.post("/graphql", content=content, headers=sent)

        return self._runner.run(send())

    def run(self, who: str | None, query: str, **variables: Any) -> Any:
        """The whole answer to one operation of a person (None: a stranger)."""
        headers = {} if who is None else {"authorization": f"Bearer {self.tokens[who]}"}
        return self.post({"query": query, "variables": variables}, headers).json()

    def ask(self, who: str, query: str, **variables: Any) -> Any:
        """The data of an operation that must have no errors."""
        answer = self.run(who, query, **variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def act(self, who: str, mutation: str, selection: str, **given: Any) -> Any:
        """A mutation's payload; `given` is its input."""
        name = f"{mutation[0].upper()}{mutation[1:]}Input"
        query = f"mutation($i: {name}!) {{ {mutation}(input: $i) {{ {ERRORS} {selection} }} }}"
        return self.ask(who, query, i=given)[mutation]

    def signed(self, query: str, webhook_id: str | None = None, *, secret: str = SECRET, **variables: Any) -> httpx.Response:
        """A request signed by headquarters."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        hook = webhook_id or f"{self._prefix}-{next(self._hooks)}"
        return self.post(body, sign(secret, hook, self.now, body))

    def hq(self, mutation: str, webhook_id: str | None = None, **given: Any) -> Any:
        """The receipt headquarters gets for one of its mutations."""
        query = (
            f"mutation($i: {mutation[0].upper()}{mutation[1:]}Input!) "
            f"{{ {mutation}(input: $i) {{ receipt {{ result reason inboxId }} userErrors {{ code message }} }} }}"
        )
        answer = self.signed(query, webhook_id, i=given).json()
        assert "errors" not in answer, answer["errors"]
        payload = answer["data"][mutation]
        assert payload["userErrors"] == []
        return payload["receipt"]

    def add_hq_nodes(self, *names: str) -> None:
        self.hq_tree += 1
        nodes = [{"id": name, "name": f"栏目{name}", "position": i} for i, name in enumerate(names)]
        assert self.hq("hqPushTaxonomy", treeVersion=self.hq_tree, nodes=nodes)["result"] == "APPLIED"

    def pass_time(self, by: timedelta) -> None:
        self.now += by
        sweep.sweep(self.store)

    def sync_index(self) -> None:
        index_sync.drain(self.store, self.index, INDEX)

    # --- shortcuts through the same door

    def draft(self, who: str = "author", *, scope: str = "NATIONAL", **content: Any) -> Any:
        category = encode_id("Category", "TARIFF") if scope == "NATIONAL" else self.local_category
        text = {"title": "流量日包", "body": "每日五元，当日有效。", **content}
        return self.act(who, "draftPublish", SUBMISSION, scope=scope, categoryId=category, content=text)["submission"]

    def do(self, who: str, mutation: str, submission: dict[str, Any], **more: Any) -> Any:
        """One action that must succeed on a submission as last seen; answers it as it is then."""
        payload = self.act(who, mutation, SUBMISSION, submissionId=submission["id"], lockVersion=submission["lockVersion"], **more)
        assert payload["userErrors"] == [], payload["userErrors"]
        return payload["submission"]

    def approve(self, submission: dict[str, Any], who: str = "reviewer", **more: Any) -> Any:
        return self.do(who, "approveSubmission", submission, submissionHash=submission["submissionHash"], **more)

    def submitted(self, submission: dict[str, Any]) -> Any:
        """From the author's desk to headquarters."""
        reviewed = self.do("author", "submitForReview", submission)
        return self.approve(reviewed, andSubmit=True)

    def publish(self, *, scope: str = "NATIONAL", **content: Any) -> str:
        """An item in force, searchable; its raw id."""
        submission = self.do("author", "submitForReview", self.draft(scope=scope, **content))
        if scope == "LOCAL":
            self.approve(submission)
        else:
            self.hq_approves(self.approve(submission, andSubmit=True))
        self.sync_index()
        return str(submission["knowledgeRawId"])

    def hq_approves(self, submission: dict[str, Any], **more: Any) -> None:
        about = {"submissionId": submission["rawId"], "round": submission["round"], "submissionHash": submission["submissionHash"]}
        assert self.hq("hqApprove", **about, **more)["result"] == "APPLIED"

    def see(self, submission: dict[str, Any], who: str = "reviewer", selection: str = "") -> Any:
        """A submission as it is now."""
        return self.ask(who, f"query($id: ID!) {{ submission(id: $id) {{ {SUBMISSION_FIELDS} {selection} }} }}", id=submission["id"])[
            "submission"
        ]

    def found(self, text: str, who: str = "agent") -> list[str]:
        """The titles a search finds."""
        self.sync_index()
        query = "query($q: String!) { search(query: $q) { edges { node { title } } } }"
        return [e["node"]["title"] for e in self.ask(who, query, q=text)["search"]["edges"]]


ERRORS = """userErrors { __typename code message field
  ... on VersionConflictError { lockVersion currentState submissionHash }
  ... on IllegalTransitionError { currentState allowedActions }
  ... on ValidationError { rule problems } ... on DuplicateError { rule existingId } }"""
SUBMISSION_FIELDS = "id rawId knowledgeRawId state round lockVersion submissionHash contentHash allowedActions problems baseMoved"
SUBMISSION = f"submission {{ {SUBMISSION_FIELDS} }}"
