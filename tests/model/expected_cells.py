"""The hand-reviewed table: what every state answers to every action of every role, and to every HQ message.

Written from product.md by hand, not derived from any declaration. How each situation comes about: situations.py.
"""

from __future__ import annotations

ACTIONS = (
    "edit", "submitForReview", "recall", "approve", "return", "submitToHq",
    "void", "withdraw", "claim", "release", "reassign", "rebase",
)  # fmt: skip
MESSAGES = ("acknowledge", "approve", "return", "reject", "withdrawGranted", "withdrawRefused")

# Roles. "editor" is author and reviewer in one person; it drafted the submission, which was then reassigned to "author".
# Whoever may not see the submission gets NOT_FOUND for everything, in every situation.
SEEING_ROLES = ("author", "reviewer", "editor")
BLIND_ROLES = ("agent", "other_author", "operator", "admin")

# Cells: "." OK, same state · two letters: OK, that state · I ILLEGAL_TRANSITION · P PERMISSION_DENIED · R RULE_VIOLATED
CODES = {
    "DR": "DRAFT", "PR": "PENDING_REVIEW", "RT": "RETURNED", "AP": "APPROVED", "SB": "SUBMITTED", "PH": "PENDING_HQ",
    "HR": "HQ_RETURNED", "SC": "SCHEDULED", "EF": "EFFECTIVE", "WP": "WITHDRAW_PENDING", "BC": "BASE_CONFLICT",
    "WD": "WITHDRAWN", "VO": "VOIDED", "HJ": "HQ_REJECTED", "SS": "SUPERSEDED", "CS": "CLOSED_STALE",
}  # fmt: skip
REFUSALS = {"I": "ILLEGAL_TRANSITION", "P": "PERMISSION_DENIED", "R": "RULE_VIOLATED", "N": "NOT_FOUND"}

