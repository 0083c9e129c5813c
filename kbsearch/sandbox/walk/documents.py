"""The GraphQL texts of the walk, one for each thing a person does or looks at; sends nothing."""

from __future__ import annotations

SUBMISSION = """
id rawId knowledgeRawId kind state stateText round baseNumber lockVersion submissionHash contentHash hqReference effectiveAt
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
id rawId owner scope status statusText notice textHidden title lockVersion badges revokeReason
category { rawId name }
currentVersion { number title body summary distribution contentHash source }
shownVersion { number title body textHidden }
comingVersions { number liveFrom }
history { number title body isCurrent distribution contentHash source }
timeline { documentType action actorKind actorName reasonText }
"""
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
    "issueToken": "token { id } clearToken",
    "revokeToken": "token { id }",
    "discardQuarantined": f"inboxMessage {{ {INBOX_ROW} }}",
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
totalCount edges { node { knowledge { id rawId } version { number title } } } } }"""
MY_WORK = "query { myWork(first: 100) { edges { node { id state } } } }"
REVIEW_QUEUE = "query { reviewQueue(first: 100) { edges { node { id state } } } }"
CATEGORIES = "query { categories { rawId name children { rawId name children { rawId name } } } }"
INBOX = f"""query($submission: String!) {{ inbox(first: 50, filter: {{submissionId: $submission}}) {{
edges {{ node {{ {INBOX_ROW} }} }} }} }}"""
ALARMS = "query { alarms(first: 50) { edges { node { kind subjectId message closedAt } } } }"
OUTBOX = """query($submission: String!) { outbox(first: 50, filter: {submissionId: $submission}) {
edges { node { kind status round destination } } } }"""
PEOPLE = "query { people(activeOnly: true, first: 100) { edges { node { id login name roles } } } }"
# Answers as soon as it is committed: whoever asks wants to be quicker than headquarters.
SUBMIT_QUICKLY = "mutation($input: SubmitToHqInput!) { submitToHq(input: $input) { submissions { id } userErrors { code message } } }"
