"""What the feedback flows do in passing: a province's opinion on its way to us, and finding it here; judges nothing."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.walk.desk import PAGE, Desk, Refused, global_id
from kbsearch.sandbox.walk.documents import FEEDBACK_BY_ID, FEEDBACK_ON, ME, MY_FEEDBACK, NOTICES
from kbsearch.sandbox.walk.stage import Stage


def submitted(stage: Stage, item: str, text: str) -> dict[str, Any]:
    """Steps 1 to 4: written and reviewed in the chosen province; returns headquarters' feedback."""
    province = stage.provinces[stage.chosen]
    made = province.make_feedback(item, text, reporter="省座席")
    province.review_feedback(made["id"], "approve")
    return stage.hq.wait_feedback(made["id"], "RECEIVED", timeout=stage.patience)


def dispatched(stage: Stage, item: str, text: str, **order: Any) -> PAGE:
    """Steps 1 to 10: our feedback, received from headquarters. `order` is review_feedback's."""
    told = submitted(stage, item, text)
    stage.hq.review_feedback(told["id"], accepted=True, text="意见已采纳。", updateNeeded=True, **order)
    stage.hq.wait_receipt(told["id"], "hqDispatchFeedback", round_=1, timeout=stage.patience)
    return ours(stage, item, told["id"])


def on_item(stage: Stage, item: str) -> list[PAGE]:
    """All feedback we hold on an item, settled or not, as a reviewer sees it."""
    return stage.reviewer.listed(FEEDBACK_ON, knowledge=global_id("Knowledge", item))


def ours(stage: Stage, item: str, hq_id: str) -> PAGE:
    """What headquarters calls by this number; an empty one when we have received nothing of the kind."""
    return next((each for each in on_item(stage, item) if each["hqId"] == hq_id), {})


def looked_at(desk: Desk, feedback: PAGE) -> PAGE:
    """The feedback as this person sees it now; an empty one when it is not theirs to see."""
    return dict(desk.ask(FEEDBACK_BY_ID, id=feedback["id"])["feedback"] or {})


def mine(desk: Desk, feedback: PAGE) -> PAGE:
    """The feedback in the list of what this person gave; an empty one when it is not there."""
    return next((each for each in desk.listed(MY_FEEDBACK) if each["id"] == feedback["id"]), {})


def opened(stage: Stage, feedback: PAGE, author: Desk) -> PAGE:
    """The draft a reviewer opens from the feedback and assigns to this author."""
    person = author.ask(ME)["me"]["person"]["id"]
    given = {"feedbackId": feedback["id"], "lockVersion": feedback["lockVersion"], "authorId": person}
    return stage.reviewer.act("openUpdateFromFeedback", **given)


def resolve(stage: Stage, feedback: PAGE, resolution: str, text: str, **given: Any) -> PAGE:
    """A reviewer's answer. Raises Refused."""
    about = {"feedbackId": feedback["id"], "lockVersion": feedback["lockVersion"]}
    return stage.reviewer.act("resolveFeedback", **about, resolution=resolution, text=text, **given)


def refusal(stage: Stage, feedback: PAGE, resolution: str, text: str, **given: Any) -> str | None:
    """The rule by which an answer was refused, None when it was taken."""
    try:
        resolve(stage, feedback, resolution, text, **given)
    except Refused as refused:
        return str(refused.first.get("rule") or refused.first["code"])
    return None


def told(desk: Desk, document: PAGE) -> list[PAGE]:
    """The in-app notices this person got about a document, newest first."""
    return [each for each in desk.listed(NOTICES) if each["documentId"] == document["id"]]
