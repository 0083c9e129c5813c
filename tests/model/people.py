"""What people do to submissions in the model: visibility, rights, locks, legality and rules, in that order."""

from __future__ import annotations

from .ledger import Ledger
from .things import TERMINAL, WRITABLE, Content, Kind, Knowledge, LogEntry, S, Scope, State, Submission
from .timeline import last_in_force, status

NOT_FOUND, PERMISSION_DENIED, STALE_OBJECT = "NOT_FOUND", "PERMISSION_DENIED", "STALE_OBJECT"
ILLEGAL_TRANSITION, RULE_VIOLATED, APPLIED = "ILLEGAL_TRANSITION", "RULE_VIOLATED", "APPLIED"

WHO = {
    **dict.fromkeys(("edit", "submitForReview", "recall", "rebase"), frozenset({"AUTHOR"})),
    **dict.fromkeys(("approve", "return", "submitToHq", "claim", "release", "reassign"), frozenset({"REVIEWER"})),
    **dict.fromkeys(("void", "withdraw"), frozenset({"AUTHOR", "REVIEWER"})),
}
LEGAL = {
    "edit": WRITABLE,
    "submitForReview": WRITABLE,
    "rebase": frozenset({S.DRAFT, S.BASE_CONFLICT}),
    "recall": frozenset({S.PENDING_REVIEW}),
    "approve": frozenset({S.PENDING_REVIEW}),
    "return": frozenset({S.PENDING_REVIEW, S.APPROVED}),
    "submitToHq": frozenset({S.APPROVED}),
    "void": WRITABLE,
    "withdraw": frozenset({S.APPROVED, S.SCHEDULED, S.SUBMITTED, S.PENDING_HQ}),
    "claim": frozenset({S.PENDING_REVIEW}),
    "release": frozenset({S.PENDING_REVIEW}),
    "reassign": frozenset(State) - TERMINAL,
}


