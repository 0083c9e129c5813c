"""Small synchronous clients of HQ's and a province's JSON APIs, for tests and the walk; they hold no state of their own."""

from __future__ import annotations

from kbsearch.sandbox.client.door import Door, SandboxApiError
from kbsearch.sandbox.client.hq_announcements import HqAnnouncements
from kbsearch.sandbox.client.hq_attachments import HqAttachments
from kbsearch.sandbox.client.hq_cases import HqCases
from kbsearch.sandbox.client.hq_feedback import HqFeedback
from kbsearch.sandbox.client.hq_knowledge import HqKnowledge
from kbsearch.sandbox.client.hq_messages import HqMessages
from kbsearch.sandbox.client.hq_sync import HqSync
from kbsearch.sandbox.client.hq_taxonomy import HqTaxonomy
from kbsearch.sandbox.client.province_announcements import ProvinceAnnouncements
from kbsearch.sandbox.client.province_feedback import ProvinceFeedback
from kbsearch.sandbox.client.province_knowledge import ProvinceKnowledge

__all__ = ["HqClient", "ProvinceClient", "SandboxApiError"]


class HqClient(HqCases, HqKnowledge, HqAnnouncements, HqFeedback, HqTaxonomy, HqSync, HqAttachments, HqMessages, Door):
    """一级客服系统. A case is one submission or one draft of HQ's own, as `GET /api/submissions/{id}` shows it."""


class ProvinceClient(ProvinceKnowledge, ProvinceAnnouncements, ProvinceFeedback, Door):
    """省公司CRM."""