# situation                  中文            role      edit sRev rcl appr ret sHq void wdr clm rel reas rebase
NATIONAL = """
DRAFT                        草稿            author     .   PR   I   P   P   P   VO  I   P   P   P   .
DRAFT                        草稿            reviewer   P   P    P   I   I   I   VO  I   I   I   .   P
DRAFT                        草稿            editor     P   P    P   I   I   I   VO  I   I   I   .   P
PENDING_REVIEW               待审核          author     I   I    DR  P   P   P   I   I   P   P   P   I
PENDING_REVIEW               待审核          reviewer   P   P    P   AP  RT  I   I   I   .   R   .   P
PENDING_REVIEW               待审核          editor     P   P    P   R   RT  I   I   I   .   R   .   P
RETURNED                     审核退回        author     .   PR   I   P   P   P   VO  I   P   P   P   I
RETURNED                     审核退回        reviewer   P   P    P   I   I   I   VO  I   I   I   .   P
RETURNED                     审核退回        editor     P   P    P   I   I   I   VO  I   I   I   .   P
APPROVED                     审核通过待提交  author     I   I    I   P   P   P   I   WD  P   P   P   I
APPROVED                     审核通过待提交  reviewer   P   P    P   I   RT  SB  I   WD  I   I   .   P
APPROVED                     审核通过待提交  editor     P   P    P   I   RT  SB  I   WD  I   I   .   P
SUBMITTED                    已提交待接收    author     I   I    I   P   P   P   I   WP  P   P   P   I
SUBMITTED                    已提交待接收    reviewer   P   P    P   I   I   I   I   WP  I   I   .   P
SUBMITTED                    已提交待接收    editor     P   P    P   I   I   I   I   WP  I   I   .   P
PENDING_HQ                   待总部审核      author     I   I    I   P   P   P   I   WP  P   P   P   I
PENDING_HQ                   待总部审核      reviewer   P   P    P   I   I   I   I   WP  I   I   .   P
PENDING_HQ                   待总部审核      editor     P   P    P   I   I   I   I   WP  I   I   .   P
HQ_RETURNED                  总部退回        author     .   PR   I   P   P   P   VO  I   P   P   P   I
HQ_RETURNED                  总部退回        reviewer   P   P    P   I   I   I   VO  I   I   I   .   P
HQ_RETURNED                  总部退回        editor     P   P    P   I   I   I   VO  I   I   I   .   P
SCHEDULED                    待生效          author     I   I    I   P   P   P   I   WP  P   P   P   I
SCHEDULED                    待生效          reviewer   P   P    P   I   I   I   I   WP  I   I   .   P
SCHEDULED                    待生效          editor     P   P    P   I   I   I   I   WP  I   I   .   P
SCHEDULED/asked              待生效          author     I   I    I   P   P   P   I   WP  P   P   P   I
SCHEDULED/asked              待生效          reviewer   P   P    P   I   I   I   I   WP  I   I   .   P
SCHEDULED/asked              待生效          editor     P   P    P   I   I   I   I   WP  I   I   .   P
EFFECTIVE                    已生效          author     I   I    I   P   P   P   I   I   P   P   P   I
EFFECTIVE                    已生效          reviewer   P   P    P   I   I   I   I   I   I   I   I   P
EFFECTIVE                    已生效          editor     P   P    P   I   I   I   I   I   I   I   I   P
WITHDRAW_PENDING<SUBMITTED   撤回申请中      author     I   I    I   P   P   P   I   I   P   P   P   I
WITHDRAW_PENDING<SUBMITTED   撤回申请中      reviewer   P   P    P   I   I   I   I   I   I   I   .   P
WITHDRAW_PENDING<SUBMITTED   撤回申请中      editor     P   P    P   I   I   I   I   I   I   I   .   P
WITHDRAW_PENDING<PENDING_HQ  撤回申请中      author     I   I    I   P   P   P   I   I   P   P   P   I
WITHDRAW_PENDING<PENDING_HQ  撤回申请中      reviewer   P   P    P   I   I   I   I   I   I   I   .   P
WITHDRAW_PENDING<PENDING_HQ  撤回申请中      editor     P   P    P   I   I   I   I   I   I   I   .   P
WITHDRAW_PENDING<SCHEDULED   撤回申请中      author     I   I    I   P   P   P   I   I   P   P   P   I
WITHDRAW_PENDING<SCHEDULED   撤回申请中      reviewer   P   P    P   I   I   I   I   I   I   I   .   P
WITHDRAW_PENDING<SCHEDULED   撤回申请中      editor     P   P    P   I   I   I   I   I   I   I   .   P
BASE_CONFLICT                版本冲突        author     .   R    I   P   P   P   VO  I   P   P   P   .
BASE_CONFLICT                版本冲突        reviewer   P   P    P   I   I   I   VO  I   I   I   .   P
BASE_CONFLICT                版本冲突        editor     P   P    P   I   I   I   VO  I   I   I   .   P
BASE_CONFLICT/rebased        版本冲突        author     .   PR   I   P   P   P   VO  I   P   P   P   .
BASE_CONFLICT/rebased        版本冲突        reviewer   P   P    P   I   I   I   VO  I   I   I   .   P
BASE_CONFLICT/rebased        版本冲突        editor     P   P    P   I   I   I   VO  I   I   I   .   P
WITHDRAWN                    已撤回          author     I   I    I   P   P   P   I   I   P   P   P   I
WITHDRAWN                    已撤回          reviewer   P   P    P   I   I   I   I   I   I   I   I   P
WITHDRAWN                    已撤回          editor     P   P    P   I   I   I   I   I   I   I   I   P
VOIDED                       已作废          author     I   I    I   P   P   P   I   I   P   P   P   I
VOIDED                       已作废          reviewer   P   P    P   I   I   I   I   I   I   I   I   P
VOIDED                       已作废          editor     P   P    P   I   I   I   I   I   I   I   I   P
HQ_REJECTED                  总部否决        author     I   I    I   P   P   P   I   I   P   P   P   I
HQ_REJECTED                  总部否决        reviewer   P   P    P   I   I   I   I   I   I   I   I   P
HQ_REJECTED                  总部否决        editor     P   P    P   I   I   I   I   I   I   I   I   P
SUPERSEDED                   已被取代        author     I   I    I   P   P   P   I   I   P   P   P   I
SUPERSEDED                   已被取代        reviewer   P   P    P   I   I   I   I   I   I   I   I   P
SUPERSEDED                   已被取代        editor     P   P    P   I   I   I   I   I   I   I   I   P
CLOSED_STALE                 超时关闭        author     I   I    I   P   P   P   I   I   P   P   P   I
CLOSED_STALE                 超时关闭        reviewer   P   P    P   I   I   I   I   I   I   I   I   P
CLOSED_STALE                 超时关闭        editor     P   P    P   I   I   I   I   I   I   I   I   P
"""
# 本地 never is APPROVED, SUBMITTED, PENDING_HQ, HQ_RETURNED, WITHDRAW_PENDING or HQ_REJECTED.
# situation                  中文            role      edit sRev rcl appr ret sHq void wdr clm rel reas rebase
LOCAL = """
DRAFT                        草稿            author     .   PR   I   P   P   P   VO  I   P   P   P   .
DRAFT                        草稿            reviewer   P   P    P   I   I   I   VO  I   I   I   .   P
DRAFT                        草稿            editor     P   P    P   I   I   I   VO  I   I   I   .   P
PENDING_REVIEW               待审核          author     I   I    DR  P   P   P   I   I   P   P   P   I
PENDING_REVIEW               待审核          reviewer   P   P    P   EF  RT  I   I   I   .   R   .   P
PENDING_REVIEW               待审核          editor     P   P    P   R   RT  I   I   I   .   R   .   P
PENDING_REVIEW/dated         待审核          author     I   I    DR  P   P   P   I   I   P   P   P   I
PENDING_REVIEW/dated         待审核          reviewer   P   P    P   SC  RT  I   I   I   .   R   .   P
PENDING_REVIEW/dated         待审核          editor     P   P    P   R   RT  I   I   I   .   R   .   P
RETURNED                     审核退回        author     .   PR   I   P   P   P   VO  I   P   P   P   I
RETURNED                     审核退回        reviewer   P   P    P   I   I   I   VO  I   I   I   .   P
RETURNED                     审核退回        editor     P   P    P   I   I   I   VO  I   I   I   .   P
SCHEDULED                    待生效          author     I   I    I   P   P   P   I   WD  P   P   P   I
SCHEDULED                    待生效          reviewer   P   P    P   I   I   I   I   WD  I   I   .   P
SCHEDULED                    待生效          editor     P   P    P   I   I   I   I   WD  I   I   .   P
EFFECTIVE                    已生效          author     I   I    I   P   P   P   I   I   P   P   P   I
EFFECTIVE                    已生效          reviewer   P   P    P   I   I   I   I   I   I   I   I   P
EFFECTIVE                    已生效          editor     P   P    P   I   I   I   I   I   I   I   I   P
BASE_CONFLICT                版本冲突        author     .   R    I   P   P   P   VO  I   P   P   P   .
BASE_CONFLICT                版本冲突        reviewer   P   P    P   I   I   I   VO  I   I   I   .   P
BASE_CONFLICT                版本冲突        editor     P   P    P   I   I   I   VO  I   I   I   .   P
BASE_CONFLICT/rebased        版本冲突        author     .   PR   I   P   P   P   VO  I   P   P   P   .
BASE_CONFLICT/rebased        版本冲突        reviewer   P   P    P   I   I   I   VO  I   I   I   .   P
BASE_CONFLICT/rebased        版本冲突        editor     P   P    P   I   I   I   VO  I   I   I   .   P
WITHDRAWN                    已撤回          author     I   I    I   P   P   P   I   I   P   P   P   I
WITHDRAWN                    已撤回          reviewer   P   P    P   I   I   I   I   I   I   I   I   P
WITHDRAWN                    已撤回          editor     P   P    P   I   I   I   I   I   I   I   I   P
VOIDED                       已作废          author     I   I    I   P   P   P   I   I   P   P   P   I
VOIDED                       已作废          reviewer   P   P    P   I   I   I   I   I   I   I   I   P
VOIDED                       已作废          editor     P   P    P   I   I   I   I   I   I   I   I   P
SUPERSEDED                   已被取代        author     I   I    I   P   P   P   I   I   P   P   P   I
SUPERSEDED                   已被取代        reviewer   P   P    P   I   I   I   I   I   I   I   I   P
SUPERSEDED                   已被取代        editor     P   P    P   I   I   I   I   I   I   I   I   P
CLOSED_STALE                 超时关闭        author     I   I    I   P   P   P   I   I   P   P   P   I
CLOSED_STALE                 超时关闭        reviewer   P   P    P   I   I   I   I   I   I   I   I   P
CLOSED_STALE                 超时关闭        editor     P   P    P   I   I   I   I   I   I   I   I   P
"""

