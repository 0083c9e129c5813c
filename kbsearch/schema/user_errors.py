"""Refusals as data in payloads: one interface, a type for each kind a screen acts on."""

import strawberry

from kbsearch.errors import Refusal, RefusalCode, Refused
from kbsearch.schema.ids import encode_id

_DUPLICATES = frozenset({"ANOTHER_OPEN", "LOGIN_TAKEN"})


@strawberry.interface(description="使用者能自己改正的错误；什么都没有写入")
class UserError:
    """What every refusal carries."""

    code: RefusalCode = strawberry.field(description="拒绝的种类")
    message: str = strawberry.field(description="中文说明，并说怎么办")
    field: list[str] = strawberry.field(description="有关的输入项路径；与某一项无关则为空列表")


@strawberry.type(description="所见已旧：别人先改了，请看新的对象再决定")
class VersionConflictError(UserError):
    """STALE_OBJECT."""

    lock_version: int | None = strawberry.field(description="现在的锁版本")
    current_state: str | None = strawberry.field(description="现在的状态代码；没有状态的对象为空")
    submission_hash: str | None = strawberry.field(description="现在的申请哈希（审核时所见已旧）")


@strawberry.type(description="现在的状态不允许这个动作")
class IllegalTransitionError(UserError):
    """ILLEGAL_TRANSITION."""

    current_state: str | None = strawberry.field(description="现在的状态代码")
    allowed_actions: list[str] = strawberry.field(description="现在可以做的动作代码")


@strawberry.type(description="没有权限")
class PermissionError(UserError):  # noqa: A001 - the contract's name
    """PERMISSION_DENIED."""


@strawberry.type(description="输入或现状违反规则")
class ValidationError(UserError):
    """RULE_VIOLATED."""

    rule: str | None = strawberry.field(description="规则代码，见 docs/errors.md")
    problems: list[str] = strawberry.field(description="逐条的问题（如内容不完整）；没有则为空列表")


@strawberry.type(description="与已有的重复：同一知识已有在途申请，或工号已有人用")
class DuplicateError(UserError):
    """RULE_VIOLATED, where something else is in the way."""

    rule: str | None = strawberry.field(description="规则代码，见 docs/errors.md")
    existing_id: strawberry.ID | None = strawberry.field(description="已有的那一个的不透明编号；不便给出则空")


@strawberry.type(description="找不到，或无权查看")
class NotFoundError(UserError):
    """NOT_FOUND."""


ERROR_TYPES = (VersionConflictError, IllegalTransitionError, PermissionError, ValidationError, DuplicateError, NotFoundError)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def user_error(refusal: Refusal) -> UserError:
    """The type that fits a refusal."""
    d, path = refusal.details, list(refusal.field)
    code, message = refusal.code, refusal.message
    if code is RefusalCode.STALE_OBJECT:
        lock = d.get("lockVersion")
        state, seen = _text(d.get("state")), _text(d.get("submissionHash"))
        return VersionConflictError(code=code, message=message, field=path, lock_version=lock, current_state=state, submission_hash=seen)
    if code is RefusalCode.ILLEGAL_TRANSITION:
        allowed = [str(a) for a in d.get("allowedActions", [])]
        return IllegalTransitionError(code=code, message=message, field=path, current_state=_text(d.get("state")), allowed_actions=allowed)
    if code is RefusalCode.PERMISSION_DENIED:
        return PermissionError(code=code, message=message, field=path)
    if code is RefusalCode.NOT_FOUND:
        return NotFoundError(code=code, message=message, field=path)
    if refusal.rule in _DUPLICATES:
        other = d.get("openSubmissionId")
        existing = None if other is None else strawberry.ID(encode_id("Submission", str(other)))
        return DuplicateError(code=code, message=message, field=path, rule=refusal.rule, existing_id=existing)
    problems = [str(p) for p in d.get("problems", [])]
    return ValidationError(code=code, message=message, field=path, rule=refusal.rule, problems=problems)


def user_errors(refused: Refused) -> list[UserError]:
    """All of them, in order."""
    return [user_error(refusal) for refusal in refused.refusals]
