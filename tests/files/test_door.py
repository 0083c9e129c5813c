"""Uploads and downloads end to end: what comes in is searchable and downloadable by whom the document allows, and nobody else."""

from __future__ import annotations

import base64
import hashlib
import io
import os
from datetime import timedelta
from typing import Any

import pytest

from kbsearch.attachments.port import Fetched
from kbsearch.schema.ids import encode_id
from kbsearch.services.attachment_intake import fetch_missing
from tests.attachments import samples
from tests.schema.world import SUBMISSION

from .desk import FILES, Desk

PDF = samples.pdf("金丝雀只在附件里")


def _published(desk: Desk, digest: str, scope: str = "LOCAL") -> str:
    return desk.world.publish(scope=scope, title="漫游说明", body="见附件。", attachments=[digest])


def _files(desk: Desk, raw: str, who: str = "agent") -> Any:
    query = f"query($id: ID!) {{ knowledge(id: $id) {{ shownVersion {{ content {{ attachments {FILES} }} }} }} }}"
    return desk.world.ask(who, query, id=encode_id("Knowledge", raw))["knowledge"]["shownVersion"]["content"]


def test_an_upload_answers_what_was_kept(desk: Desk) -> None:
    answer = desk.post(PDF, "资费 说明.pdf")
    digest = hashlib.sha256(PDF).hexdigest()
    assert answer.status_code == 201
    assert answer.json() == {"sha256": digest, "name": "资费 说明.pdf", "mediaType": "application/pdf", "size": len(PDF), "note": ""}
    assert answer.headers["location"] == f"/attachments/{digest}"
    assert answer.headers["x-request-id"]
    again = desk.post(PDF, "另一个名字.pdf", "reviewer")
    assert (again.status_code, again.json()["name"]) == (201, "资费 说明.pdf")


def test_from_the_authors_desk_to_the_agents_search(desk: Desk) -> None:
    world = desk.world
    digest = desk.upload(PDF, "资费说明.pdf")
    draft = world.draft(scope="LOCAL", title="漫游说明", body="见附件。", attachments=[digest])
    assert world.found("金丝雀") == []
    assert desk.get(digest).status_code == 404
    world.approve(world.do("author", "submitForReview", draft))
    assert world.found("金丝雀") == ["漫游说明"]
    answer = desk.get(digest)
    assert (answer.status_code, answer.content) == (200, PDF)
    content = _files(desk, draft["knowledgeRawId"])
    assert content["attachments"] == [digest]
    assert content["attachmentFiles"] == [
        {
            "sha256": digest, "name": "资费说明.pdf", "mediaType": "application/pdf", "size": len(PDF), "available": True,
            "url": f"/attachments/{digest}", "note": "",
        }
    ]  # fmt: skip


def test_a_change_of_files_is_a_change_of_content(desk: Desk) -> None:
    world = desk.world
    digest = desk.upload(PDF, "资费说明.pdf")
    raw = world.publish(scope="LOCAL", title="漫游说明", body="见附件。")
    made = world.act("author", "draftUpdate", SUBMISSION, knowledgeId=encode_id("Knowledge", raw), content={"attachments": [digest]})[
        "submission"
    ]
    world.now += timedelta(seconds=1)
    world.approve(world.do("author", "submitForReview", made))
    assert world.found("金丝雀") == ["漫游说明"]
    made = world.act("author", "draftUpdate", SUBMISSION, knowledgeId=encode_id("Knowledge", raw), content={"attachments": None})[
        "submission"
    ]
    world.now += timedelta(seconds=1)
    world.approve(world.do("author", "submitForReview", made))
    assert world.found("金丝雀") == []
    assert desk.get(digest).status_code == 200  # the version before still shows it


def test_hits_in_attachments_come_after_hits_in_the_text(desk: Desk) -> None:
    _published(desk, desk.upload(PDF, "资费说明.pdf"))
    desk.world.publish(scope="LOCAL", title="另一条", body="正文里有金丝雀。")
    assert desk.world.found("金丝雀") == ["另一条", "漫游说明"]


def test_a_hit_in_an_attachment_highlights_nothing_of_it(desk: Desk) -> None:
    _published(desk, desk.upload(PDF, "资费说明.pdf"))
    query = '{ search(query: "金丝雀") { edges { node { snippet { text highlights { start end } } titleHighlights { start } } } } }'
    node = desk.world.ask("agent", query)["search"]["edges"][0]["node"]
    assert node["titleHighlights"] == []
    assert node["snippet"] is None or (node["snippet"]["highlights"] == [] and "金丝雀" not in node["snippet"]["text"])


def test_headers_of_a_download(desk: Desk) -> None:
    digest = desk.upload(PDF, "资费 (新)\u3000版.pdf")
    answer = desk.get(digest, "author")
    headers = answer.headers
    expected = "attachment; filename=\"attachment.pdf\"; filename*=UTF-8''%E8%B5%84%E8%B4%B9%20%28%E6%96%B0%29%E3%80%80%E7%89%88.pdf"
    assert headers["content-disposition"] == expected
    assert (headers["content-type"], headers["content-length"]) == ("application/pdf", str(len(PDF)))
    assert (headers["x-content-type-options"], headers["etag"]) == ("nosniff", f'"{digest}"')
    assert headers["cache-control"] == "private, no-cache"
    assert "sandbox" in headers["content-security-policy"]


