"""The typed reasons of returns, revocations and requests to let go, with their Chinese names."""

from __future__ import annotations

from kbsearch.workflow.labels import Labelled


class ReturnReason(Labelled):
    """Why a reviewer, here or at headquarters, sends a submission back."""

    CONTENT_ERROR = "CONTENT_ERROR", "内容有误"
    INCOMPLETE = "INCOMPLETE", "内容不全"
    FORMAT = "FORMAT", "格式不符"
    DUPLICATE = "DUPLICATE", "与已有知识重复"
    WRONG_CATEGORY = "WRONG_CATEGORY", "栏目不对"
    NOT_NATIONWIDE = "NOT_NATIONWIDE", "不属全网知识"
    SENSITIVE = "SENSITIVE", "含敏感内容"
    OTHER = "OTHER", "其他"


class RevokeReason(Labelled):
    """Why knowledge is revoked; decides what readers see afterwards."""

    PUBLISHED_IN_ERROR = "PUBLISHED_IN_ERROR", "发布错误", "正文隐藏，只留标题与通知"
    MERGED = "MERGED", "已合并", "指向替代知识"
    SERVICE_RETIRED = "SERVICE_RETIRED", "业务下线", "凭编号、历史仍可读，默认检索不出"
    NO_LONGER_USEFUL = "NO_LONGER_USEFUL", "内容无用", "凭编号、历史仍可读，默认检索不出"


class LetGoReason(Labelled):
    """Why headquarters is asked to let go of a submission."""

    AUTHOR_REQUEST = "AUTHOR_REQUEST", "申请人撤回", "须总部答复同意与否"
    VOIDED = "VOIDED", "已作废", "只告知，不须答复"
    BASE_CONFLICT = "BASE_CONFLICT", "版本冲突", "只告知，不须答复"
    SUPERSEDED = "SUPERSEDED", "已被取代", "只告知，不须答复"
