"""What the demo says when it is ready: addresses, tokens, three things to try; starts nothing."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kbsearch.cli.demo.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Mapping

SEARCH = "query($query: String!) { search(query: $query, first: 3) { totalCount edges { node { version { title script } } } } }"
WORD = "话费"


@dataclass(frozen=True, slots=True)
class Access:
    """A token of one role: role code, login, and the token in clear."""

    role: str
    login: str
    token: str


def console_url(plan: Plan, access: Access) -> str:
    """The query console, signed in; the token stays in the fragment, which browsers do not send."""
    return f"{plan.service_url}/graphql#token={access.token}"


def as_document(plan: Plan, tokens: Mapping[str, Access], seconds: float, processes: Mapping[str, int]) -> dict[str, Any]:
    """The same for scripts, with the ids of the processes."""
    return {
        "service": plan.service_url,
        "graphql": f"{plan.service_url}/graphql",
        "hq": plan.hq_url,
        "provinces": {code: f"http://127.0.0.1:{port}" for code, _, port in plan.provinces},
        "dataDir": str(plan.folder),
        "seconds": round(seconds, 2),
        "processes": dict(processes),
        "tokens": {access.role: {"login": access.login, "token": access.token} for access in tokens.values()},
    }


def as_text(plan: Plan, tokens: Mapping[str, Access], seconds: float, item: tuple[str, str] | None) -> str:
    """For people, in Chinese; `item` is (id, title) of a published item to change."""
    by_role = {access.role: access for access in tokens.values()}
    lines = [f"演示已就绪，用时 {seconds:.1f} 秒。按 Ctrl-C 停止，数据保留在 {plan.folder}，日志在其下 logs/。", "", "地址"]
    lines += [f"  查询台（GraphQL）  {plan.service_url}/graphql", f"  总部沙箱          {plan.hq_url}/"]
    lines += [f"  {name}省公司沙箱    http://127.0.0.1:{port}/" for _, name, port in plan.provinces]
    lines += ["", "令牌，每个角色一个（7 天有效，再次启动时换新、旧的作废；点链接即以该角色登录查询台）"]
    for label, access in tokens.items():
        lines += [f"  {label}（{access.login}）  {access.token}", f"      {console_url(plan, access)}"]
    lines += ["", "试三件事", *_search(plan, by_role["AGENT"]), *_change(item), *_watch(plan)]
    return "\n".join(lines)


def _search(plan: Plan, agent: Access) -> list[str]:
    body = json.dumps({"query": SEARCH, "variables": {"query": WORD}}, ensure_ascii=False)
    headers = f"-H 'content-type: application/json' -H 'authorization: Bearer {agent.token}'"
    return [f"1. 座席检索“{WORD}”：", f"   curl -s {plan.service_url}/graphql {headers} -d {shlex.quote(body)}"]


def _change(item: tuple[str, str] | None) -> list[str]:
    subject_id, title = item or ("<知识编号，取自 search>", "任一条已发布的全网知识")
    draft = f'knowledgeId: "{subject_id}", content: {{script: "您好，这是改过的口径。"}}, changeNote: "试一试"'
    submit = 'submissionId: "<上面的 id>", lockVersion: <上面的 lockVersion>'
    approve = 'submissionId: "<id>", lockVersion: <lockVersion>, submissionHash: "<submissionHash>", andSubmit: true'
    return [
        f"2. 改一条知识（{title}）并审核。在知识生成人员的查询台依次运行：",
        _mutation("draftUpdate", draft, "id lockVersion"),
        _mutation("submitForReview", submit, "id lockVersion submissionHash"),
        "   再到知识管理员的查询台审核并提交总部（同一人不能审核自己写的）：",
        _mutation("approveSubmission", approve, "state stateText"),
    ]


def _mutation(name: str, given: str, wanted: str) -> str:
    return f"   mutation {{ {name}(input: {{{given}}}) {{ submission {{ {wanted} }} userErrors {{ message }} }} }}"


def _watch(plan: Plan) -> list[str]:
    return [
        f"3. 看总部答复：打开 {plan.hq_url}/ ，刚提交的申请约 2 秒后由总部自动审核通过（带“等人工审核”的可在页面上自己审），",
        "   此后新口径即可检索到，省公司的页面上收到这一版。标题中含〔退回〕的申请会被总部退回，可试第二轮。",
    ]
