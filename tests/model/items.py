"""What reviewers do to a knowledge item itself in the model: suspend, resume, archive; submissions are elsewhere."""

from __future__ import annotations

from .ledger import Ledger
from .people import APPLIED, ILLEGAL_TRANSITION, NOT_FOUND, PERMISSION_DENIED, RULE_VIOLATED
from .things import Scope, Suspension
from .timeline import status


class ItemActions(Ledger):
    """Each method returns APPLIED or the code of a refusal."""

    def suspend(self, actor: str, kid: str, reason: str = "核实中") -> str:
        """停用: one reviewer's brake on what is in force; 72 h on 全网, HQ told."""
        if refusal := self._item_refused(actor, kid, {"PUBLISHED"}):
            return refusal
        if not reason:
            return RULE_VIOLATED
        item = self.knowledge[kid]
        national = item.scope is Scope.NATIONAL
        item.suspension = Suspension(self.now, self.now + self.policy.suspend_max if national else None)
        if national:
            self.send("suspension.notice", kid, None, "true")
        return APPLIED

    def resume(self, actor: str, kid: str) -> str:
        """恢复."""
        if refusal := self._item_refused(actor, kid, {"SUSPENDED"}):
            return refusal
        self.end_suspension(self.knowledge[kid])
        return APPLIED

    def archive(self, actor: str, kid: str) -> str:
        """归档, final, from REVOKED or EXPIRED."""
        if refusal := self._item_refused(actor, kid, {"REVOKED", "EXPIRED"}):
            return refusal
        self.knowledge[kid].archived = True
        return APPLIED

    def _item_refused(self, actor: str, kid: str, legal: set[str]) -> str | None:
        if kid not in self.knowledge:
            return NOT_FOUND
        if "REVIEWER" not in self.people[actor].roles:
            return PERMISSION_DENIED
        return None if status(self.knowledge[kid], self.now) in legal else ILLEGAL_TRANSITION
