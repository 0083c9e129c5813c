"""Registers the enums of the workflow and of search with their Chinese texts; adds no meaning of its own."""

from __future__ import annotations

from enum import Enum
from typing import Any

import strawberry

from kbsearch.errors import RefusalCode
from kbsearch.indexing.query import Lifecycle, Sort, Tier
from kbsearch.services.announcements.listing import AnnouncementFilter
from kbsearch.services.differences import ChangeKind
from kbsearch.services.dossier import DossierParty
from kbsearch.services.events import EventKind
from kbsearch.services.managers_report.steps import Judge, ReportStep
from kbsearch.services.reading import Badge
from kbsearch.store.tables import AlarmKind, CategoryOrigin, DocumentType, InboxStatus, NoticeAbout, OutboxStatus, VersionSource
from kbsearch.workflow.actions import Action, ActorKind, Role
from kbsearch.workflow.announcements import AnnouncementAction, AnnouncementBadge, AnnouncementStatus
from kbsearch.workflow.batches import BatchAction
from kbsearch.workflow.feedback import FeedbackAction, FeedbackOrigin, FeedbackState, Resolution
from kbsearch.workflow.hq_decisions import Receipt
from kbsearch.workflow.interim_notes import InterimNoteAction, InterimNoteState
from kbsearch.workflow.knowledge import KnowledgeAction
from kbsearch.workflow.labels import Labelled
from kbsearch.workflow.notices import NoticeKind
from kbsearch.workflow.reasons import ReturnReason, RevokeReason
from kbsearch.workflow.receipts import ReceiptState
from kbsearch.workflow.states import KnowledgeStatus, Owner, Scope, SubjectKind, SubmissionKind, SubmissionState, Urgency
from kbsearch.workflow.taxonomy import EffectKind
from kbsearch.workflow.version_sync import DifferenceKind, HeldStatus, RepairAction, SyncAction, SyncState


class SearchKind(Labelled):
    """What a hit is."""

    KNOWLEDGE = "KNOWLEDGE", "知识"
    ANNOUNCEMENT = "ANNOUNCEMENT", "公告"


_LABELLED: tuple[tuple[type[Labelled], str, str], ...] = (
    (Action, "SubmissionAction", "对申请的动作"),
    (ActorKind, "ActorKind", "谁做的"),
    (AlarmKind, "AlarmKind", "告警种类"),
    (AnnouncementAction, "AnnouncementAction", "知识管理员对公告本身的动作"),
    (AnnouncementBadge, "AnnouncementBadge", "公告的标记，由现状推出，不是状态"),
    (AnnouncementFilter, "AnnouncementFilter", "发给我的公告中的哪些"),
    (AnnouncementStatus, "AnnouncementStatus", "公告的状态，读者所见"),
    (BatchAction, "BatchAction", "对整个批次的动作"),
    (DossierParty, "DossierSystem", "全程记录中的一条出自哪一方"),
    (InterimNoteAction, "InterimNoteAction", "对临时口径的动作"),
    (InterimNoteState, "InterimNoteState", "临时口径的状态"),
    (Judge, "Judge", "谁裁定申请"),
    (ReportStep, "ReportStep", "发布周期中的一步"),
    (Badge, "Badge", "知识的标记，由现状推出，不是状态"),
    (ChangeKind, "ChangeKind", "一段文字的变化"),
    (EventKind, "EventKind", "一件事对所订阅的列表意味着什么"),
    (FeedbackAction, "FeedbackAction", "对知识反馈的动作"),
    (FeedbackOrigin, "FeedbackOrigin", "知识反馈的来源"),
    (FeedbackState, "FeedbackState", "知识反馈的状态"),
    (Resolution, "FeedbackResolution", "知识反馈的办结结果"),
    (InboxStatus, "InboxStatus", "收件箱消息的结局"),
    (KnowledgeAction, "KnowledgeAction", "知识管理员对知识本身的动作"),
    (KnowledgeStatus, "KnowledgeStatus", "知识的状态，读者所见"),
    (NoticeKind, "NoticeKind", "通知的种类"),
    (OutboxStatus, "OutboxStatus", "发件箱报文的传输状态，与业务状态无关"),
    (Owner, "Owner", "知识归谁所有"),
    (Receipt, "HqReceiptResult", "答复总部的回执"),
    (ReceiptState, "ReceiptState", "一个人对一个公告的签收状态"),
    (ReturnReason, "ReturnReason", "退回或否决的原因"),
    (RevokeReason, "RevokeReason", "撤销的原因，决定读者此后所见"),
    (Role, "Role", "角色；一人可有多个"),
    (Scope, "Scope", "知识的范围"),
    (SearchKind, "SearchKind", "检索对象的种类"),
    (SubjectKind, "SubjectKind", "申请说的是什么"),
    (SubmissionKind, "SubmissionKind", "申请的种类"),
    (SubmissionState, "SubmissionState", "申请的状态"),
    (DifferenceKind, "SyncDifferenceKind", "两边如何不同"),
    (EffectKind, "TaxonomyEffectKind", "知识结构下发对一个栏目做了什么"),
    (HeldStatus, "SyncHeldStatus", "比对所用的知识状态；停用与归档不计"),
    (RepairAction, "SyncRepairAction", "差异拟如何修复"),
    (SyncAction, "SyncAction", "对版本比对的动作"),
    (SyncState, "SyncState", "版本比对的进展"),
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
            "ANNOUNCEMENT": "公告",
            "REPLY": "公告回复",
            "FEEDBACK": "知识反馈",
            "INTERIM_NOTE": "临时口径",
            "BATCH": "批次",
            "SYNC_RUN": "版本同步",
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
        NoticeAbout,
        "NoticeAbout",
        "通知说的是什么",
        {
            "SUBMISSION": "申请",
            "KNOWLEDGE": "知识",
            "ANNOUNCEMENT": "公告",
            "FEEDBACK": "知识反馈",
            "INBOX": "收件箱消息",
        },
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