def test_who_has_it_already_gets_nothing_twice(desk: Desk) -> None:
    digest = desk.upload(PDF, "资费.pdf")
    for tag in (f'"{digest}"', f'W/"{digest}"', "*", f'"x", "{digest}"'):
        answer = desk.get(digest, "author", if_none_match=tag)
        assert (answer.status_code, answer.content) == (304, b"")
    assert desk.get(digest, "author", if_none_match='"x"').status_code == 200
    assert desk.get(digest, "agent", if_none_match=f'"{digest}"').status_code == 404  # rights come first
    head = desk.call("HEAD", f"/attachments/{digest}", who="author")
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", f'"{digest}"')
    assert (head.headers["content-type"], head.headers["content-length"]) == ("application/pdf", str(len(PDF)))


def test_large_files_come_back_whole(desk: Desk) -> None:
    content = samples.PNG + os.urandom(90_000)
    assert desk.get(desk.upload(content, "图.png"), "author").content == content


# --- rights


def test_strangers_and_outsiders_get_nothing(desk: Desk) -> None:
    digest = desk.upload(PDF, "资费.pdf")
    assert desk.get(digest, None).status_code == 401
    assert desk.get(digest, None, authorization="Bearer kb_wrong").status_code == 401
    unknown = desk.get("0" * 64)
    for who in ("agent", "author2", "operator", "admin", "reviewer"):
        hidden = desk.get(digest, who)
        assert hidden.status_code == 404
        assert hidden.json()["errors"][0]["message"] == unknown.json()["errors"][0]["message"]
    assert desk.get(digest, "author").status_code == 200


@pytest.mark.parametrize("ended", ["suspended", "in error"])
def test_hidden_text_hides_its_files(desk: Desk, ended: str) -> None:
    world = desk.world
    raw = _published(desk, digest := desk.upload(PDF, "资费.pdf"))
    page = {"id": encode_id("Knowledge", raw)}
    if ended == "suspended":
        lock = world.ask("reviewer", "query($id: ID!) { knowledge(id: $id) { lockVersion } }", **page)["knowledge"]["lockVersion"]
        world.act("reviewer", "suspendKnowledge", "knowledge { status }", knowledgeId=page["id"], lockVersion=lock, reasonText="有误")
    else:
        drafted = world.act("author", "draftRevoke", SUBMISSION, knowledgeId=page["id"], reason="PUBLISHED_IN_ERROR")
        world.approve(world.do("author", "submitForReview", drafted["submission"]))
    world.now += timedelta(seconds=5)
    assert world.found("金丝雀") == []
    assert [desk.get(digest, who).status_code for who in ("agent", "author2", "operator", "author")] == [404, 404, 404, 200]
    assert _files(desk, raw) == {"attachments": [], "attachmentFiles": []}


def test_only_authors_and_reviewers_upload(desk: Desk) -> None:
    for who, status in (("agent", 403), ("operator", 403), ("admin", 403), (None, 401), ("both", 201), ("reviewer", 201)):
        assert desk.post(PDF, "资费.pdf", who).status_code == status


# --- headquarters


def test_headquarters_fetches_what_it_was_sent(desk: Desk) -> None:
    world = desk.world
    sent, local = desk.upload(PDF, "资费.pdf"), desk.upload(b"local", "本地.txt")
    _published(desk, local)
    draft = world.draft(title="漫游说明", body="见附件。", attachments=[sent])
    assert desk.signed_get(sent).status_code == 404
    world.submitted(draft)
    answer = desk.signed_get(sent)
    assert (answer.status_code, answer.content) == (200, PDF)
    assert desk.signed_get(local).status_code == 404
    assert desk.signed_get("0" * 64).status_code == 404
    wrong = "whsec_" + base64.b64encode(b"somebody else's half of a secret").decode()
    assert desk.signed_get(sent, wrong).status_code == 401
    both = desk.signed_get(sent).request.headers
    assert (
        desk.call("GET", f"/attachments/{sent}", who="author", headers={k: v for k, v in both.items() if "webhook" in k}).status_code == 401
    )


def test_headquarters_does_not_upload(desk: Desk) -> None:
    headers = dict(desk.signed_get("0" * 64).request.headers)
    signed = {k: v for k, v in headers.items() if "webhook" in k}
    assert desk.call("POST", "/attachments?name=a.txt", content=b"x", headers=signed).status_code == 403


def test_what_headquarters_names_is_on_its_way(desk: Desk) -> None:
    world, digest = desk.world, hashlib.sha256(PDF).hexdigest()
    submitted = world.submitted(world.draft(title="漫游说明"))
    content = {"title": "漫游说明", "body": "总部改过。", "attachments": [digest]}
    world.hq_approves(submitted, content=content)
    raw = submitted["knowledgeRawId"]
    waiting = _files(desk, raw)["attachmentFiles"]
    assert waiting == [
        {
            "sha256": digest, "name": None, "mediaType": None, "size": None, "available": False, "url": None,
            "note": "附件未到：正向总部取，取到即可下载",
        }
    ]  # fmt: skip
    assert desk.get(digest).status_code == 404
    assert world.found("金丝雀") == []

    def fetch(sha256: str) -> Fetched:
        return Fetched(io.BytesIO(PDF if sha256 == digest else b""), "总部附件.pdf")

    assert fetch_missing(world.store, desk.system.files, fetch) == 1
    assert _files(desk, raw)["attachmentFiles"][0]["name"] == "总部附件.pdf"
    assert desk.get(digest).content == PDF
    assert world.found("金丝雀") == ["漫游说明"]
