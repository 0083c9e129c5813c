"""docs/errors.md: every code a client can get, with its Chinese sentence, collected from the source by its syntax; runs none of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from docs.pages.sentences import Call, calls_in, index_faults
from kbsearch.errors import RefusalCode

_KINDS = {
    RefusalCode.ILLEGAL_TRANSITION: "现在的状态不允许这个动作；`details.allowedActions` 是现在可做的",
    RefusalCode.PERMISSION_DENIED: "没有权限",
    RefusalCode.STALE_OBJECT: "所据的内容已变，刷新后再做；`rule` 说变的是什么",
    RefusalCode.RULE_VIOLATED: "违反规则，`rule` 说是哪一条（见下）",
    RefusalCode.NOT_FOUND: "找不到，或无权看到（两者从外面看一样）",
}
# Functions whose first argument is a rule's name, and wrappers that fill it in themselves.
_TAKES_RULE = frozenset({"violated", "_rule"})
_FILLS_RULE = {("services.content_rules", "_bad"): "BAD_CONTENT"}
# In these modules Python functions take an HTTP code at this position; the classes carry theirs.
_TAKES_CODE = {"bad_request": 0, "refused": 0, "ErrorItem": 0, "_within": 0, "_item": 0, "_error_page": 2}
_CARRIES_CODE = {"Unauthenticated": "UNAUTHENTICATED", "BadSignature": "UNAUTHENTICATED"}
_DENIES = frozenset({"denied", "_denied"})
_INTRO = """# 错误码

由 `make docs` 从源码收集，请勿手改。`{…}` 处填入当时的值。

- 人能补救的：变更的 `userErrors`，`code` 是五种拒绝之一，`rule` 更细。什么都没有存下。
- 其余：`errors[].extensions.code`，附 `requestId`，报障时请带上。
"""

Found = dict[str, dict[str, set[str]]]  # code → sentence → modules


def page(source: Path) -> str:
    """The whole page; `source` is the folder of the package kbsearch."""
    calls = [c for path in _sources(source) for c in calls_in(path)]
    lines = [_INTRO, "## 五种拒绝", "", "| code | 何时 | 句子 |", "|---|---|---|"]
    for code, meaning in _KINDS.items():
        lines.append(f"| `{code.value}` | {meaning} | {_joined(c.sentence for c in calls if _unruled_kind(c) == code.value)} |")
    lines += ["", "## 规则（`rule`）", "", "| rule | 句子 | 出处 |", "|---|---|---|", *_table(_collected(calls, _rule_of))]
    lines += [
        "",
        "## HTTP 与 GraphQL（`extensions.code`）",
        "",
        "| code | 句子 | 出处 |",
        "|---|---|---|",
        *_table(_collected(calls, _http_code)),
    ]
    lines += ["", "## 索引故障（只到运维与日志）", "", "| 种类 | 何时 | 句子 |", "|---|---|---|"]
    for name, meaning in index_faults(source / "indexing" / "faults.py"):
        lines.append(f"| `{name}` | {meaning} | {_joined(c.sentence for c in calls if c.function == name)} |")
    return "\n".join(lines) + "\n"


def _sources(source: Path) -> Iterator[Path]:
    sandbox = source / "sandbox"
    return (p for p in sorted(source.rglob("*.py")) if sandbox not in p.parents)


def _unruled_kind(call: Call) -> str | None:
    """The kind of a refusal that carries no rule of its own."""
    if call.function in _DENIES:
        return RefusalCode.PERMISSION_DENIED.value
    code = call.argument(0, "code")
    if call.function == "Refusal" and code.startswith("RefusalCode.") and "rule" not in call.named:
        return code.removeprefix("RefusalCode.")
    return None


def _rule_of(call: Call) -> str | None:
    if call.function in _TAKES_RULE:
        return call.constant(0, "rule")
    return _FILLS_RULE.get((call.module, call.function)) or (call.constant(None, "rule") if call.function == "Refusal" else None)


def _http_code(call: Call) -> str | None:
    if call.function in _CARRIES_CODE:
        return _CARRIES_CODE[call.function]
    if call.function in _TAKES_CODE and call.module.startswith("http."):
        return call.constant(_TAKES_CODE[call.function], "code")
    return call.constant(1, "default") if call.function == "pop" and call.constant(0, "key") == "code" else None


def _collected(calls: list[Call], code_of: Callable[[Call], str | None]) -> Found:
    found: Found = defaultdict(lambda: defaultdict(set))
    for call in calls:
        code = code_of(call)
        if code:
            what = call.constant(1, "what") if call.function == "_within" else None
            found[code][f"查询的{what}超过上限；请拆成几个较小的查询" if what else call.sentence].add(call.module)
    return found


def _joined(sentences: Iterable[str]) -> str:
    return "<br>".join(sorted({s for s in sentences if s}))


def _table(found: Found) -> list[str]:
    lines = []
    for code, by_sentence in sorted(found.items()):
        modules = "、".join(f"`{m}`" for m in sorted(set().union(*by_sentence.values())))
        lines.append(f"| `{code}` | {_joined(by_sentence) or '（由解析或校验给出）'} | {modules} |")
    return lines
