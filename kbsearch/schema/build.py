"""Builds the one schema, guards every field by its rule, and prints the contract; runs nothing."""

from __future__ import annotations

from typing import Any

import strawberry
from graphql import GraphQLNamedType, GraphQLScalarType, GraphQLSchema, lexicographic_sort_schema, print_schema
from strawberry.schema.config import StrawberryConfig

from kbsearch.schema.fields import read_attribute
from kbsearch.schema.mutations.admin import AdminMutations
from kbsearch.schema.mutations.announcements import AnnouncementMutations
from kbsearch.schema.mutations.author import AuthorMutations
from kbsearch.schema.mutations.batches import BatchMutations
from kbsearch.schema.mutations.favourites import FavouriteMutations
from kbsearch.schema.mutations.feedback import FeedbackMutations
from kbsearch.schema.mutations.hq import HqMutations
from kbsearch.schema.mutations.interim_notes import InterimNoteMutations
from kbsearch.schema.mutations.knowledge import KnowledgeMutations
from kbsearch.schema.mutations.notices import NoticeMutations
from kbsearch.schema.mutations.operator import OperatorMutations
from kbsearch.schema.mutations.receipts import ReceiptMutations
from kbsearch.schema.mutations.reviewer import ReviewerMutations
from kbsearch.schema.mutations.syncing import SyncingMutations
from kbsearch.schema.queries.agent import AgentQueries
from kbsearch.schema.queries.announcements import AnnouncementQueries
from kbsearch.schema.queries.batches import BatchQueries
from kbsearch.schema.queries.desk import DeskQueries
from kbsearch.schema.queries.events import EventQueries
from kbsearch.schema.queries.favourites import FavouriteQueries
from kbsearch.schema.queries.feedback import FeedbackQueries
from kbsearch.schema.queries.interim_notes import InterimNoteQueries
from kbsearch.schema.queries.managers_report import ManagersReportQueries
from kbsearch.schema.queries.node import NodeQueries
from kbsearch.schema.queries.notices import NoticeQueries
from kbsearch.schema.queries.operations import OperationsQueries
from kbsearch.schema.queries.syncing import SyncingQueries
from kbsearch.schema.rules import RULES, Rule, apply_rules
from kbsearch.schema.scalars import BUILT_IN_DESCRIPTIONS, SCALARS
from kbsearch.schema.shortcuts import call_plain_resolvers_directly
from kbsearch.schema.subscriptions import Subscription
from kbsearch.schema.user_errors import ERROR_TYPES

# What a list without a page size is reckoned as by the cost limit (kbsearch.http.limits.HttpLimits.list_sizes).
LIST_SIZES = {
    "Announcement.badges": 3,
    "Announcement.badgeTexts": 3,
    "Announcement.comingVersions": 2,
    "Announcement.differences": 5,
    "Announcement.history": 5,
    "Announcement.replies": 20,
    "Announcement.replySubmissions": 3,
    "Announcement.submissions": 5,
    "Announcement.timeline": 15,
    "Audience.organisations": 10,
    "Audience.people": 10,
    "Batch.counts": 4,
    "Batch.submissions": 20,
    "Category.children": 6,  # a tree is wide only in places; five levels must fit in one query
    "Category.path": 4,
    "Content.attachmentFiles": 3,
    "FieldDifference.runs": 10,
    "DossierEntry.reasonLabels": 2,
    "Feedback.timeline": 5,
    "Feedback.transport": 2,
    "FeedbackStatistics.byProvince": 31,
    "FeedbackStatistics.topKnowledge": 10,
    "Knowledge.comingVersions": 2,
    "Knowledge.differences": 5,
    "Knowledge.feedback": 5,
    "Knowledge.history": 10,
    "LogEntry.reasonLabels": 2,
    "ManagersReport.firstPass": 2,
    "ManagersReport.overdue": 5,
    "ManagersReport.provinces": 31,
    "ManagersReport.returns": 10,
    "ManagersReport.steps": 7,
    "NoticeChannel.kinds": 6,
    "Query.categories": 2,
    "Query.destinations": 3,
    "Query.indexState": 2,
    "SearchFacets.kind": 2,
    "SearchFacets.owner": 2,
    "SearchHit.titleHighlights": 3,
    "SearchSnippet.highlights": 5,
    "Submission.amendedByHq": 5,
    "Submission.differencesToBase": 5,
    "Submission.differencesToCurrent": 5,
    "Submission.feedback": 2,
    "Submission.returns": 3,
    "Submission.revisions": 4,
    "Submission.timeline": 15,
    "Submission.transport": 5,
    "Suggestion.highlights": 1,
    "SyncRun.categories": 5,
    "SyncRun.counts": 6,
    "SyncRun.timeline": 5,
}


@strawberry.type(description="查询：什么也不改变（打开知识计一次阅读）")
class Query(
    NodeQueries,
    AgentQueries,
    DeskQueries,
    OperationsQueries,
    EventQueries,
    FeedbackQueries,
    SyncingQueries,
    AnnouncementQueries,
    NoticeQueries,
    FavouriteQueries,
    InterimNoteQueries,
    BatchQueries,
    ManagersReportQueries,
):
    """The root of queries."""


@strawberry.type(description="变更：一次请求一个；做成即已落库，没有做成则什么也没有写入")
class Mutation(
    AuthorMutations,
    ReviewerMutations,
    KnowledgeMutations,
    OperatorMutations,
    AdminMutations,
    HqMutations,
    FeedbackMutations,
    SyncingMutations,
    AnnouncementMutations,
    ReceiptMutations,
    NoticeMutations,
    FavouriteMutations,
    InterimNoteMutations,
    BatchMutations,
):
    """The root of mutations."""


def build_schema(rules: dict[str, Rule] | None = None) -> strawberry.Schema:
    """The executable schema; raises RuleMissingError when a field has no rule in `rules` (default: the table)."""
    config = StrawberryConfig(default_resolver=read_attribute, scalar_map=SCALARS)
    schema = strawberry.Schema(Query, Mutation, Subscription, types=ERROR_TYPES, config=config)
    core = core_schema(schema)
    for type_ in core.type_map.values():
        _describe_built_in(type_)
    call_plain_resolvers_directly(core)
    apply_rules(core, RULES if rules is None else rules)
    return schema


def core_schema(schema: strawberry.Schema) -> GraphQLSchema:
    """The graphql-core schema inside, which is what is executed, guarded and printed."""
    core: Any = schema._schema  # noqa: SLF001 - Strawberry has no public way to it
    if not isinstance(core, GraphQLSchema):
        raise TypeError("Strawberry keeps its executable schema elsewhere now")
    return core


def _describe_built_in(type_: GraphQLNamedType) -> None:
    if isinstance(type_, GraphQLScalarType) and type_.name in BUILT_IN_DESCRIPTIONS:
        type_.description = BUILT_IN_DESCRIPTIONS[type_.name]


def print_sorted_sdl(schema: strawberry.Schema | None = None) -> str:
    """The contract as sorted SDL, the same text for the same schema."""
    return print_schema(lexicographic_sort_schema(core_schema(schema or build_schema()))) + "\n"
