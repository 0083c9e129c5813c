"""3.1.1.4 知识反馈 without an update: refused or closed by headquarters, answered by us with a reason, dispatched again, given back."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.walk.desk import PAGE
from kbsearch.sandbox.walk.feedback_desk import dispatched, looked_at, on_item, opened, ours, refusal, resolve, submitted, told
from kbsearch.sandbox.walk.groundwork import put_in_force, wording
from kbsearch.sandbox.walk.stage import Stage
from kbsearch.sandbox.walk.stepping import Flow, step


class _OnOneItem(Flow):
    """Opinions on one item that stays as it is."""

    section = "3.1.1.4"
    noun = "反馈意见"

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.title, self.body = stage.word(), stage.word()
        self.item = ""

    def prepare(self) -> None:
        """Published here and in the chosen province."""
        first = put_in_force(self.stage, self.stage.author, wording(self.title, self.body), [self.stage.chosen])
        self.item = first["knowledgeRawId"]

    def opinion(self) -> str:
        """A text to be known by."""
        return f"客户有不同理解（{self.stage.word()}）。"

    def check_unheard_of(self) -> None:
        """We were told nothing, and readers see no change."""
        self.expect("我方收到的反馈", on_item(self.stage, self.item), [])
        page = self.stage.agent.knowledge(self.item)
        self.expect("知识的版本与标记", (page["currentVersion"]["number"], page["badges"]), (1, []))

    def check_province(self, province_id: str, state: str, **wanted: Any) -> None:
        """What the province knows by now."""
        seen = self.stage.provinces[self.stage.chosen].wait_feedback(province_id, state, timeout=self.stage.patience)
        self.expect(f"{self.stage.chosen} 所知", {name: seen[name] for name in wanted}, wanted)

    def check_result(self, feedback: PAGE, dispatch: int, resolution: str, text: str) -> None:
        """Headquarters has our answer to this dispatch, and the province has it from headquarters."""

        def results(seen: dict[str, Any]) -> list[tuple[Any, ...]]:
            return [tuple(each[name] for name in ("dispatch", "resolution", "resolutionText")) for each in seen["results"]]

        wanted = (dispatch, resolution, text)
        at_hq = self.stage.until(lambda: self.stage.hq.feedback(feedback["hqId"]), lambda seen: wanted in results(seen))
        self.expect("总部收到的最近结果", results(at_hq)[-1:], [wanted])
        self.expect("总部状态", at_hq["state"], "ANSWERED")
        province = self.stage.provinces[self.stage.chosen]
        heard = self.stage.until(lambda: province.feedback(at_hq["provinceId"]), lambda seen: wanted in results(seen))
        self.expect(f"{self.stage.chosen} 收到的最近结果", results(heard)[-1:], [wanted])


class FeedbackEndedByHq(_OnOneItem):
    """5 to 6, and 8 to 12: it never reaches us."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.closed: dict[str, Any] = {}

    @step("-5", "{noun}审核（总部）：不通过，只走步骤 6")
    def hq_refuses(self) -> None:
        """The province hears why."""
        received = submitted(self.stage, self.item, self.opinion())
        ended = self.stage.hq.review_feedback(received["id"], accepted=False, text="与现行口径一致，不予采纳。")
        self.expect("总部状态", ended["state"], "REFUSED")
        self.expect("总部记下的步骤", [each["step"] for each in ended["steps"]], ["3.1.1.4-4", "3.1.1.4-5", "3.1.1.4-6"])
        self.check_province(received["provinceId"], "ANSWERED", accepted=False, answer="与现行口径一致，不予采纳。", results=[])
        self.check_unheard_of()

    @step("-8", "总部判断：不需二线客服更新知识，走步骤 12")
    def hq_judges(self) -> None:
        """Answered first, as always."""
        received = submitted(self.stage, self.item, self.opinion())
        self.stage.hq.review_feedback(received["id"], accepted=True, text="意见已收到。")
        self.check_province(received["provinceId"], "ANSWERED", accepted=True, answer="意见已收到。")
        ended = self.stage.hq.judge_feedback(received["id"], update_needed=False, opinion="属个别营业厅口误。")
        judged = next(each for each in ended["steps"] if each["step"] == "3.1.1.4-8")
        self.expect("总部记下", judged["detail"], "不需二线客服更新知识，走步骤 12")
        self.closed = ended

    @step("-12", "{noun}由总部关闭，流程结束")
    def hq_closes(self) -> None:
        """Without us, and without a change."""
        self.expect("总部状态与第几次下发", (self.closed["state"], self.closed["dispatch"]), ("CLOSED", 0))
        done = [each["step"] for each in self.closed["steps"]]
        self.expect("总部记下的步骤", done, [f"3.1.1.4-{number}" for number in (4, 5, 6, 8, 12)])
        self.check_unheard_of()


