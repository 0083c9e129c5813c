"""What stands around the three flows: 知识结构 T1 T2, 停用恢复 M1 M2, and withdrawals that headquarters grants or refuses."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.walk.desk import PAGE
from kbsearch.sandbox.walk.documents import CATEGORIES
from kbsearch.sandbox.walk.groundwork import approve_at_hq, draft_publish, last_log, put_in_force, send_to_hq, wording
from kbsearch.sandbox.walk.stage import Stage
from kbsearch.sandbox.walk.stepping import Flow, Unexpected, step


class Taxonomy(Flow):
    """Headquarters pushes one node more, and takes it back by pushing again."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.node = stage.word()
        self.before: list[dict[str, Any]] = []

    def prepare(self) -> None:
        """The tree as headquarters pushed it last."""
        tree = self.stage.hq.taxonomy()
        self.before = tree["nodes"] if tree else []

    @step("T1", "结构下发")
    def hq_pushes(self) -> None:
        """Applied at once."""
        node = {"id": f"HQ-{self.node}", "parentId": None, "name": f"走查栏目{self.node}", "position": 99}
        self._push([*self.before, node])

    @step("T2", "挂接到本系统知识库根目录下")
    def our_tree_shows_it(self) -> None:
        """Below headquarters' node, as a nationwide category; gone again when headquarters takes it back."""
        self.expect("本系统的结构中，它挂在", self._parent(), "全网知识")
        self._push(self.before)
        self.expect("总部收回后，它挂在", self._parent(), None)

    def _push(self, nodes: list[dict[str, Any]]) -> None:
        version = self.stage.hq.push_taxonomy(nodes)
        receipt = self.stage.hq.wait_receipt("taxonomy", "hqPushTaxonomy", round_=version, timeout=self.stage.patience)["receipt"]
        self.expect(f"结构第 {version} 版的回执", (receipt["result"]), "APPLIED")
        self.note(str(receipt["reason"]))

    def _parent(self) -> str | None:
        """The name of the node directly above, None when our tree has no such node."""
        waiting: list[tuple[str | None, PAGE]] = [(None, root) for root in self.stage.agent.ask(CATEGORIES)["categories"]]
        while waiting:
            above, node = waiting.pop()
            if node["rawId"] == f"HQ-{self.node}":
                return above
            waiting += [(node["name"], below) for below in node.get("children") or []]
        return None


class Suspension(Flow):
    """One reviewer's brake; headquarters is told of both ends."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.title = stage.word()
        self.item = ""

    def prepare(self) -> None:
        """An item in force."""
        first = put_in_force(self.stage, self.stage.author, wording(self.title, self.stage.word()), [self.stage.chosen])
        self.item = first["knowledgeRawId"]

    @step("M1", "停用")
    def reviewer_suspends(self) -> None:
        """Hidden at once, on page and in search."""
        page = self.stage.reviewer.knowledge(self.item)
        given = {"knowledgeId": page["id"], "lockVersion": page["lockVersion"]}
        held = self.stage.reviewer.act("suspendKnowledge", **given, reasonText="资费有疑问，核对中。")
        self.expect("状态与正文是否隐藏", (held["status"], held["textHidden"]), ("SUSPENDED", True))
        self.expect_that("座席检索不到了", self.stage.vanished(self.title, self.item))
        shown = self.stage.agent.knowledge(self.item)
        self.expect_that(f"座席只见标题与通知：{shown['notice']}", not shown["currentVersion"]["body"] and "停用" in shown["notice"])
        self.expect("总部收到停用告知", self._told(suspended=True), "资费有疑问，核对中。")

    @step("M2", "恢复")
    def reviewer_resumes(self) -> None:
        """Readable and found again."""
        page = self.stage.reviewer.knowledge(self.item)
        freed = self.stage.reviewer.act("resumeKnowledge", knowledgeId=page["id"], lockVersion=page["lockVersion"], reasonText="核对无误。")
        self.expect("状态与正文是否隐藏", (freed["status"], freed["textHidden"]), ("PUBLISHED", False))
        self.expect_that("座席重新检索到", self.stage.seconds_until_found(self.title, self.item, 1) is not None)
        self.expect("总部收到恢复告知", self._told(suspended=False), "核对无误。")

    def _told(self, *, suspended: bool) -> str | None:
        """The reason headquarters was told with, None when no such notice came."""

        def look() -> str | None:
            for message in self.stage.hq.received():
                data = message["body"]["data"]
                if message["kind"] == "suspension.notice" and data["knowledgeId"] == self.item and data["suspended"] is suspended:
                    return str(data["reasonText"])
            return None

        return self.stage.until(look, bool)


class Withdrawal(Flow):
    """The author asks headquarters to let go: once granted, once refused."""

    @step("withdraw-granted", "撤回申请：总部同意")
    def granted(self) -> None:
        """It ends WITHDRAWN, and no version comes of it."""
        asked = self._asked()
        self._answer(asked, granted=True, text="同意撤回。")
        ended = self.stage.reaches(self.stage.author, asked["id"], "WITHDRAWN")
        self.expect("我方状态", ended["state"], "WITHDRAWN")
        self.expect("总部状态", self.stage.hq.submission(asked["rawId"])["state"], "WITHDRAWN")
        self.expect("座席打开所见", self.stage.agent.knowledge(asked["knowledgeRawId"]), {})

    @step("withdraw-refused", "撤回申请：总部不同意，照常审核")
    def refused(self) -> None:
        """It goes back to where it was, and headquarters decides."""
        asked = self._asked()
        self._answer(asked, granted=False, text="总部正在审核。")
        back = self.stage.reaches(self.stage.author, asked["id"], "PENDING_HQ")
        self.expect("我方状态", back["state"], "PENDING_HQ")
        self.expect("作者所见总部的话", last_log(back, "HQ_REFUSE_WITHDRAWAL").get("reasonText"), "总部正在审核。")
        self.expect("总部照常通过，回执", approve_at_hq(self.stage, back, [])["receipt"]["result"], "APPLIED")
        self.expect("我方状态", self.stage.author.submission(asked["id"])["state"], "EFFECTIVE")

    def _asked(self) -> PAGE:
        draft = draft_publish(self.stage, self.stage.author, wording(self.stage.word(), self.stage.word()))
        waiting = send_to_hq(self.stage, self.stage.author, draft)
        asked = self.stage.author.on(waiting, "withdrawSubmission", reasonText="业务暂缓上线。")
        self.expect("申请撤回后状态", asked["state"], "WITHDRAW_PENDING")
        return asked

    def _answer(self, asked: PAGE, *, granted: bool, text: str) -> None:
        def look() -> list[dict[str, Any]]:
            return [each for each in self.stage.hq.withdrawals() if each["submissionId"] == asked["rawId"]]

        received = self.stage.until(look, bool)
        if not received:
            raise Unexpected("总部没有收到撤回申请")
        told = (received[0]["state"], received[0]["reason"], received[0]["reasonText"])
        self.expect("总部收到的撤回申请", told, ("WAITING", "AUTHOR_REQUEST", "业务暂缓上线。"))
        self.stage.hq.answer_withdrawal(received[0]["id"], granted=granted, text=text)
