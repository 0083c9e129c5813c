"""The automatic reviewer's rules, as data: first match wins, no match approves; carries nothing out (autopilot.py does)."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from kbsearch.sandbox.hq.reasons import REASON_CODES
from kbsearch.sandbox.instants import wire_or_none
from kbsearch.sandbox.refusal import RefusalError

ACTIONS = ("approve", "amend", "return", "reject", "hold", "returnToOwnAuthors")
WITHDRAW_ACTIONS = ("grant", "refuse", "hold")
FEEDBACK_ACTIONS = ("dispatch", "close", "refuse", "hold")
LONGEST_DELAY = 86_400
SUBJECTS = ("title", "kind", "urgency", "author", "subject", "origin")


@dataclass(frozen=True, slots=True)
class Rule:
    """`match` is a substring of the field `of` (title, kind, urgency, author, subject or origin); an empty one matches everything.

    `on` is `review`, `withdraw` or `feedback` (whose title is its text).
    `first_only` rules apply to round 1 before any change by HQ's own authors.
    `delay` in seconds overrides the desk's; `distribution` and `effective_from` go with an approval.
    """

    match: str
    action: str
    of: str = "title"
    on: str = "review"
    reason_codes: tuple[str, ...] = ()
    text: str = ""
    first_only: bool = False
    delay: float | None = None
    distribution: tuple[str, ...] | None = None
    effective_from: str | None = None


DEFAULT_RULES = (
    Rule("〔人工〕", "hold", text="按规则等待人工审核。"),
    Rule("〔退回〕", "return", reason_codes=("INCOMPLETE",), text="请补充办理渠道与生效日期后重新提交。", first_only=True),
    Rule("〔否决〕", "reject", reason_codes=("NOT_NATIONWIDE",), text="不属全网知识，不予发布。"),
    Rule("〔改写〕", "amend", text="总部修改后通过。"),
    Rule("〔不准撤回〕", "refuse", on="withdraw", text="总部正在审核，不同意撤回。"),
    Rule("〔人工〕", "hold", on="feedback", text="按规则等待人工审核。"),
    Rule("〔不采纳〕", "refuse", on="feedback", text="经核对，现行口径无误，不予采纳。"),
    Rule("〔无需更新〕", "close", on="feedback", text="意见收悉，知识无需更新。"),
)
_JSON_NAMES = {
    "match": "match",
    "action": "action",
    "of": "of",
    "on": "on",
    "reasonCodes": "reason_codes",
    "text": "text",
    "firstRoundOnly": "first_only",
    "delaySeconds": "delay",
    "distribution": "distribution",
    "effectiveFrom": "effective_from",
}
_ACTIONS_ON = {"review": ACTIONS, "withdraw": WITHDRAW_ACTIONS, "feedback": FEEDBACK_ACTIONS}


def rules_from_json(value: Any) -> tuple[Rule, ...]:
    """Read rules as the API gives them; 422 when one is wrong."""
    if not isinstance(value, list):
        raise RefusalError.invalid("rules 须是规则的列表。")
    return tuple(_rule(item) for item in value)


def rules_to_json(rules: tuple[Rule, ...]) -> list[dict[str, Any]]:
    """The same rules for the API."""
    return [{name: dataclasses.asdict(rule)[field] for name, field in _JSON_NAMES.items()} for rule in rules]


def matching(rules: tuple[Rule, ...], on: str, case_texts: dict[str, str], *, first: bool) -> Rule | None:
    """The first rule that speaks of this case."""
    for rule in rules:
        if rule.on == on and rule.match in case_texts.get(rule.of, "") and (first or not rule.first_only):
            return rule
    return None


def _rule(item: Any) -> Rule:
    if not isinstance(item, dict) or not isinstance(item.get("match"), str):
        raise RefusalError.invalid("每条规则须是对象，且有文字 match。")
    if strange := sorted(set(item) - set(_JSON_NAMES)):
        raise RefusalError.invalid(f"规则含有不认识的字段：{'、'.join(strange)}。")
    values = {field: item[name] for name, field in _JSON_NAMES.items() if item.get(name) is not None}
    for field in ("reason_codes", "distribution"):
        if field in values:
            values[field] = _texts(values[field], field)
    values["effective_from"] = wire_or_none(values.get("effective_from"), "effectiveFrom")
    rule = Rule(**{"action": "", **values})
    _check(rule)
    return rule


def _check(rule: Rule) -> None:
    allowed = _ACTIONS_ON.get(rule.on, ())
    if rule.action not in allowed or rule.of not in SUBJECTS:
        raise RefusalError.invalid(f"规则 {rule.match!r} 的 on、of 或 action 不对；action 可用：{'、'.join(allowed)}。")
    if any(code not in REASON_CODES for code in rule.reason_codes):
        raise RefusalError.invalid(f"规则 {rule.match!r} 的 reasonCodes 可用：{'、'.join(REASON_CODES)}。")
    if not isinstance(rule.text, str) or not isinstance(rule.first_only, bool):
        raise RefusalError.invalid(f"规则 {rule.match!r} 的 text 须是文字，firstRoundOnly 须是 true 或 false。")
    if rule.delay is not None and (not isinstance(rule.delay, int | float) or not 0 <= rule.delay <= LONGEST_DELAY):
        raise RefusalError.invalid(f"规则 {rule.match!r} 的 delaySeconds 须是 0 到 {LONGEST_DELAY} 的秒数。")


def _texts(value: Any, field: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise RefusalError.invalid(f"规则的 {field} 须是文字的列表。")
    return tuple(value)
