"""Registers the enums of the workflow and of search with their Chinese texts; adds no meaning of its own."""

from __future__ import annotations

from enum import Enum
from typing import Any

import strawberry

from kbsearch.errors import RefusalCode
from kbsearch.indexing.query import Lifecycle, Sort, Tier
from kbsearch.services.differences import ChangeKind
from kbsearch.services.reading import Badge
from kbsearch.store.tables import AlarmKind, CategoryOrigin, DocumentType, InboxStatus, OutboxStatus, VersionSource
from kbsearch.workflow.actions import Action, ActorKind, Role
from kbsearch.workflow.hq_decisions import Receipt
from kbsearch.workflow.knowledge import KnowledgeAction
from kbsearch.workflow.labels import Labelled
from kbsearch.workflow.reasons import ReturnReason, RevokeReason
from kbsearch.workflow.states import KnowledgeStatus, Owner, Scope, SubmissionKind, SubmissionState, Urgency


class SearchKind(Labelled):
    """What a hit is."""

    KNOWLEDGE = "KNOWLEDGE", "知识"
    ANNOUNCEMENT = "ANNOUNCEMENT", "公告"


_LABELLED: tuple[tuple[type[Labelled], str, str], ...] = (
    (Action, "SubmissionAction", "对申请的动作"),
    (ActorKind, "ActorKind", "谁做的"),
    (AlarmKind, "AlarmKind", "告警种类"),
    (Badge, "Badge", "知识的标记，由现状推出，不是状态"),
    (ChangeKind, "ChangeKind", "一段文字的变化"),
    (InboxStatus, "InboxStatus", "收件箱消息的结局"),
    (KnowledgeAction, "KnowledgeAction", "知识管理员对知识本身的动作"),
    (KnowledgeStatus, "KnowledgeStatus", "知识的状态，读者所见"),
    (OutboxStatus, "OutboxStatus", "发件箱报文的传输状态，与业务状态无关"),
    (Owner, "Owner", "知识归谁所有"),
    (Receipt, "HqReceiptResult", "答复总部的回执"),
    (ReturnReason, "ReturnReason", "退回或否决的原因"),
    (RevokeReason, "RevokeReason", "撤销的原因，决定读者此后所见"),
    (Role, "Role", "角色；一人可有多个"),
    (Scope, "Scope", "知识的范围"),
    (SearchKind, "SearchKind", "检索对象的种类"),
    (SubmissionKind, "SubmissionKind", "申请的种类"),
    (SubmissionState, "SubmissionState", "申请的状态"),
    (Urgency, "Urgency", "紧急程度"),
)
_PLAIN: tuple[tuple[type[Enum], str, str, dict[str, str]], ...] = (
    (
        CategoryOrigin,
        "CategoryOrigin",
        "栏目归谁",
        {"HQ": "总部栏目，只读", "LOCAL": "本地栏目"},
    ),
    (
        DocumentType,
        "DocumentType",
        "流转记录说的是什么",
        {
            "SUBMISSION": "申请",
            "KNOWLEDGE": "知识",
            "CATEGORY": "栏目",
            "PERSON": "人员",
            "INBOX": "收件箱消息",
            "OUTBOX": "发件箱报文",
        },
    ),
    (
        Lifecycle,
        "SearchLifecycle",
        "版本在所问时刻处于哪一段",
        {"CURRENT": "现行：在有效期内", "COMING": "待生效：生效时间在后", "PAST": "已失效：被取代、过期或撤销"},
    ),
    (
        RefusalCode,
        "UserErrorCode",
        "拒绝的种类",
        {
            "ILLEGAL_TRANSITION": "现在的状态不允许这个动作",
            "PERMISSION_DENIED": "没有权限",
            "STALE_OBJECT": "所见已旧，请刷新",
            "RULE_VIOLATED": "违反规则，见 rule",
            "NOT_FOUND": "找不到，或无权查看",
        },
    ),
    (
        Sort,
        "SearchSort",
        "检索结果的次序",
        {"RELEVANCE": "相关度", "NEWEST": "最新生效在前", "MOST_READ": "阅读最多在前"},
    ),
    (
        Tier,
        "SearchTier",
        "命中的层次；层次在前的总排在前",
        {"EXACT": "标题或关键词完全相同", "LEXICAL": "词语命中"},
    ),
    (
        VersionSource,
        "VersionSource",
        "版本的来历",
        {"SUBMISSION": "本系统的申请", "HQ_PUSH": "总部下发", "IMPORT": "存量导入"},
    ),
)


def _register(enum: Any, name: str, description: str, texts: dict[str, str]) -> None:
    strawberry.enum(enum, name=name, description=description)
    for value in enum.__strawberry_definition__.values:
        value.description = texts[value.name]


def register_enums() -> None:
    """Give every enum its name and texts; once is enough, more does no harm."""
    for labelled, name, description in _LABELLED:
        _register(labelled, name, description, {member.name: member.description for member in labelled})
    for plain, name, description, texts in _PLAIN:
        _register(plain, name, description, texts)
