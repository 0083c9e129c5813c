"""Attachments: a text file on a knowledge item is found by its words and fetched by hash, in both directions."""

from __future__ import annotations

import hashlib
from typing import Any

from kbsearch.sandbox.walk.desk import PAGE, Desk
from kbsearch.sandbox.walk.groundwork import approve_at_hq, draft_publish, hq_puts_in_force, send_to_hq, wording
from kbsearch.sandbox.walk.stage import Stage
from kbsearch.sandbox.walk.stepping import Flow, step

CREATED, OK, NOT_FOUND = 201, 200, 404


class Attached(Flow):
    """One item of ours and one of headquarters', each with a file whose word stands nowhere else."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.title, self.word, self.theirs = stage.word(), stage.word(), stage.word()
        self.file = f"星驰流量包资费细则。细则编号 {self.word}。".encode()
        self.sha256 = hashlib.sha256(self.file).hexdigest()
        self.seen: PAGE = {}

    @step("attachment-sent", "附件：随知识提交，总部凭摘要取到原文件")
    def hq_fetches(self) -> None:
        """In the content hash by its digest; not an agent's to read before the item is."""
        stored = self._upload(self.stage.author, "资费细则.txt")
        self.expect("上传所得摘要与大小", (stored["sha256"], stored["size"]), (self.sha256, len(self.file)))
        content = {**wording(self.title, self.stage.word()), "attachments": [self.sha256]}
        self.seen = send_to_hq(self.stage, self.stage.author, draft_publish(self.stage, self.stage.author, content))
        self.expect("总部所见附件", self.stage.hq.submission(self.seen["rawId"])["content"]["attachments"], [self.sha256])
        self.expect("总部凭摘要取到的", self.stage.until(self._at_hq, lambda state: state == "HELD"), "HELD")
        self.expect_that("总部所存与原文件逐字节相同", self.stage.hq.attachment_bytes(self.sha256) == self.file)
        self.expect("生效前座席取它的答复", self._get(self.stage.agent)[0], NOT_FOUND)

    @step("attachment-found", "附件：生效后座席凭文件里的词检索到知识，取到原文件")
    def agent_finds(self) -> None:
        """By a word that stands in the file alone."""
        self.expect("总部通过的回执", approve_at_hq(self.stage, self.seen, [])["receipt"]["result"], "APPLIED")
        item = self.seen["knowledgeRawId"]
        self.expect_that("凭文件里的词检索到", self.stage.seconds_until_found(self.word, item, 1) is not None)
        self.expect_that("正文里没有这个词", self.word not in str(self.stage.agent.knowledge(item)["currentVersion"]))
        status, body = self._get(self.stage.agent)
        self.expect("座席取它的答复", status, OK)
        self.expect_that("与原文件逐字节相同", body == self.file)

    @step("attachment-again", "附件：总部再取一次")
    def hq_fetches_again(self) -> None:
        """By hash, now that it is in force."""
        self.stage.hq.fetch_attachment(self.sha256)
        self.expect("总部再取后", self.stage.until(self._at_hq, lambda state: state == "HELD"), "HELD")

    @step("attachment-received", "附件：总部知识的附件，我方凭摘要取来，凭文件里的词检索到")
    def we_fetch(self) -> None:
        """The other way round; the item does not wait for its file."""
        file = f"总部资费细则。细则编号 {self.theirs}。".encode()
        held = self.stage.hq.upload_attachment(file, "总部资费细则.txt", "text/plain")
        content = {**wording(self.stage.word(), self.stage.word()), "attachments": [held["sha256"]]}
        item = hq_puts_in_force(self.stage, content, self.stage.category)
        self.expect_that("座席凭文件里的词检索到", self.stage.seconds_until_found(self.theirs, item, 1) is not None)
        status, body = self._get(self.stage.agent, held["sha256"])
        self.expect("座席取它的答复", status, OK)
        self.expect_that("与总部原文件逐字节相同", body == file)

    def _address(self, desk: Desk, rest: str) -> str:
        return f"{desk.endpoint.removesuffix('/graphql')}/attachments{rest}"

    def _upload(self, desk: Desk, name: str) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {desk.token}", "content-type": "text/plain"}
        answer = desk.http.post(self._address(desk, ""), params={"name": name}, content=self.file, headers=headers)
        self.expect("上传的答复", answer.status_code, CREATED)
        return dict(answer.json())

    def _get(self, desk: Desk, sha256: str | None = None) -> tuple[int, bytes]:
        answer = desk.http.get(self._address(desk, f"/{sha256 or self.sha256}"), headers={"authorization": f"Bearer {desk.token}"})
        return answer.status_code, answer.content

    def _at_hq(self) -> str | None:
        """HELD once it is there and nothing of it is still being fetched; WANTED or FAILED otherwise."""
        states = [each["state"] for each in self.stage.hq.attachments() if each["sha256"] == self.sha256]
        return next((state for state in states if state != "HELD"), states[0] if states else None)