class FeedbackAnsweredByUs(_OnOneItem):
    """Dispatched, and answered by a reviewer with a reason in the place of an update."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.first: PAGE = {}

    @step("feedback-no-change", "{noun}由二线答复：无需修改，总部与省公司得知")
    def no_change(self) -> None:
        """Not without saying why."""
        self.first = dispatched(self.stage, self.item, self.opinion())
        self.expect("不写说明的答复", refusal(self.stage, self.first, "NO_CHANGE", " "), "REASON_REQUIRED")
        self.expect("没有更新而答“采纳已更新”", refusal(self.stage, self.first, "ADOPTED", "已改。"), "ADOPTED_BY_UPDATE")
        self._answered(self.first, "NO_CHANGE", "现行口径无误，请按第 1 版解释。")

    @step("feedback-duplicate", "{noun}由二线答复：重复，总部与省公司得知")
    def duplicate(self) -> None:
        """Naming the one it repeats."""
        again = dispatched(self.stage, self.item, self.opinion())
        self.expect("不指明与哪条重复", refusal(self.stage, again, "DUPLICATE", "同一件事。"), "ORIGINAL_REQUIRED")
        self._answered(again, "DUPLICATE", "与先前一条相同。", duplicateOfId=self.first["id"])
        self.expect("所指的另一条", looked_at(self.stage.reviewer, again)["duplicateOf"]["hqId"], self.first["hqId"])
        named = self.stage.hq.feedback(again["hqId"])["results"][-1]["duplicateOf"]
        self.expect("总部收到的另一条编号", named, self.first["hqId"])

    @step("feedback-rejected", "{noun}由二线答复：不采纳，总部与省公司得知")
    def rejected(self) -> None:
        """With the reason."""
        self._answered(dispatched(self.stage, self.item, self.opinion()), "REJECTED", "资费以公告为准，不予修改。")
        self.expect("座席页面的标记", self.stage.agent.knowledge(self.item)["badges"], [])

    @step("feedback-overdue", "过了办结期限的{noun}：列为逾期，提醒知识管理员，仍可答复")
    def overdue(self) -> None:
        """Headquarters set a day that is gone."""
        late = dispatched(self.stage, self.item, self.opinion(), dueAt="2020-01-01T00:00:00Z")
        self.expect("是否逾期", late["overdue"], True)
        reminders = self.stage.until(lambda: [each["text"] for each in told(self.stage.reviewer, late)], lambda texts: len(texts) > 1)
        self.expect_that("知识管理员得到逾期提醒", any("已过办结期限" in text for text in reminders), reminders)
        self._answered(looked_at(self.stage.reviewer, late), "NO_CHANGE", "口径无误，迟复见谅。")

    @step("feedback-dispatched-again", "总部对处理结果不满意，第 2 次下发：重新打开，再答复")
    def dispatched_again(self) -> None:
        """Opened again under the same number, and answered a second time."""
        self.stage.hq.dispatch_feedback(self.first["hqId"], opinion="请再核对资费表。", urgency="URGENT")
        receipt = self.stage.hq.wait_receipt(self.first["hqId"], "hqDispatchFeedback", round_=2, timeout=self.stage.patience)["receipt"]
        self.expect("第 2 次下发的回执", receipt["result"], "APPLIED")
        again = ours(self.stage, self.item, self.first["hqId"])
        self.expect("仍是同一条", again["id"] == self.first["id"], True)
        seen = tuple(again[name] for name in ("state", "dispatch", "opinion", "resolution"))
        self.expect("重新打开", seen, ("RECEIVED", 2, "请再核对资费表。", None))
        path = [(each["action"], each["toState"]) for each in again["timeline"]]
        self.expect("流转记录", path, [("RECEIVE", "RECEIVED"), ("RESOLVE", "RESOLVED"), ("REDISPATCH", "RECEIVED")])
        self._answered(again, "REJECTED", "再次核对无误，维持原口径。", dispatch=2)
        results = [each["resolution"] for each in self.stage.hq.feedback(self.first["hqId"])["results"]]
        self.expect("总部前后两次的结果", results, ["NO_CHANGE", "REJECTED"])

    def _answered(self, feedback: PAGE, resolution: str, text: str, *, dispatch: int = 1, **given: Any) -> None:
        ended = resolve(self.stage, feedback, resolution, text, **given)
        seen = tuple(ended[name] for name in ("state", "resolution", "resolutionText"))
        self.expect("办结后", seen, ("RESOLVED", resolution, text))
        self.check_result(feedback, dispatch, resolution, text)


class FeedbackGivenBack(_OnOneItem):
    """The update opened from it ends unapplied."""

    @step("feedback-given-back", "由反馈开出的更新被作废：反馈回到待处理，总部不受打扰，再答复办结")
    def given_back(self) -> None:
        """It waits again, and headquarters hears nothing before it is settled."""
        feedback = dispatched(self.stage, self.item, self.opinion())
        draft = opened(self.stage, feedback, self.stage.author)
        busy = looked_at(self.stage.reviewer, feedback)
        self.expect("更新途中直接答复", refusal(self.stage, busy, "NO_CHANGE", "无误。"), "ILLEGAL_TRANSITION")
        gone = self.stage.author.on(draft, "voidSubmission", reasonText="核对后不须修改。")
        self.expect("申请", gone["state"], "VOIDED")
        back = looked_at(self.stage.reviewer, feedback)
        self.expect("反馈状态与关联的申请", (back["state"], back["submission"]), ("RECEIVED", None))
        self.expect("总部收到的结果", self.stage.hq.feedback(feedback["hqId"])["results"], [])
        titles = [each["text"] for each in told(self.stage.reviewer, feedback)]
        self.expect_that("知识管理员得知要重新处理", any("没有生效" in text for text in titles), titles)
        resolve(self.stage, back, "NO_CHANGE", "核对后不须修改。")
        self.check_result(feedback, 1, "NO_CHANGE", "核对后不须修改。")
