"""The states and kinds of the workflow, with their Chinese names; no rules here."""

from __future__ import annotations

from kbsearch.workflow.labels import Labelled


class SubmissionState(Labelled):
    """Where a submission 申请 stands (product.md §3.1)."""

    DRAFT = "DRAFT", "草稿", "作者正在编写"
    PENDING_REVIEW = "PENDING_REVIEW", "待审核", "修订已冻结，等知识管理员领取审核"
    RETURNED = "RETURNED", "审核退回", "本地审核退回，附原因，等作者修改"
    APPROVED = "APPROVED", "审核通过待提交", "尚未发出，等知识管理员提交总部"
    SUBMITTED = "SUBMITTED", "已提交待接收", "已写入发件箱，等总部确认接收"
    PENDING_HQ = "PENDING_HQ", "待总部审核", "总部已接收，等总部审批"
    HQ_RETURNED = "HQ_RETURNED", "总部退回", "总部退回，附原因；再次提交为下一轮，须重新本地审核"
    SCHEDULED = "SCHEDULED", "待生效", "已最终通过，生效时间未到"
    EFFECTIVE = "EFFECTIVE", "已生效", "已发布、更新或撤销，流程结束"
    WITHDRAW_PENDING = "WITHDRAW_PENDING", "撤回申请中", "已请总部放行撤回，等总部答复"
    BASE_CONFLICT = "BASE_CONFLICT", "版本冲突", "现行版本已变，本轮作废，等作者在新版本上重做"
    WITHDRAWN = "WITHDRAWN", "已撤回", "已撤回，流程结束"
    VOIDED = "VOIDED", "已作废", "已作废，流程结束"
    HQ_REJECTED = "HQ_REJECTED", "总部否决", "总部否决，流程结束"
    SUPERSEDED = "SUPERSEDED", "已被取代", "所指知识已撤销或已由总部内容取代，流程结束"
    CLOSED_STALE = "CLOSED_STALE", "超时关闭", "长期无人处理，已自动关闭，流程结束"


class SubjectKind(Labelled):
    """What a submission is about."""

    KNOWLEDGE = "KNOWLEDGE", "知识"
    ANNOUNCEMENT = "ANNOUNCEMENT", "公告"
    REPLY = "REPLY", "公告回复"


class SubmissionKind(Labelled):
    """What a submission asks for. CORRECT is to announcements what UPDATE is to knowledge, RECALL what REVOKE is."""

    PUBLISH = "PUBLISH", "发布", "新的知识、公告或回复"
    UPDATE = "UPDATE", "更新", "已有知识的新版本"
    REVOKE = "REVOKE", "撤销", "撤销已有知识，无正文"
    CORRECT = "CORRECT", "更正", "已发公告的新版本"
    RECALL = "RECALL", "撤回公告", "撤回已发公告，无正文"

    @property
    def ends(self) -> bool:
        """Whether it ends its subject and so has no content."""
        return self in (SubmissionKind.REVOKE, SubmissionKind.RECALL)

    @property
    def builds_on_base(self) -> bool:
        """Whether it changes something that exists."""
        return self is not SubmissionKind.PUBLISH


class Scope(Labelled):
    """Whether headquarters decides; fixed for a knowledge item's whole life."""

    NATIONAL = "NATIONAL", "全网", "须经一级客服系统审批"
    LOCAL = "LOCAL", "本地", "本地审核通过即生效，不出本系统"


class Owner(Labelled):
    """Who may change a knowledge item."""

    HQ = "HQ", "总部", "由总部发布，只有总部能改"
    LOCAL = "LOCAL", "本系统", "由本系统发布"


class Urgency(Labelled):
    """How soon a submission must be looked at."""

    NORMAL = "NORMAL", "普通"
    URGENT = "URGENT", "紧急", "排在最前，按分钟计期限"


class KnowledgeStatus(Labelled):
    """What a reader is told about a knowledge item; derived at the given time, never stored."""

    UNPUBLISHED = "UNPUBLISHED", "未发布", "尚无生效版本"
    PUBLISHED = "PUBLISHED", "已发布", "有现行版本"
    SUSPENDED = "SUSPENDED", "已停用", "知识管理员暂停使用，只显示标题与通知"
    EXPIRED = "EXPIRED", "已过期", "现行版本已过有效期"
    REVOKED = "REVOKED", "已撤销", "已撤销，读者所见由撤销原因决定"
    ARCHIVED = "ARCHIVED", "已归档", "已归档，不可再改"


TERMINAL = frozenset(
    {
        SubmissionState.EFFECTIVE,
        SubmissionState.WITHDRAWN,
        SubmissionState.VOIDED,
        SubmissionState.HQ_REJECTED,
        SubmissionState.SUPERSEDED,
        SubmissionState.CLOSED_STALE,
    }
)

# While it stands here (and was sent) headquarters has it before it, or has approved what is still to come.
HELD_BY_HQ = frozenset({SubmissionState.SUBMITTED, SubmissionState.PENDING_HQ, SubmissionState.SCHEDULED, SubmissionState.WITHDRAW_PENDING})

# Rule 3 counts these; WITHDRAW_PENDING only when it did not come from SCHEDULED. The store's partial unique index is
# written from this set.
COUNTED_AS_OPEN = frozenset(
    {
        SubmissionState.PENDING_REVIEW,
        SubmissionState.RETURNED,
        SubmissionState.APPROVED,
        SubmissionState.SUBMITTED,
        SubmissionState.PENDING_HQ,
        SubmissionState.HQ_RETURNED,
        SubmissionState.BASE_CONFLICT,
    }
)
