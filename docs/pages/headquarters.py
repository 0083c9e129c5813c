"""docs/hq/: a JSON Schema a message, ours and headquarters', with an index page; reads the typed models only."""

from __future__ import annotations

import json
from typing import Any

from kbsearch.hq.callbacks import CALLBACKS
from kbsearch.hq.messages import KINDS, SCHEMA, json_schema

_INTRO = f"""# 与一级客服系统的消息

由 `make docs` 从 `kbsearch/hq/` 生成，请勿手改。格式版本 `{SCHEMA}`；传输、签名、回执与规则见 [接口说明](../hq-interface.md)。
多出的字段照收照存，不认识的 kind 拒收。
"""


def pages() -> dict[str, str]:
    """File name below docs/hq/ → text."""
    files = {f"{kind}.schema.json": _dumped(json_schema(kind)) for kind in KINDS}
    files |= {f"callbacks/{name}.schema.json": _dumped(_callback_schema(name)) for name in CALLBACKS}
    return files | {"README.md": _index()}


def _callback_schema(name: str) -> dict[str, Any]:
    title, model = CALLBACKS[name]
    schema = model.model_json_schema(by_alias=True)
    return {**schema, "$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"{name} {title}", "description": title}


def _dumped(schema: dict[str, Any]) -> str:
    return json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _index() -> str:
    lines = [_INTRO, "## 我方发往总部：整条报文", "", "| kind | 中文 | 格式 |", "|---|---|---|"]
    lines += [f"| `{kind}` | {title} | [{kind}.schema.json]({kind}.schema.json) |" for kind, (title, _) in KINDS.items()]
    lines += ["", "## 总部发来：签名的 GraphQL mutation 的 input", "", "| mutation | 中文 | 格式 |", "|---|---|---|"]
    for name, (title, _) in CALLBACKS.items():
        lines.append(f"| `{name}` | {title} | [{name}.schema.json](callbacks/{name}.schema.json) |")
    return "\n".join(lines) + "\n"
