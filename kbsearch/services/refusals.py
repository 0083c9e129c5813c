"""The refusals that several operations share, with their Chinese sentences; decides nothing."""

from __future__ import annotations

from kbsearch.errors import Refusal, RefusalCode, Refused

MAX_REASON = 2_000


def not_found(what: str, field: str = "id") -> Refused:
    """Unknown or not visible to this person: both look the same from outside."""
    return Refused(Refusal(RefusalCode.NOT_FOUND, f"找不到这个{what}，请核对编号；也可能您无权查看。", field=(field,)))


def violated(rule: str, message: str, *field: str, **details: object) -> Refused:
    """A rule is broken; `field` is the input path."""
    return Refused(Refusal(RefusalCode.RULE_VIOLATED, message, rule=rule, field=field, details=details))


def require_reason_length(text: str) -> None:
    """A reason is a few sentences, not a document."""
    if len(text) > MAX_REASON:
        raise violated("TEXT_TOO_LONG", f"说明最长 {MAX_REASON} 个字，请缩短。", "reasonText")


def denied(message: str) -> Refused:
    """The person lacks the right."""
    return Refused(Refusal(RefusalCode.PERMISSION_DENIED, message))


def stale(what: str, lock_version: int) -> Refused:
    """Somebody changed it since it was read."""
    return Refused(
        Refusal(
            RefusalCode.STALE_OBJECT,
            f"{what}已被别人改过，请刷新后再试。",
            rule="LOCK_VERSION",
            field=("lockVersion",),
            details={"lockVersion": lock_version},
        )
    )
