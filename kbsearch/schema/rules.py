"""Who may resolve which field, as one table, and its application to the built schema: what has no rule does not build."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema, get_named_type, is_non_null_type

from kbsearch.errors import Refusal, RefusalCode, Refused
from kbsearch.schema.context import RequestContext
from kbsearch.schema.user_errors import user_errors
from kbsearch.workflow.actions import Role


class Rule(Enum):
    """Whoever meets it may resolve the field; PARENT means visible because its parent was."""

    PARENT = ("PARENT", None, "")
    ANYONE_SIGNED_IN = ("ANYONE_SIGNED_IN", frozenset(Role), "登录的人员")
    AGENT = ("AGENT", frozenset(Role), "登录的人员")
    AUTHOR = ("AUTHOR", frozenset({Role.AUTHOR}), "知识生成人员")
    REVIEWER = ("REVIEWER", frozenset({Role.REVIEWER}), "知识管理员")
    AUTHOR_OR_REVIEWER = ("AUTHOR_OR_REVIEWER", frozenset({Role.AUTHOR, Role.REVIEWER}), "知识生成人员或知识管理员")
    OPERATOR = ("OPERATOR", frozenset({Role.OPERATOR}), "运维")
    OPERATOR_OR_REVIEWER = ("OPERATOR_OR_REVIEWER", frozenset({Role.OPERATOR, Role.REVIEWER}), "运维或知识管理员")
    ADMIN = ("ADMIN", frozenset({Role.ADMIN}), "管理员")
    HQ = ("HQ", None, "一级客服系统（签名的请求）")

    def __init__(self, code: str, roles: frozenset[Role] | None, who: str) -> None:
        self.code, self.roles, self.who = code, roles, who

    def refusal(self, context: RequestContext) -> Refusal | None:
        """None when the caller meets the rule."""
        if self is Rule.HQ:
            return None if context.delivery is not None else _denied(f"这只供{self.who}使用。")
        if context.delivery is not None:
            return _denied("签名的请求只能使用总部的接口，不能做别的。")
        if context.actor is None:
            return _denied("请先登录：在 authorization 请求头里带上 Bearer 令牌。")
        # Signed in is enough for what everybody may do, even with a token of no roles.
        if self is Rule.ANYONE_SIGNED_IN or self is Rule.AGENT or context.has(*(self.roles or ())):
            return None
        return _denied(f"您没有权限：这须由{self.who}来做。")


def _denied(message: str) -> Refusal:
    return Refusal(RefusalCode.PERMISSION_DENIED, message)


R = Rule
# fmt: off
RULES: dict[str, Rule] = {
    # -- queries: everyone who signs in
    "Query.me":               R.ANYONE_SIGNED_IN,
    "Query.node":             R.ANYONE_SIGNED_IN,  # each kind by its own rule: queries/node.py
    "Query.nodes":            R.ANYONE_SIGNED_IN,
    "Query.search":           R.AGENT,
    "Query.suggest":          R.AGENT,
    "Query.knowledge":        R.AGENT,
    "Query.categories":       R.AGENT,
    "Query.newest":           R.AGENT,
    "Query.mostRead":         R.AGENT,
    # -- queries: authors and reviewers
    "Query.submission":       R.AUTHOR_OR_REVIEWER,
    "Query.myWork":           R.AUTHOR,
    "Query.reviewQueue":      R.REVIEWER,
    "Query.colleagues":       R.REVIEWER,
    # -- queries: operators and admins
    "Query.outbox":           R.OPERATOR,
    "Query.outboxMessage":    R.OPERATOR,
    "Query.inbox":            R.OPERATOR_OR_REVIEWER,
    "Query.inboxMessage":     R.OPERATOR_OR_REVIEWER,
    "Query.alarms":           R.OPERATOR_OR_REVIEWER,
    "Query.indexState":       R.OPERATOR,
    "Query.destinations":     R.OPERATOR,
    "Query.people":           R.ADMIN,
    "Query.tokens":           R.ADMIN,
    # -- mutations: everyone who signs in
    "Mutation.recordClick":        R.AGENT,
    # -- mutations on submissions: as workflow/actions.py permits them (a test compares); whose they are is the workflow's rule
    "Mutation.draftPublish":       R.AUTHOR,
    "Mutation.draftUpdate":        R.AUTHOR,
    "Mutation.draftRevoke":        R.AUTHOR,
    "Mutation.editSubmission":     R.AUTHOR,
    "Mutation.editRevocation":     R.AUTHOR,
    "Mutation.rebaseSubmission":   R.AUTHOR,
    "Mutation.submitForReview":    R.AUTHOR,
    "Mutation.recallSubmission":   R.AUTHOR,
    "Mutation.withdrawSubmission": R.AUTHOR_OR_REVIEWER,
    "Mutation.voidSubmission":     R.AUTHOR_OR_REVIEWER,
    "Mutation.claimSubmission":    R.REVIEWER,
    "Mutation.releaseSubmission":  R.REVIEWER,
    "Mutation.approveSubmission":  R.REVIEWER,
    "Mutation.returnSubmission":   R.REVIEWER,
    "Mutation.submitToHq":         R.REVIEWER,
    "Mutation.reassignSubmission": R.REVIEWER,
    # -- mutations: reviewers
    "Mutation.suspendKnowledge":   R.REVIEWER,
    "Mutation.resumeKnowledge":    R.REVIEWER,
    "Mutation.archiveKnowledge":   R.REVIEWER,
    "Mutation.applyQuarantined":   R.REVIEWER,
    "Mutation.discardQuarantined": R.REVIEWER,
    # -- mutations: operators
    "Mutation.replayOutboxMessage": R.OPERATOR,
    "Mutation.replayDeadLetters":   R.OPERATOR,
    # -- mutations: admins
    "Mutation.createPerson":   R.ADMIN,
    "Mutation.updatePerson":   R.ADMIN,
    "Mutation.issueToken":     R.ADMIN,
    "Mutation.revokeToken":    R.ADMIN,
    "Mutation.createCategory": R.ADMIN,
    "Mutation.updateCategory": R.ADMIN,
    "Mutation.retireCategory": R.ADMIN,
    # -- mutations: headquarters, by signature
    "Mutation.hqAcknowledge":    R.HQ,
    "Mutation.hqApprove":        R.HQ,
    "Mutation.hqReturn":         R.HQ,
    "Mutation.hqReject":         R.HQ,
    "Mutation.hqWithdrawResult": R.HQ,
    "Mutation.hqPushVersion":    R.HQ,
    "Mutation.hqPushRevocation": R.HQ,
    "Mutation.hqPushTaxonomy":   R.HQ,
    # -- fields stricter than their parent
    "Person.tokens":         R.ADMIN,
    "Knowledge.submissions": R.AUTHOR_OR_REVIEWER,
    # -- objects are reached only through what is ruled above
    "Alarm.*": R.PARENT, "AlarmConnection.*": R.PARENT, "AlarmEdge.*": R.PARENT,
    "ApiToken.*": R.PARENT, "ApiTokenConnection.*": R.PARENT, "ApiTokenEdge.*": R.PARENT,
    "Category.*": R.PARENT, "CategoryFacetCount.*": R.PARENT, "CategoryPayload.*": R.PARENT,
    "Citation.*": R.PARENT, "Content.*": R.PARENT, "Destination.*": R.PARENT,
    "DuplicateError.*": R.PARENT, "FacetCount.*": R.PARENT, "FieldDifference.*": R.PARENT,
    "HqReceipt.*": R.PARENT, "HqReceiptPayload.*": R.PARENT, "IllegalTransitionError.*": R.PARENT,
    "InboxMessage.*": R.PARENT, "InboxMessageConnection.*": R.PARENT, "InboxMessageEdge.*": R.PARENT, "InboxMessagePayload.*": R.PARENT,
    "IndexState.*": R.PARENT, "IssueTokenPayload.*": R.PARENT,
    "Knowledge.*": R.PARENT, "KnowledgePayload.*": R.PARENT, "KnowledgeVersion.*": R.PARENT,
    "LogEntry.*": R.PARENT, "NotFoundError.*": R.PARENT,
    "OutboxMessage.*": R.PARENT, "OutboxMessageConnection.*": R.PARENT, "OutboxMessageEdge.*": R.PARENT, "OutboxMessagePayload.*": R.PARENT,
    "PageInfo.*": R.PARENT, "PermissionError.*": R.PARENT,
    "Person.*": R.PARENT, "PersonConnection.*": R.PARENT, "PersonEdge.*": R.PARENT, "PersonPayload.*": R.PARENT,
    "RecordClickPayload.*": R.PARENT, "ReplayDeadLettersPayload.*": R.PARENT, "Revision.*": R.PARENT,
    "SearchConnection.*": R.PARENT, "SearchEdge.*": R.PARENT, "SearchFacets.*": R.PARENT, "SearchHit.*": R.PARENT,
    "SearchSnippet.*": R.PARENT,
    "Submission.*": R.PARENT, "SubmissionConnection.*": R.PARENT, "SubmissionEdge.*": R.PARENT, "SubmissionPayload.*": R.PARENT,
    "SubmissionReturn.*": R.PARENT, "SubmitToHqPayload.*": R.PARENT, "Suggestion.*": R.PARENT,
    "TextRun.*": R.PARENT, "TextSpan.*": R.PARENT, "TokenPayload.*": R.PARENT, "Transport.*": R.PARENT,
    "ValidationError.*": R.PARENT, "VersionConflictError.*": R.PARENT, "Viewer.*": R.PARENT,
}
# fmt: on


class RuleMissingError(Exception):
    """A field nobody decided about, a rule for a field that does not exist, or one that could not be refused."""


def field_rules(schema: GraphQLSchema, rules: dict[str, Rule]) -> Iterator[tuple[str, GraphQLField, Rule]]:
    """Every field of every object type with its rule; raises RuleMissingError naming all that have none."""
    missing: list[str] = []
    for type_name, type_ in sorted(schema.type_map.items()):
        if type_name.startswith("__") or not isinstance(type_, GraphQLObjectType):
            continue
        for field_name, field in sorted(type_.fields.items()):
            name = f"{type_name}.{field_name}"
            rule = rules.get(name) or rules.get(f"{type_name}.*")
            if rule is None:
                missing.append(name)
            else:
                yield name, field, rule
    if missing:
        raise RuleMissingError(f"no rule in kbsearch/schema/rules.py for: {', '.join(missing)}")


def apply_rules(schema: GraphQLSchema, rules: dict[str, Rule]) -> None:
    """Guard every field whose rule is not PARENT; anything unruled, unknown or impossible to refuse does not build."""
    ruled = list(field_rules(schema, rules))
    used = {name for name, _, _ in ruled} | {f"{name.partition('.')[0]}.*" for name, _, _ in ruled}
    unknown = sorted(set(rules) - used)
    if unknown:
        raise RuleMissingError(f"rules for what does not exist: {', '.join(unknown)}")
    for name, field, rule in ruled:
        root = name.startswith(("Query.", "Mutation."))
        if rule is Rule.PARENT and root:
            raise RuleMissingError(f"{name} has no parent that could have been judged")
        if rule is Rule.PARENT:
            continue
        if name.startswith("Mutation."):
            field.resolve = _guarded_mutation(field, rule)
        elif is_non_null_type(field.type):
            raise RuleMissingError(f"{name} can be refused and must be nullable")
        else:
            field.resolve = _guarded(field, rule)


def _guarded(field: GraphQLField, rule: Rule) -> Callable[..., Any]:
    resolve = _resolver(field)

    def guarded(source: Any, info: Any, **arguments: Any) -> Any:
        refusal = rule.refusal(info.context)
        if refusal is not None:
            raise Refused(refusal)
        return resolve(source, info, **arguments)

    return guarded


def _guarded_mutation(field: GraphQLField, rule: Rule) -> Callable[..., Any]:
    """A refused mutation answers its payload: nothing but userErrors."""
    resolve = _resolver(field)
    payload = get_named_type(field.type).extensions["strawberry-definition"].origin

    def guarded(source: Any, info: Any, **arguments: Any) -> Any:
        refusal = rule.refusal(info.context)
        if refusal is not None:
            return payload(user_errors=user_errors(Refused(refusal)))
        return resolve(source, info, **arguments)

    return guarded


def _resolver(field: GraphQLField) -> Callable[..., Any]:
    if field.resolve is None:
        raise RuleMissingError("a field without a resolver cannot be guarded")
    return field.resolve
