"""What people are told of, as kinds with Chinese names; who is told what of submissions is in news.py."""

from __future__ import annotations

from dataclasses import dataclass

from kbsearch.workflow.labels import Labelled


class NoticeKind(Labelled):
    """Why a person is told something."""

    RESULT = "RESULT", "审批结果", "总部或知识管理员对申请的决定"
    RETURNED = "RETURNED", "退回"
    ASSIGNED = "ASSIGNED", "转派"
    CONFLICT = "CONFLICT", "版本冲突"
    EXPIRING = "EXPIRING", "即将到期"
    IDLE = "IDLE", "闲置提醒"
    ANNOUNCEMENT = "ANNOUNCEMENT", "公告"
    SIGN_REMINDER = "SIGN_REMINDER", "催签"
    REPLY_DUE = "REPLY_DUE", "回复到期"
    FEEDBACK = "FEEDBACK", "知识反馈"
    ANSWERED_SEARCH = "ANSWERED_SEARCH", "所搜已有答案"
    QUARANTINED = "QUARANTINED", "总部消息待处理"


@dataclass(frozen=True, slots=True)
class NoticeWays:
    """How notices can leave the application here; `private_webhooks`: also to addresses within the house."""

    mail: bool = False
    webhook: bool = False
    private_webhooks: bool = False
