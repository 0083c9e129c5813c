"""The walk's flows, one story a class, in the order they are walked.

A new flow is one file and one line in FLOWS. It is walked three ways: alone, on systems that run already, and while headquarters
misbehaves. Hence it takes its words from `stage.word()` in a fixed order, waits by `stage.until`, `stage.reaches` or with
`timeout=stage.patience` for whatever another system must do first, widens limits by `stage.within`, and looks only at what it made
itself. What it makes and walk/state/ does not show yet needs a noun there.
"""

from __future__ import annotations

from kbsearch.sandbox.walk.flows.announce import Announce
from kbsearch.sandbox.walk.flows.announce_changed import AnnouncementCorrected, AnnouncementRecalled, UrgentAnnouncement
from kbsearch.sandbox.walk.flows.announced import AnnouncedByHq, AnnouncedToSome
from kbsearch.sandbox.walk.flows.announced_through_hq import AnnouncedByPlatform, AnnouncedByProvince
from kbsearch.sandbox.walk.flows.answered import AnsweredByOthers
from kbsearch.sandbox.walk.flows.attached import Attached
from kbsearch.sandbox.walk.flows.feedback import FeedbackWithUpdate
from kbsearch.sandbox.walk.flows.feedback_from_agents import FeedbackFromAgents
from kbsearch.sandbox.walk.flows.feedback_without_update import FeedbackAnsweredByUs, FeedbackEndedByHq, FeedbackGivenBack
from kbsearch.sandbox.walk.flows.hq_made import MadeAtHq
from kbsearch.sandbox.walk.flows.lifetimes import Lifetimes
from kbsearch.sandbox.walk.flows.local_note import LocalNote
from kbsearch.sandbox.walk.flows.overtaken import Overtaken
from kbsearch.sandbox.walk.flows.publish import Publish
from kbsearch.sandbox.walk.flows.races import ApprovalBeforeReceipt, BaseConflict, ForgedAndRejected, RepeatedApproval
from kbsearch.sandbox.walk.flows.receipts import Receipts
from kbsearch.sandbox.walk.flows.reply import LateReply, RepliesSuperseded, Reply
from kbsearch.sandbox.walk.flows.revoke import Revoke
from kbsearch.sandbox.walk.flows.revoke_reasons import RevokeReasons
from kbsearch.sandbox.walk.flows.sent_to_own_authors import PublishAmended, RevokeAmended, UpdateAmended
from kbsearch.sandbox.walk.flows.standing import Suspension, Withdrawal
from kbsearch.sandbox.walk.flows.taxonomy import Taxonomy
from kbsearch.sandbox.walk.flows.told import ResultsTold
from kbsearch.sandbox.walk.flows.update import Update
from kbsearch.sandbox.walk.flows.version_sync import VersionSync
from kbsearch.sandbox.walk.stepping import Flow

FLOWS: tuple[type[Flow], ...] = (
    Taxonomy,
    Publish,
    PublishAmended,
    Update,
    UpdateAmended,
    Revoke,
    RevokeAmended,
    MadeAtHq,
    Announce,
    AnnouncementCorrected,
    AnnouncementRecalled,
    UrgentAnnouncement,
    LocalNote,
    AnnouncedByHq,
    AnnouncedToSome,
    AnnouncedByProvince,
    AnnouncedByPlatform,
    Overtaken,
    Receipts,
    Reply,
    LateReply,
    RepliesSuperseded,
    AnsweredByOthers,
    Attached,
    ResultsTold,
    FeedbackWithUpdate,
    FeedbackEndedByHq,
    FeedbackAnsweredByUs,
    FeedbackGivenBack,
    FeedbackFromAgents,
    VersionSync,
    Suspension,
    Lifetimes,
    RevokeReasons,
    Withdrawal,
    RepeatedApproval,
    ApprovalBeforeReceipt,
    BaseConflict,
    ForgedAndRejected,
)
