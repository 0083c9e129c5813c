"""What HQ can tell us, one frozen dataclass per message; equality of two stands for the same payload."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .things import Content


@dataclass(frozen=True)
class Acknowledge:
    """hqAcknowledge."""

    submission: str
    round: int
    reference: str = "HQ-1"


@dataclass(frozen=True)
class Approve:
    """hqApprove; `echoes`: the submissionHash is the one we sent with that round."""

    submission: str
    round: int
    echoes: bool = True
    number: int | None = None
    content: Content | None = None
    content_hash_ok: bool = True
    effective_from: datetime | None = None
    distribution: frozenset[str] = frozenset({"BJ"})


@dataclass(frozen=True)
class Return:
    """hqReturn."""

    submission: str
    round: int
    codes: tuple[str, ...] = ("CONTENT_ERROR",)
    text: str = "请改"


@dataclass(frozen=True)
class Reject:
    """hqReject."""

    submission: str
    round: int
    codes: tuple[str, ...] = ("NOT_NATIONWIDE",)
    text: str = "不属全网"


@dataclass(frozen=True)
class WithdrawResult:
    """hqWithdrawResult."""

    submission: str
    round: int
    granted: bool


@dataclass(frozen=True)
class PushVersion:
    """hqPushVersion; `origin` is (submission, round) where it stems from one of ours."""

    knowledge: str
    number: int
    content: Content
    category: str = "HQ-ROOT"
    base: int | None = None
    content_hash_ok: bool = True
    origin: tuple[str, int] | None = None
    distribution: frozenset[str] = frozenset({"BJ"})


@dataclass(frozen=True)
class PushRevocation:
    """hqPushRevocation."""

    knowledge: str
    number: int
    reason: str = "SERVICE_RETIRED"
    replacement: str | None = None
    effective_from: datetime | None = None


SubmissionMessage = Acknowledge | Approve | Return | Reject | WithdrawResult
Message = SubmissionMessage | PushVersion | PushRevocation
