"""One person at the service's GraphQL endpoint: asks, acts, and tells refusals from answers; knows no flow."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import httpx

from kbsearch.sandbox.walk import documents

PAGE = dict[str, Any]


class GraphQLAnswerError(Exception):
    """The endpoint answered with `errors`, or not as GraphQL at all."""


class Refused(Exception):  # noqa: N818 - a refusal is an answer
    """A mutation answered with userErrors; `first` is the first of them, with the fresh object beside it as `fresh`."""

    def __init__(self, name: str, payload: PAGE) -> None:
        errors = payload.pop("userErrors")
        super().__init__(f"{name} 被拒：{errors[0]['code']} {errors[0]['message']}")
        self.first: PAGE = {**errors[0], "fresh": next(iter(payload.values()), None)}


def global_id(type_name: str, raw: str) -> str:
    """The id under which the service opens what headquarters knows by its raw id."""
    return base64.b64encode(f"{type_name}:{raw}".encode()).decode()


@dataclass(frozen=True, slots=True)
class Desk:
    """A signed-in person; submissions and knowledge are the dictionaries the service answers."""

    http: httpx.Client
    endpoint: str
    token: str
    name: str

    def ask(self, document: str, /, **variables: Any) -> PAGE:
        """The answer's `data`; raises GraphQLAnswerError when there are errors."""
        response = self.http.post(
            self.endpoint,
            json={"query": document, "variables": variables},
            headers={"authorization": f"Bearer {self.token}", "accept": "application/graphql-response+json"},
        )
        try:
            answer = response.json()
        except ValueError:
            raise GraphQLAnswerError(f"HTTP {response.status_code}：{response.text[:200]}") from None
        if errors := answer.get("errors"):
            raise GraphQLAnswerError(f"HTTP {response.status_code}：{errors[0].get('message')}（{errors[0].get('path')}）")
        return dict(answer["data"])

    def act(self, name: str, **given: Any) -> PAGE:
        """Run one mutation; return its object. Raises Refused."""
        payload = dict(self.ask(documents.mutation(name), input=given)[name])
        if payload["userErrors"]:
            raise Refused(name, payload)
        fresh = next(iter(payload.values()))
        return dict(fresh[0] if isinstance(fresh, list) else fresh)

    def on(self, submission: PAGE, name: str, **given: Any) -> PAGE:
        """Run a mutation on a submission as it was last seen."""
        return self.act(name, submissionId=submission["id"], lockVersion=submission["lockVersion"], **given)

    def refusal(self, submission: PAGE, name: str, **given: Any) -> PAGE:
        """The userError of a mutation that must be refused; an answer with `code` None when it was carried out."""
        try:
            self.on(submission, name, **given)
        except Refused as refused:
            return refused.first
        return {"code": None, "message": "已执行，没有被拒绝", "rule": None}

    def approve(self, submission: PAGE, *, and_submit: bool = False) -> PAGE:
        """Approve exactly what was seen."""
        return self.on(submission, "approveSubmission", submissionHash=submission["submissionHash"], andSubmit=and_submit)

    def submit_to_hq(self, submission: PAGE) -> PAGE:
        """Hand an approved submission to headquarters."""
        return self.act("submitToHq", submissions=[{"id": submission["id"], "lockVersion": submission["lockVersion"]}])

    def submission(self, submission_id: str) -> PAGE:
        """One submission as this person sees it; an empty one when it is not theirs to see."""
        return dict(self.ask(documents.SUBMISSION_BY_ID, id=submission_id)["submission"] or {})

    def knowledge(self, raw_id: str) -> PAGE:
        """One knowledge item by its raw id; an empty one when readers may not know of it."""
        return dict(self.ask(documents.KNOWLEDGE_BY_ID, id=global_id("Knowledge", raw_id))["knowledge"] or {})

    def differences(self, raw_id: str, before: int, after: int) -> list[PAGE]:
        """What changed between two versions."""
        answer = self.ask(documents.DIFFERENCES, **{"id": global_id("Knowledge", raw_id), "from": before, "to": after})
        return list(answer["knowledge"]["differences"] or [])

    def found(self, words: str) -> dict[str, int]:
        """What default search finds: raw id of the knowledge or announcement → version number."""
        hits = [edge["node"] for edge in self.ask(documents.SEARCH, query=words)["search"]["edges"]]
        found = {hit["knowledge"]["rawId"]: hit["version"]["number"] for hit in hits if hit["knowledge"]}
        return found | {hit["announcement"]["rawId"]: hit["announcementVersion"]["number"] for hit in hits if hit["announcement"]}

    def listed(self, query: str, **variables: Any) -> list[PAGE]:
        """The first page of a list: the nodes of its connection."""
        (connection,) = self.ask(query, **variables).values()
        return [edge["node"] for edge in connection["edges"]]
