"""The interface's reason codes with their Chinese names (docs/hq-interface.md §2, §3); holds no logic."""

from __future__ import annotations

REASON_CODES = {
    "CONTENT_ERROR": "内容有误",
    "INCOMPLETE": "内容不全",
    "FORMAT": "格式不符",
    "DUPLICATE": "与已有知识重复",
    "WRONG_CATEGORY": "栏目不对",
    "NOT_NATIONWIDE": "不属全网知识",
    "SENSITIVE": "含敏感内容",
    "OTHER": "其他",
}
REVOKE_REASONS = {
    "PUBLISHED_IN_ERROR": "发布错误",
    "MERGED": "已合并",
    "SERVICE_RETIRED": "业务下线",
    "NO_LONGER_USEFUL": "内容无用",
}
