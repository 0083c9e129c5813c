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
    STEWARD = ("STEWARD", frozenset({Role.OPERATOR, Role.REVIEWER, Role.ADMIN}), "运维、知识管理员或管理员")
    AUTHOR_REVIEWER_OR_OPERATOR = (
        "AUTHOR_REVIEWER_OR_OPERATOR",
        frozenset({Role.AUTHOR, Role.REVIEWER, Role.OPERATOR}),
        "知识生成人员、知识管理员或运维",
    )
    REVIEWER_OR_ADMIN = ("REVIEWER_OR_ADMIN", frozenset({Role.REVIEWER, Role.ADMIN}), "知识管理员或管理员")
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
    "Query.eventCursor":      R.ANYONE_SIGNED_IN,
    "Query.announcement":     R.AGENT,  # whom it is for: store/visibility.py
    "Query.myAnnouncements":  R.AGENT,
    "Query.issuedAnnouncements":   R.AUTHOR_OR_REVIEWER,
    "Query.receivedAnnouncements": R.REVIEWER,
    "Query.notices":          R.ANYONE_SIGNED_IN,  # one's own
    "Query.myFavourites":     R.AGENT,
    "Query.changedSinceLastRead": R.AGENT,
    "Query.recentSearches":   R.AGENT,
    "Query.feedback":         R.AGENT,  # one's own; authors and reviewers more: store/visibility.py
    "Query.myFeedback":       R.AGENT,
    # -- queries: authors and reviewers
    "Query.submission":       R.AUTHOR_OR_REVIEWER,
    "Query.myWork":           R.AUTHOR,
    "Query.reviewQueue":      R.REVIEWER,
    "Query.colleagues":       R.REVIEWER,
    "Query.interimNotes":     R.AUTHOR_OR_REVIEWER,
    "Query.batch":            R.AUTHOR_OR_REVIEWER,
    "Query.batches":          R.AUTHOR_OR_REVIEWER,
    "Query.managersReport":   R.REVIEWER_OR_ADMIN,
    "Query.feedbackQueue":    R.REVIEWER,
    "Query.feedbackStatistics": R.REVIEWER,
    # -- queries: operators and admins
    "Query.outbox":           R.OPERATOR,
    "Query.outboxMessage":    R.OPERATOR,
    "Query.inbox":            R.OPERATOR_OR_REVIEWER,
    "Query.inboxMessage":     R.OPERATOR_OR_REVIEWER,
    "Query.alarms":           R.OPERATOR_OR_REVIEWER,
    "Query.indexState":       R.OPERATOR,
    "Query.destinations":     R.OPERATOR,
    "Query.syncRuns":         R.OPERATOR_OR_REVIEWER,
    "Query.syncRun":          R.OPERATOR_OR_REVIEWER,
    "Query.taxonomyHistory":  R.STEWARD,
    "Query.people":           R.ADMIN,
    "Query.tokens":           R.ADMIN,
    # -- mutations: everyone who signs in
    "Mutation.recordClick":        R.AGENT,
    "Mutation.giveFeedback":       R.AGENT,
    "Mutation.favourite":          R.AGENT,
    "Mutation.unfavourite":        R.AGENT,
    "Mutation.markNoticesRead":    R.ANYONE_SIGNED_IN,
    "Mutation.setNoticeChannel":   R.ANYONE_SIGNED_IN,
    # -- mutations on receipts: whom the announcement is for, and who answers for it, is the operation's rule
    "Mutation.markAnnouncementRead": R.AGENT,
    "Mutation.signAnnouncement":     R.AGENT,
    "Mutation.remindUnsigned":       R.AUTHOR_OR_REVIEWER,
    # -- mutations on submissions: as workflow/actions.py permits them (a test compares); whose they are is the workflow's rule
    "Mutation.draftPublish":       R.AUTHOR,
    "Mutation.draftUpdate":        R.AUTHOR,
    "Mutation.draftRevoke":        R.AUTHOR,
    "Mutation.draftRenewal":       R.AUTHOR,
    "Mutation.draftAnnouncement":  R.AUTHOR,
    "Mutation.draftCorrection":    R.AUTHOR,
    "Mutation.draftRecall":        R.AUTHOR,
    "Mutation.draftReply":         R.AUTHOR,
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
    "Mutation.releaseAnnouncement": R.REVIEWER,
    "Mutation.suspendKnowledge":   R.REVIEWER,
    "Mutation.resumeKnowledge":    R.REVIEWER,
    "Mutation.archiveKnowledge":   R.REVIEWER,
    "Mutation.markStillInUse":     R.REVIEWER,
    # -- mutations on batches: as workflow/batches.py permits them
    "Mutation.draftBatch":            R.AUTHOR,
    "Mutation.addToBatch":            R.AUTHOR,
    "Mutation.removeFromBatch":       R.AUTHOR,
    "Mutation.submitBatchForReview":  R.AUTHOR,
    "Mutation.approveBatch":          R.REVIEWER,
    "Mutation.submitBatchToHq":       R.REVIEWER,
    # -- mutations on interim notes: as workflow/interim_notes.py permits them (a test compares)
    "Mutation.writeInterimNote":      R.AUTHOR,
    "Mutation.resubmitInterimNote":   R.AUTHOR,
    "Mutation.withdrawInterimNote":   R.AUTHOR,
    "Mutation.approveInterimNote":    R.REVIEWER,
    "Mutation.returnInterimNote":     R.REVIEWER,
    "Mutation.endInterimNote":        R.REVIEWER,
    "Mutation.applyQuarantined":   R.REVIEWER,
    "Mutation.discardQuarantined": R.REVIEWER,
    # -- mutations on feedback: as workflow/feedback.py permits them (a test compares)
    "Mutation.openUpdateFromFeedback":   R.REVIEWER,
    "Mutation.linkFeedbackToSubmission": R.REVIEWER,
    "Mutation.unlinkFeedback":           R.REVIEWER,
    "Mutation.resolveFeedback":          R.REVIEWER,
    "Mutation.reassignFeedback":         R.REVIEWER,
    # -- mutations on comparisons with headquarters
    "Mutation.compareWithHq":  R.OPERATOR_OR_REVIEWER,
    "Mutation.applyRepair":    R.REVIEWER,
    "Mutation.discardSync":    R.REVIEWER,
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
    "Mutation.hqPublishAnnouncement": R.HQ,
    "Mutation.hqCorrectAnnouncement": R.HQ,
    "Mutation.hqRecallAnnouncement":  R.HQ,
    "Mutation.hqDeliverReply":        R.HQ,
    "Mutation.hqAnswerDigest":   R.HQ,
    "Mutation.hqDispatchFeedback": R.HQ,
    # -- subscriptions: judged when they begin and again for every event
    "Subscription.reviewQueue": R.REVIEWER,
    "Subscription.myWork":      R.AUTHOR,
    "Subscription.announcements": R.AGENT,
    "Subscription.notices":     R.ANYONE_SIGNED_IN,
    # -- fields stricter than their parent
    "Person.tokens":         R.ADMIN,
    "Knowledge.submissions": R.AUTHOR_OR_REVIEWER,
    "Knowledge.dossier":     R.AUTHOR_REVIEWER_OR_OPERATOR,
    "Announcement.dossier":  R.AUTHOR_REVIEWER_OR_OPERATOR,
    "Announcement.submissions":      R.AUTHOR_OR_REVIEWER,
    "Announcement.replySubmissions": R.AUTHOR_OR_REVIEWER,
    "Knowledge.feedback":    R.AUTHOR_OR_REVIEWER,
    # -- objects are reached only through what is ruled above
    "Alarm.*": R.PARENT, "AlarmConnection.*": R.PARENT, "AlarmEdge.*": R.PARENT,
    "ApiToken.*": R.PARENT, "ApiTokenConnection.*": R.PARENT, "ApiTokenEdge.*": R.PARENT,
    "Addressee.*": R.PARENT, "Announcement.*": R.PARENT, "AnnouncementConnection.*": R.PARENT, "AnnouncementEdge.*": R.PARENT,
    "AnnouncementPayload.*": R.PARENT, "AnnouncementReply.*": R.PARENT, "AnnouncementTerms.*": R.PARENT,
    "AnnouncementVersion.*": R.PARENT, "Audience.*": R.PARENT, "Organisation.*": R.PARENT,
    "Attachment.*": R.PARENT,
    "Batch.*": R.PARENT, "BatchConnection.*": R.PARENT, "BatchEdge.*": R.PARENT, "BatchPayload.*": R.PARENT, "BatchStateCount.*": R.PARENT,
    "DossierConnection.*": R.PARENT, "DossierEdge.*": R.PARENT, "DossierEntry.*": R.PARENT, "ReceivedMessage.*": R.PARENT,
    "FirstPassRate.*": R.PARENT, "ManagersReport.*": R.PARENT, "OverdueCount.*": R.PARENT, "ProvinceCoverage.*": R.PARENT,
    "ReturnCount.*": R.PARENT, "StepDuration.*": R.PARENT, "UnsignedShare.*": R.PARENT,
    "InterimNote.*": R.PARENT, "InterimNoteConnection.*": R.PARENT, "InterimNoteEdge.*": R.PARENT, "InterimNotePayload.*": R.PARENT,
    "Category.*": R.PARENT, "CategoryFacetCount.*": R.PARENT, "CategoryPayload.*": R.PARENT,
    "Citation.*": R.PARENT, "Content.*": R.PARENT, "Destination.*": R.PARENT,
    "DuplicateError.*": R.PARENT, "FacetCount.*": R.PARENT, "FieldDifference.*": R.PARENT,
    "Feedback.*": R.PARENT, "FeedbackConnection.*": R.PARENT, "FeedbackCount.*": R.PARENT, "FeedbackEdge.*": R.PARENT,
    "FeedbackPayload.*": R.PARENT, "FeedbackStatistics.*": R.PARENT, "KnowledgeFeedbackCount.*": R.PARENT,
    "OpenUpdateFromFeedbackPayload.*": R.PARENT,
    "HqReceipt.*": R.PARENT, "HqReceiptPayload.*": R.PARENT, "IllegalTransitionError.*": R.PARENT,
    "InboxMessage.*": R.PARENT, "InboxMessageConnection.*": R.PARENT, "InboxMessageEdge.*": R.PARENT, "InboxMessagePayload.*": R.PARENT,
    "IndexState.*": R.PARENT, "IssueTokenPayload.*": R.PARENT,
    "Knowledge.*": R.PARENT, "KnowledgePayload.*": R.PARENT, "KnowledgeVersion.*": R.PARENT,
    "AnnouncementEvent.*": R.PARENT, "ChangedDocument.*": R.PARENT,
    "Favourite.*": R.PARENT, "FavouriteConnection.*": R.PARENT, "FavouriteEdge.*": R.PARENT, "FavouritePayload.*": R.PARENT,
    "MarkNoticesReadPayload.*": R.PARENT, "MyReceipt.*": R.PARENT,
    "Notice.*": R.PARENT, "NoticeChannel.*": R.PARENT, "NoticeConnection.*": R.PARENT, "NoticeEdge.*": R.PARENT,
    "NoticeEvent.*": R.PARENT, "ReadingChange.*": R.PARENT, "ReceiptConnection.*": R.PARENT, "ReceiptEdge.*": R.PARENT,
    "ReceiptLine.*": R.PARENT, "ReceiptPayload.*": R.PARENT, "ReceiptSummary.*": R.PARENT, "RecentSearch.*": R.PARENT,
    "RemindUnsignedPayload.*": R.PARENT, "SetNoticeChannelPayload.*": R.PARENT, "Unread.*": R.PARENT,
    "LogEntry.*": R.PARENT, "NotFoundError.*": R.PARENT,
    "OutboxMessage.*": R.PARENT, "OutboxMessageConnection.*": R.PARENT, "OutboxMessageEdge.*": R.PARENT, "OutboxMessagePayload.*": R.PARENT,
    "PageInfo.*": R.PARENT, "PermissionError.*": R.PARENT,
    "Person.*": R.PARENT, "PersonConnection.*": R.PARENT, "PersonEdge.*": R.PARENT, "PersonPayload.*": R.PARENT,
    "RecordClickPayload.*": R.PARENT, "ReplayDeadLettersPayload.*": R.PARENT, "Revision.*": R.PARENT,
    "SearchConnection.*": R.PARENT, "SearchEdge.*": R.PARENT, "SearchFacets.*": R.PARENT, "SearchHit.*": R.PARENT,
    "SearchSnippet.*": R.PARENT,
    "Submission.*": R.PARENT, "SubmissionConnection.*": R.PARENT, "SubmissionEdge.*": R.PARENT, "SubmissionEvent.*": R.PARENT,
    "SubmissionPayload.*": R.PARENT,
    "SubmissionReturn.*": R.PARENT, "SubmitToHqPayload.*": R.PARENT, "Suggestion.*": R.PARENT,
    "SyncDifference.*": R.PARENT, "SyncDifferenceConnection.*": R.PARENT, "SyncDifferenceCount.*": R.PARENT,
    "SyncDifferenceEdge.*": R.PARENT, "SyncRun.*": R.PARENT, "SyncRunConnection.*": R.PARENT, "SyncRunEdge.*": R.PARENT,
    "SyncRunPayload.*": R.PARENT, "SyncSide.*": R.PARENT,
    "TaxonomyEffect.*": R.PARENT, "TaxonomyVersion.*": R.PARENT, "TaxonomyVersionConnection.*": R.PARENT,
    "TaxonomyVersionEdge.*": R.PARENT,
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
        root = name.startswith(("Query.", "Mutation.", "Subscription."))
        if rule is Rule.PARENT and root:
            raise RuleMissingError(f"{name} has no parent that could have been judged")
        if rule is Rule.PARENT:
            continue
        if name.startswith("Mutation."):
            field.resolve = _guarded_mutation(field, rule)
        elif is_non_null_type(field.type):
            raise RuleMissingError(f"{name} can be refused and must be nullable")
        else:
            field.resolve = _guarded(_resolver(field), rule)
            if field.subscribe is not None:
                field.subscribe = _guarded(field.subscribe, rule)


def _guarded(resolve: Callable[..., Any], rule: Rule) -> Callable[..., Any]:
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
