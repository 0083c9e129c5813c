"""The GraphQL texts of the walk about announcements, replies, receipts and notices; sends nothing."""

from __future__ import annotations

ANNOUNCEMENT = """
id rawId owner scope issuer { code name } urgency status statusText notice badges textHidden title body mustRead needsReply toReply
audience { organisations { code } people { personId name organisation { code } } }
localAudience { organisations { code } people { personId } }
currentVersion { id number contentHash material source distribution body }
history { number contentHash body }
recallReason lockVersion allowedActions
myReceipt { state signAgain proof }
receiptSummary { total pending read signed }
replies { rawId organisation { code } authorName ours late title body contentHash }
timeline { action actorKind actorName }
"""
# What a mutation's payload holds beside userErrors; documents.py takes them in.
PAYLOADS = {
    "releaseAnnouncement": f"announcement {{ {ANNOUNCEMENT} }}",
    "markAnnouncementRead": f"announcement {{ {ANNOUNCEMENT} }}",
    "signAnnouncement": f"announcement {{ {ANNOUNCEMENT} }}",
    "remindUnsigned": "announcement { rawId } reminded spared",
}
ANNOUNCEMENT_BY_ID = f"query($id: ID!) {{ announcement(id: $id) {{ {ANNOUNCEMENT} }} }}"
NODE = "query($id: ID!) { node(id: $id) { __typename } }"
SUGGEST = "query($text: String!) { suggest(text: $text, first: 20) { announcementId } }"
RECEIPTS = """query($id: ID!, $state: ReceiptState) { announcement(id: $id) { receipts(first: 100, state: $state) {
edges { node { person { login } state signAgain versionNumber proofValid } } } } }"""
MY_ANNOUNCEMENTS = """query($filter: AnnouncementFilter!, $after: String) { myAnnouncements(filter: $filter, first: 100, after: $after) {
edges { node { rawId title } } pageInfo { hasNextPage endCursor } } }"""
RECEIVED = """query($after: String) { receivedAnnouncements(first: 100, after: $after) {
edges { node { rawId } } pageInfo { hasNextPage endCursor } } }"""
REMIND = """mutation($input: RemindUnsignedInput!) { remindUnsigned(input: $input) { reminded spared userErrors { message } } }"""
MARK_READ = """mutation($input: MarkNoticesReadInput!) { markNoticesRead(input: $input) { count userErrors { message } } }"""
WHO = "query { me { person { id login name } unread { notices } } }"
UNREAD_NOTICES = "query { notices(unreadOnly: true, first: 100) { edges { node { id documentId kind title text nextStep } } } }"