class PeopleActions(Ledger):
    """Each method returns APPLIED or the code of a refusal; a refusal changes nothing."""

    def draft(
        self, actor: str, sid: str, kid: str, *, kind: Kind, scope: Scope, content: Content | None = None, reason: str | None = None
    ) -> str:
        """An author begins a submission; PUBLISH brings its item with it."""
        if "AUTHOR" not in self.people[actor].roles:
            return PERMISSION_DENIED
        item = self.knowledge.get(kid)
        if kind is Kind.PUBLISH:
            if item is not None:
                return RULE_VIOLATED
            item = self.knowledge[kid] = Knowledge(kid, scope, "LOCAL", "HQ-ROOT" if scope is Scope.NATIONAL else "LOCAL-ROOT")
        elif item is None or not any(v.accepted for v in item.versions):
            return NOT_FOUND
        elif self._change_refused(item, kind):
            return RULE_VIOLATED
        last = last_in_force(item, self.now)
        s = Submission(sid, kid, item.scope, kind, actor, content, reason, base=last.number if last else None)
        s.editors.add(actor)
        s.touched_at = s.state_since = self.now
        self.submissions[sid] = s
        self.log.append(LogEntry(sid, actor, "draft", None, State.DRAFT, s.lock))
        return APPLIED

    def _change_refused(self, item: Knowledge, kind: Kind) -> bool:
        """HQ-owned, archived, never in force, or (REVOKE) already revoked: no local change."""
        if item.owner == "HQ" or item.archived or last_in_force(item, self.now) is None:
            return True
        return kind is Kind.REVOKE and status(item, self.now) == "REVOKED"

    def check(self, action: str, actor: str, sid: str, lock: int | None) -> str | None:
        """NOT_FOUND, PERMISSION_DENIED, STALE_OBJECT, ILLEGAL_TRANSITION, in this order; None when none applies."""
        s, roles = self.submissions.get(sid), self.people[actor].roles
        own = s is not None and "AUTHOR" in roles and s.author == actor
        if s is None or not (own or "REVIEWER" in roles):
            return NOT_FOUND
        standing = ({"AUTHOR"} if own else set()) | (roles & {"REVIEWER"})
        if not standing & WHO[action]:
            return PERMISSION_DENIED
        if lock is not None and lock != s.lock:
            return STALE_OBJECT
        return None if s.state in LEGAL[action] else ILLEGAL_TRANSITION

    def edit(self, actor: str, sid: str, lock: int | None = None, content: Content | None = None) -> str:
        """Change the text (REVOKE: the reason) and stay in the state."""
        if refusal := self.check("edit", actor, sid, lock):
            return refusal
        s = self.submissions[sid]
        if s.kind is not Kind.REVOKE and content is not None:
            s.content = content
        s.editors.add(actor)
        self.record(s, actor, "edit", s.state)
        return APPLIED

    def rebase(self, actor: str, sid: str, lock: int | None = None, content: Content | None = None) -> str:
        """An edit that also moves the base to the version last in force."""
        if refusal := self.check("rebase", actor, sid, lock):
            return refusal
        s = self.submissions[sid]
        if s.kind is Kind.PUBLISH:
            return RULE_VIOLATED
        last = last_in_force(self.knowledge[s.knowledge], self.now)
        s.base = last.number if last else None
        if s.kind is Kind.UPDATE and content is not None:
            s.content = content
        s.editors.add(actor)
        self.record(s, actor, "rebase", s.state)
        return APPLIED

    def submit_for_review(self, actor: str, sid: str, lock: int | None = None) -> str:
        """Complete, base current, rule 3; the next round begins if HQ has seen this one."""
        if refusal := self.check("submitForReview", actor, sid, lock):
            return refusal
        s = self.submissions[sid]
        if not self._complete(s) or not self._base_current(s) or self._slot_taken(s):
            return RULE_VIOLATED
        s.editors.add(actor)
        if s.state in {S.HQ_RETURNED, S.BASE_CONFLICT} and s.round in s.sent:
            s.round += 1
        self.record(s, actor, "submitForReview", State.PENDING_REVIEW)
        return APPLIED

    def _complete(self, s: Submission) -> bool:
        if s.kind is Kind.REVOKE:
            return bool(s.reason)
        return s.content is not None and s.content.valid and (s.content.effective_to is None or s.content.effective_to > self.now)

    def _base_current(self, s: Submission) -> bool:
        if s.kind is Kind.PUBLISH:
            return True
        item = self.knowledge[s.knowledge]
        last = last_in_force(item, self.now)
        return last is not None and s.base == last.number and not self._change_refused(item, s.kind)

    def _slot_taken(self, s: Submission) -> bool:
        """Rule 3: one open PUBLISH/UPDATE and one open REVOKE per knowledge."""
        others = (o for o in self.submissions.values() if o.knowledge == s.knowledge and o.id != s.id and o.open)
        return any((o.kind is Kind.REVOKE) == (s.kind is Kind.REVOKE) for o in others)

    def recall(self, actor: str, sid: str, lock: int | None = None) -> str:
        """Back to the draft before anybody decided."""
        if refusal := self.check("recall", actor, sid, lock):
            return refusal
        self.record(self.submissions[sid], actor, "recall", State.DRAFT)
        return APPLIED

    def approve(self, actor: str, sid: str, lock: int | None = None, *, sees_current: bool = True, and_submit: bool = False) -> str:
        """Rule 1 and the submissionHash; 本地 takes effect or is scheduled, 全网 waits for submitToHq."""
        if refusal := self.check("approve", actor, sid, lock):
            return refusal
        s = self.submissions[sid]
        if not sees_current:
            return STALE_OBJECT
        if actor in s.editors:
            return RULE_VIOLATED
        s.approvals.append((s.round, actor))
        if s.scope is Scope.NATIONAL:
            self.record(s, actor, "approve", State.APPROVED)
            return self.submit_to_hq(actor, sid) if and_submit else APPLIED
        self.finally_approved(s, actor, "approve")
        return APPLIED

    def finally_approved(self, s: Submission, who: str, action: str, number: int | None = None) -> None:
        """The accepted version or revocation comes to be, and with it SCHEDULED or EFFECTIVE."""
        item = self.knowledge[s.knowledge]
        if s.kind is Kind.REVOKE:
            day = self.accept_revocation(item, s, s.effective_from).at
        else:
            day = self.accept_version(item, s, number or item.next_number()).live_from
        self.record(s, who, action, State.SCHEDULED if day > self.now else State.EFFECTIVE)
        self.settle(item)

    def return_(self, actor: str, sid: str, lock: int | None = None, codes: tuple[str, ...] = ("OTHER",), text: str = "请改") -> str:
        """Send back with at least one reason code and a text (rule 4)."""
        if refusal := self.check("return", actor, sid, lock):
            return refusal
        if not codes or not text:
            return RULE_VIOLATED
        self.record(self.submissions[sid], actor, "return", State.RETURNED, codes)
        return APPLIED

    def submit_to_hq(self, actor: str, sid: str, lock: int | None = None) -> str:
        """The outbox row is written in the same transaction."""
        if refusal := self.check("submitToHq", actor, sid, lock):
            return refusal
        s = self.submissions[sid]
        s.sent[s.round] = (s.base, s.content)
        s.withdraw_asked = s.dead_lettered = False
        self.record(s, actor, "submitToHq", State.SUBMITTED)
        self.send(f"knowledge.{s.kind.lower()}", s.id, s.round)
        return APPLIED

    def void(self, actor: str, sid: str, lock: int | None = None) -> str:
        """Give up what is being written; HQ is told if it has seen it in any round."""
        if refusal := self.check("void", actor, sid, lock):
            return refusal
        s = self.submissions[sid]
        self.record(s, actor, "void", State.VOIDED)
        if s.sent:
            self.send("withdraw.request", s.id, max(s.sent), "VOIDED")
        return APPLIED

    def withdraw(self, actor: str, sid: str, lock: int | None = None) -> str:
        """Local as long as HQ holds nothing; otherwise HQ is asked and answers."""
        if refusal := self.check("withdraw", actor, sid, lock):
            return refusal
        s = self.submissions[sid]
        if s.hq_holds and not s.dead_lettered:
            s.withdraw_asked = True
            self.record(s, actor, "withdraw", State.WITHDRAW_PENDING)
            self.send("withdraw.request", s.id, s.round, "AUTHOR_REQUEST")
            return APPLIED
        if s.dead_lettered:
            self.outbox = [m for m in self.outbox if m.subject != s.id or m.round != s.round]
            s.sent.pop(s.round, None)
        self.unaccept(s)
        self.record(s, actor, "withdraw", State.WITHDRAWN)
        if s.sent:
            self.send("withdraw.request", s.id, max(s.sent), "AUTHOR_REQUEST")
        return APPLIED

    def claim(self, actor: str, sid: str, lock: int | None = None) -> str:
        """A lease on the review; another reviewer's lease is respected."""
        if refusal := self.check("claim", actor, sid, lock):
            return refusal
        s = self.submissions[sid]
        if s.claimed_by not in {None, actor} and s.claimed_until is not None and s.claimed_until > self.now:
            return RULE_VIOLATED
        self.record(s, actor, "claim", s.state)
        s.claimed_by, s.claimed_until = actor, self.now + self.policy.lease
        return APPLIED

    def release(self, actor: str, sid: str, lock: int | None = None) -> str:
        """Give one's own lease back."""
        if refusal := self.check("release", actor, sid, lock):
            return refusal
        s = self.submissions[sid]
        if s.claimed_by != actor:
            return RULE_VIOLATED
        self.record(s, actor, "release", s.state)
        s.claimed_by = None
        return APPLIED

    def reassign(self, actor: str, sid: str, lock: int | None = None, to: str = "") -> str:
        """转派: another author takes the submission over; who edited before stays an editor for rule 1."""
        if refusal := self.check("reassign", actor, sid, lock):
            return refusal
        if to not in self.people or "AUTHOR" not in self.people[to].roles:
            return RULE_VIOLATED
        s = self.submissions[sid]
        s.author = to
        self.record(s, actor, "reassign", s.state)
        return APPLIED