# HQ's messages about the current round under a new webhook id, hash matching, reference "HQ-1".
# A>XX APPLIED, then that state · D DUPLICATE · O OUT_OF_DATE · Q QUARANTINED (state as it was)
# situation                  acknowledge approve return reject granted refused
HQ = """
DRAFT                        O           Q       O      O      O       O
PENDING_REVIEW               O           Q       O      O      O       O
RETURNED                     O           Q       O      O      O       O
APPROVED                     O           Q       O      O      O       O
SUBMITTED                    A>PH        A>EF    A>HR   A>HJ   O       O
PENDING_HQ                   D           A>EF    A>HR   A>HJ   O       O
HQ_RETURNED                  O           Q       D      Q      O       O
SCHEDULED                    O           D       Q      Q      O       O
SCHEDULED/asked              O           D       Q      Q      A>WD    A>SC
EFFECTIVE                    O           D       Q      Q      Q       O
WITHDRAW_PENDING<SUBMITTED   O           A>EF    A>HR   A>HJ   A>WD    A>PH
WITHDRAW_PENDING<PENDING_HQ  D           A>EF    A>HR   A>HJ   A>WD    A>PH
WITHDRAW_PENDING<SCHEDULED   O           D       Q      Q      A>WD    A>SC
BASE_CONFLICT                O           Q       O      O      O       O
BASE_CONFLICT/rebased        O           Q       O      O      O       O
BASE_CONFLICT<HQ_RETURNED    O           Q       D      Q      O       O
WITHDRAWN                    O           Q       O      O      D       O
WITHDRAWN<APPROVED           O           Q       O      O      O       O
VOIDED                       O           Q       O      O      O       O
VOIDED<HQ_RETURNED           O           Q       D      Q      O       O
HQ_REJECTED                  O           Q       Q      D      O       O
SUPERSEDED                   O           Q       O      O      O       O
CLOSED_STALE                 O           Q       O      O      O       O
"""


