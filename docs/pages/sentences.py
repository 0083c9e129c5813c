"""Reads calls and the sentences passed to them out of Python source by its syntax tree; imports nothing of what it reads."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a plainly named function: its arguments as syntax, and the Chinese sentence among them ('' if none)."""

    function: str
    module: str
    positional: tuple[ast.expr, ...]
    named: dict[str, ast.expr]
    sentence: str

    def _node(self, position: int | None, name: str) -> ast.expr | None:
        if position is not None and position < len(self.positional):
            return self.positional[position]
        return self.named.get(name)

    def argument(self, position: int | None, name: str) -> str:
        """An argument as source text, '' when absent."""
        node = self._node(position, name)
        return ast.unparse(node) if node is not None else ""

    def constant(self, position: int | None, name: str) -> str | None:
        """An argument that is a plain string, None otherwise."""
        node = self._node(position, name)
        return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def module_name(path: Path) -> str:
    """`…/kbsearch/http/params.py` → `http.params`."""
    parts = path.with_suffix("").parts
    start = len(parts) - parts[::-1].index("kbsearch") if "kbsearch" in parts else 0
    return ".".join(parts[start:])


def calls_in(path: Path) -> Iterator[Call]:
    """Every call in a file, in no particular order."""
    tree = ast.parse(path.read_text("utf-8"))
    constants = _assigned(tree.body)
    yield from _calls(tree, module_name(path), constants)


def _calls(scope: ast.AST, module: str, names: dict[str, ast.expr]) -> Iterator[Call]:
    for node in ast.iter_child_nodes(scope):
        inner = names
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            inner = names | _assigned(list(ast.walk(node)))
        if isinstance(node, ast.Call):
            yield from _call(node, module, names)
        yield from _calls(node, module, inner)


def _assigned(nodes: list[ast.stmt] | list[ast.AST]) -> dict[str, ast.expr]:
    return {n.targets[0].id: n.value for n in nodes if isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Name)}


def _call(node: ast.Call, module: str, names: dict[str, ast.expr]) -> Iterator[Call]:
    function = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""
    if function:
        named = {k.arg: k.value for k in node.keywords if k.arg}
        texts = [_pattern(a, names) for a in (*node.args, *named.values())]
        sentence = next((t for t in texts if _is_chinese(t)), "")
        yield Call(function, module, tuple(node.args), named, sentence.replace("|", "\\|").replace("\n", " "))


def _is_chinese(text: str) -> bool:
    return any("\u4e00" <= c <= "\u9fff" for c in text)


def _pattern(node: ast.expr, names: dict[str, ast.expr]) -> str:
    """A string expression as a pattern with `{…}` where values go; '' for anything else."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(_pattern(v, names) if isinstance(v, ast.Constant) else "{…}" for v in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        sides = [_pattern(side, names) or "{…}" for side in (node.left, node.right)]
        return "".join(sides) if any(_is_chinese(s) for s in sides) else ""
    if isinstance(node, ast.Name) and node.id in names:
        found = names[node.id]
        return _pattern(found, {}) if not isinstance(found, ast.Name) else ""
    return ""


def index_faults(path: Path) -> Iterator[tuple[str, str]]:
    """Class name and the first line of its docstring, for every fault declared in a file."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.ClassDef):
            yield node.name, (ast.get_docstring(node) or "").split("\n")[0]
