"""What can be done to a submission and who may do it; rights are this table and nothing else."""

from __future__ import annotations

from kbsearch.workflow.labels import Labelled


class Role(Labelled):
    """What a signed-in person may be. One person can hold several."""

    AGENT = "AGENT", "座席", "检索与阅读知识"
    AUTHOR = "AUTHOR", "知识生成人员", "起草发布、更新、撤销申请"
    REVIEWER = "REVIEWER", "知识管理员", "审核、提交总部、停用、处理隔离消息"
    OPERATOR = "OPERATOR", "运维", "看发件箱、收件箱、索引，重放死信；不能改变业务状态"
    ADMIN = "ADMIN", "管理员", "管理人员、令牌、本地栏目"


class ActorKind(Labelled):
    """Who acts, as the transition log tells it."""

    USER = "USER", "人员"
    SYSTEM = "SYSTEM", "系统"
    HQ = "HQ", "总部"


class Action(Labelled):
    """Everything that can happen to a submission."""

    CREATE = "CREATE", "起草", "新建申请"
    EDIT = "EDIT", "编辑", "修改内容；已有的审核通过因此作废"
    REBASE = "REBASE", "换基线", "以现行版本为新的基线，逐项取舍"
    SUBMIT_FOR_REVIEW = "SUBMIT_FOR_REVIEW", "提交审核", "冻结修订，交知识管理员"
    RECALL = "RECALL", "收回", "审核前收回到草稿"
    CLAIM = "CLAIM", "领取", "占住一段时间，状态不变"
    RELEASE = "RELEASE", "放回", "放回队列，状态不变"
    REASSIGN = "REASSIGN", "转派", "换作者或审核人，状态不变"
    APPROVE = "APPROVE", "审核通过"
    RETURN = "RETURN", "审核退回", "须有原因码与说明"
    SUBMIT_TO_HQ = "SUBMIT_TO_HQ", "提交总部", "写入发件箱"
    VOID = "VOID", "作废", "总部若已见过则告知"
    WITHDRAW = "WITHDRAW", "撤回", "已提交总部的须总部同意"
    HQ_ACKNOWLEDGE = "HQ_ACKNOWLEDGE", "总部接收"
    HQ_APPROVE = "HQ_APPROVE", "总部审批通过"
    HQ_RETURN = "HQ_RETURN", "总部退回"
    HQ_REJECT = "HQ_REJECT", "总部否决"
    HQ_GRANT_WITHDRAWAL = "HQ_GRANT_WITHDRAWAL", "总部同意撤回"
    HQ_REFUSE_WITHDRAWAL = "HQ_REFUSE_WITHDRAWAL", "总部不同意撤回"
    TAKE_EFFECT = "TAKE_EFFECT", "到期生效"
    BASE_MOVED = "BASE_MOVED", "基线变动", "现行版本在处理中变了"
    SUPERSEDE = "SUPERSEDE", "被取代", "所指知识已撤销，或总部内容已取代本申请"
    CLOSE_STALE = "CLOSE_STALE", "超时关闭"


# Who may run which action. An author's rights reach only the submissions assigned to them.
PERMITTED: dict[Action, frozenset[Role]] = {
    Action.CREATE: frozenset({Role.AUTHOR}),
    Action.EDIT: frozenset({Role.AUTHOR}),
    Action.REBASE: frozenset({Role.AUTHOR}),
    Action.SUBMIT_FOR_REVIEW: frozenset({Role.AUTHOR}),
    Action.RECALL: frozenset({Role.AUTHOR}),
    Action.CLAIM: frozenset({Role.REVIEWER}),
    Action.RELEASE: frozenset({Role.REVIEWER}),
    Action.REASSIGN: frozenset({Role.REVIEWER}),
    Action.APPROVE: frozenset({Role.REVIEWER}),
    Action.RETURN: frozenset({Role.REVIEWER}),
    Action.SUBMIT_TO_HQ: frozenset({Role.REVIEWER}),
    Action.VOID: frozenset({Role.AUTHOR, Role.REVIEWER}),
    Action.WITHDRAW: frozenset({Role.AUTHOR, Role.REVIEWER}),
}
HQ_ACTIONS = frozenset(a for a in Action if a.value.startswith("HQ_"))
SYSTEM_ACTIONS = frozenset({Action.TAKE_EFFECT, Action.BASE_MOVED, Action.SUPERSEDE, Action.CLOSE_STALE})


def may(roles: frozenset[Role], action: Action, *, is_author: bool) -> bool:
    """Whether a person with these roles may run `action` on a submission they do (`is_author`) or do not own."""
    granted = PERMITTED[action] & roles
    return bool(granted - {Role.AUTHOR}) or (Role.AUTHOR in granted and (is_author or action is Action.CREATE))
