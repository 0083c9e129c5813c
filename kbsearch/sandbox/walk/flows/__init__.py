"""The walk's flows, one story a class, in the order they are walked."""

from __future__ import annotations

from kbsearch.sandbox.walk.flows.hq_made import MadeAtHq
from kbsearch.sandbox.walk.flows.publish import Publish
from kbsearch.sandbox.walk.flows.races import ApprovalBeforeReceipt, BaseConflict, ForgedAndRejected, RepeatedApproval
from kbsearch.sandbox.walk.flows.revoke import Revoke
from kbsearch.sandbox.walk.flows.sent_to_own_authors import PublishAmended, RevokeAmended, UpdateAmended
from kbsearch.sandbox.walk.flows.standing import Suspension, Taxonomy, Withdrawal
from kbsearch.sandbox.walk.flows.update import Update
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
    Suspension,
    Withdrawal,
    RepeatedApproval,
    ApprovalBeforeReceipt,
    BaseConflict,
    ForgedAndRejected,
)