def person_cells(scope: str) -> dict[tuple[str, str, str], str]:
    """(situation, role, action) → "OK:<state>" or a refusal code, for NATIONAL or LOCAL."""
    cells: dict[tuple[str, str, str], str] = {}
    for line in (NATIONAL if scope == "NATIONAL" else LOCAL).split("\n"):
        if not line.strip():
            continue
        situation, _, role, *marks = line.split()
        for action, mark in zip(ACTIONS, marks, strict=True):
            cells[situation, role, action] = _answer(mark, state_of(situation))
            cells |= {(situation, blind, action): "NOT_FOUND" for blind in BLIND_ROLES}
    return cells


def _answer(mark: str, state: str) -> str:
    return REFUSALS.get(mark) or "OK:" + CODES.get(mark, state)


def hq_cells() -> dict[tuple[str, str], tuple[str, str]]:
    """(situation, message) → (receipt, state afterwards); 本地 submissions answer REJECTED to everything."""
    receipts = {"A": "APPLIED", "D": "DUPLICATE", "O": "OUT_OF_DATE", "Q": "QUARANTINED"}
    cells = {}
    for line in HQ.strip().split("\n"):
        situation, *marks = line.split()
        for message, mark in zip(MESSAGES, marks, strict=True):
            receipt, _, state = mark.partition(">")
            cells[situation, message] = receipts[receipt], CODES.get(state, state_of(situation))
    return cells


def state_of(situation: str) -> str:
    """State name in a situation's name."""
    return situation.split("/", maxsplit=1)[0].split("<", maxsplit=1)[0]
