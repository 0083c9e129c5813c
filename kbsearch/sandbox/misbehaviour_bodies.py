"""The messages a confused headquarters would send beside the true ones; every one can be refused by itself, and sends nothing."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping
from typing import Any

from kbsearch.sandbox.hq.callbacks import mutation

_OTHERS = {"hqApprove": ("hqReject", "hqReturn"), "hqReturn": ("hqReject",), "hqReject": ("hqReturn",)}


def stale_round(row: Mapping[str, Any]) -> str:
    """The same about the round before, which headquarters has long decided."""
    values = _values(row)
    return _body(row["kind"], values | {"round": values["round"] - 1})


def wrong_hash(row: Mapping[str, Any]) -> str:
    """An approval that echoes another submission's hash, and brings no text of its own."""
    values = {name: value for name, value in _values(row).items() if name not in {"content", "contentHash"}}
    return _body(row["kind"], values | {"submissionHash": hashlib.sha256(str(values["submissionHash"]).encode()).hexdigest()})


def contradiction(row: Mapping[str, Any], chance: random.Random) -> tuple[str, str]:
    """Another decision on the same round: its mutation and its body."""
    values = _values(row)
    kind = chance.choice(_OTHERS[row["kind"]])
    said = {"submissionId": values["submissionId"], "round": values["round"], "reasonCodes": ["OTHER"], "reasonText": "与先前的决定矛盾。"}
    return kind, _body(kind, said)


def _values(row: Mapping[str, Any]) -> dict[str, Any]:
    return dict(json.loads(row["body"])["variables"]["input"])


def _body(kind: str, values: dict[str, Any]) -> str:
    return json.dumps({"query": mutation(kind), "variables": {"input": values}}, ensure_ascii=False)
