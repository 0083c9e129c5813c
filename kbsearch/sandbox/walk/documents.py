"""The GraphQL texts of the walk, one for each thing a person does or looks at; sends nothing."""

from __future__ import annotations

from kbsearch.sandbox.walk import announcement_documents

SUBMISSION = """
id rawId knowledgeRawId subjectRawId subjectKind
kind state stateText round baseNumber lockVersion submissionHash contentHash hqReference effectiveAt
baseMoved withdrawalAsked revokeReason revokeText revokeAt distribution allowedActions
content { title body summary script keywords regions }
returns { action round by actorKind reasonCodes reasonText }
timeline { action actorKind actorName fromState toState round reasonCodes reasonText }
differencesToBase { field before after }
amendedByHq { field before after }
transport { kind round status }
acceptedVersion { number contentHash distribution createdAt }
"""
KNOWLEDGE = """
id rawId owner scope status statusText notice textHidden title lockVersion badges revokeReason allowedActions
category { rawId name } replacement { rawId }
currentVersion { number title body summary distribution contentHash source }
shownVersion { number title body textHidden }
comingVersions { number liveFrom }
history { number title body effectiveTo isCurrent distribution contentHash source }
timeline { documentType action actorKind actorName reasonText }
"""
FEEDBACK = """
id rawId origin hqId dispatch province provinceName versionNumber text opinion reporterName searchQuery state stateText
resolution resolutionText overdue lockVersion allowedActions
version { number body } resolvedVersion { number body } submission { id rawId } duplicateOf { hqId } handler { name }
timeline { action actorKind actorName fromState toState reasonCodes reasonText }
transport { kind status }
"""
SYNC_RUN = """
id rawId state stateText compared messages note lockVersion allowedActions
differences(first: 100) { edges { node { knowledgeRawId kind action chosen repairedAt } } }
timeline { action actorKind toState }
"""
TREE_EFFECT = "treeVersion effect effects(first: 100) { kind categoryRawId name before after items favourites openSubmissions }"
ERRORS = """userErrors { __typename code message field
... on VersionConflictError { lockVersion currentState submissionHash }
... on IllegalTransitionError { currentState allowedActions }
... on ValidationError { rule problems }
... on DuplicateError { rule existingId } }"""
INBOX_ROW = "id rawId webhookId kind status reason lockVersion submissionId"

# What a mutation's payload holds beside userErrors.
PAYLOADS = {
    "submitToHq": f"submissions {{ {SUBMISSION} }}",
    "suspendKnowledge": f"knowledge {{ {KNOWLEDGE} }}",
    "resumeKnowledge": f"knowledge {{ {KNOWLEDGE} }}",
    "archiveKnowledge": f"knowledge {{ {KNOWLEDGE} }}",
    "giveFeedback": f"feedback {{ {FEEDBACK} }}",
    "openUpdateFromFeedback": f"submission {{ {SUBMISSION} }}",
    "resolveFeedback": f"feedback {{ {FEEDBACK} }}",
    "compareWithHq": f"syncRun {{ {SYNC_RUN} }}",
    "applyRepair": f"syncRun {{ {SYNC_RUN} }}",
    "favourite": "knowledge { rawId }",
    "issueToken": "token { id } clearToken",
    "revokeToken": "token { id }",
    "discardQuarantined": f"inboxMessage {{ {INBOX_ROW} }}",
    **announcement_documents.PAYLOADS,
}


def mutation(name: str) -> str:
    """The text of one mutation; its input type is named after it."""
    payload = PAYLOADS.get(name, f"submission {{ {SUBMISSION} }}")
    return f"mutation($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ {payload} {ERRORS} }} }}"


SUBMISSION_BY_ID = f"query($id: ID!) {{ submission(id: $id) {{ {SUBMISSION} }} }}"
KNOWLEDGE_BY_ID = f"query($id: ID!) {{ knowledge(id: $id) {{ {KNOWLEDGE} }} }}"
DIFFERENCES = """query($id: ID!, $from: Int!, $to: Int!) {
knowledge(id: $id) { differences(from: $from, to: $to) { field before after } } }"""
SEARCH = """query($query: String!) { search(query: $query, first: 50) {
totalCount edges { node { knowledge { rawId } version { number } announcement { rawId } announcementVersion { number } } } } }"""
MY_WORK = "query { myWork(first: 100) { edges { node { id state } } } }"
REVIEW_QUEUE = "query { reviewQueue(first: 100) { edges { node { id state } } } }"
INBOX = f"""query($submission: String!) {{ inbox(first: 50, filter: {{submissionId: $submission}}) {{
edges {{ node {{ {INBOX_ROW} }} }} }} }}"""
ALARMS = "query { alarms(first: 50) { edges { node { kind subjectId message closedAt } } } }"
OUTBOX = """query($submission: String!) { outbox(first: 50, filter: {submissionId: $submission}) {
edges { node { kind status round destination } } } }"""
PEOPLE = "query { people(activeOnly: true, first: 100) { edges { node { id login name roles } } } }"
ME = "query { me { person { id } } }"
FEEDBACK_BY_ID = f"query($id: ID!) {{ feedback(id: $id) {{ {FEEDBACK} }} }}"
FEEDBACK_ON = f"""query($knowledge: ID!) {{
feedbackQueue(first: 50, filter: {{knowledgeId: $knowledge, states: [RECEIVED, IN_PROGRESS, RESOLVED]}}) {{
edges {{ node {{ {FEEDBACK} }} }} }} }}"""
MY_FEEDBACK = f"query {{ myFeedback(first: 50) {{ edges {{ node {{ {FEEDBACK} }} }} }} }}"
NOTICES = "query { notices(first: 100) { edges { node { kind documentId title text nextStep } } } }"
SYNC_RUN_BY_ID = f"query($id: ID!) {{ syncRun(id: $id) {{ {SYNC_RUN} }} }}"
CATEGORY_BY_ID = """query($id: ID!) { node(id: $id) { ... on Category {
rawId name origin retired mergedInto { rawId } path { name } children { rawId name } } } }"""
LOCAL_TREE = """query { categories { rawId name origin children { rawId name origin children { rawId name origin
children { rawId name origin } } } } }"""
TREE_HISTORY = f"query {{ taxonomyHistory(first: 5) {{ edges {{ node {{ {TREE_EFFECT} }} }} }} }}"
SEARCH_BELOW = """query($categories: [ID!]) { search(query: "", filter: {categoryIds: $categories}, first: 100) {
edges { node { knowledge { rawId } } } facets { category { count category { rawId name } } } } }"""
MY_FAVOURITES = "query { myFavourites(first: 100) { edges { node { knowledge { rawId category { rawId } } } } } }"
