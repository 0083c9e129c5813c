"""Proves the demo content is complete, consistent and free of personal data; it reads the files and never the service."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).parents[2] / "kbsearch" / "seed" / "data"
VERSION_FIELDS = {"title", "summary", "body", "script", "keywords", "regions", "effectiveFrom", "effectiveTo", "changeNote", "material"}
SCENARIO_FIELDS = {
    "name",
    "kind",
    "scope",
    "sourceId",
    "categoryId",
    "content",
    "revoke",
    "urgency",
    "author",
    "reviewer",
    "state",
    "returnReason",
    "baseMovedBy",
    "note",
}
SHOWN_TWICE = {"DRAFT", "PENDING_REVIEW", "RETURNED", "APPROVED", "PENDING_HQ", "HQ_RETURNED", "EFFECTIVE"}
SHOWN_ONCE = {
    "SUBMITTED",
    "SCHEDULED",
    "WITHDRAW_PENDING",
    "BASE_CONFLICT",
    "WITHDRAWN",
    "VOIDED",
    "HQ_REJECTED",
    "SUPERSEDED",
    "CLOSED_STALE",
}
RETURN_CODES = {"CONTENT_ERROR", "INCOMPLETE", "FORMAT", "DUPLICATE", "WRONG_CATEGORY", "NOT_NATIONWIDE", "SENSITIVE", "OTHER"}
REVOKE_REASONS = {"PUBLISHED_IN_ERROR", "MERGED", "SERVICE_RETIRED", "NO_LONGER_USEFUL"}
# Rule 3: these count as open; DRAFT and SCHEDULED do not, nor does anything that has ended.
OPEN_STATES = {
    "PENDING_REVIEW",
    "RETURNED",
    "APPROVED",
    "SUBMITTED",
    "PENDING_HQ",
    "HQ_RETURNED",
    "WITHDRAW_PENDING",
    "BASE_CONFLICT",
}
# fmt: off
TOPICS = (
    "话费余额", "充值缴费", "套餐变更", "彩信包", "流量月包", "日本漫游", "香港漫游", "欧洲漫游", "宽带报装", "宽带移机", "宽带故障",
    "停机保号", "复机", "携号转网", "过户", "实名登记", "垃圾短信", "积分兑换", "eSIM", "VoLTE", "5G畅享", "亲情网", "副卡", "电子发票",
    "黑名单", "垫付", "预存", "二次放号", "国际及港澳台长途", "短信群发", "WLAN", "家庭宽带", "物联网卡", "集团V网",
)
# fmt: on
PERSONAL_NUMBER = re.compile(r"(?<!\d)(?:1[3-9]\d{9}|\d{15}|\d{17}[\dXx]|\d{16}|\d{19})(?!\d)")


def read_json(name: str) -> Any:
    return json.loads((DATA / name).read_text(encoding="utf-8"))


def read_lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


KNOWLEDGE = read_lines("knowledge.jsonl")
BY_SOURCE = {item["sourceId"]: item for item in KNOWLEDGE}
ALL_SCENARIOS = read_lines("scenarios.jsonl")
SCENARIOS = [line for line in ALL_SCENARIOS if line["kind"] != "SUSPEND"]
SUSPENSIONS = [line for line in ALL_SCENARIOS if line["kind"] == "SUSPEND"]
TAXONOMY = read_json("taxonomy.json")
LOCAL = read_json("local_categories.json")
PROVINCES = read_json("provinces.json")
PEOPLE = read_json("people.json")


def leaves(nodes: list[dict[str, Any]]) -> set[str]:
    return {node["id"] for node in nodes} - {node["parentId"] for node in nodes}


LEAVES = {"NATIONAL": leaves(TAXONOMY["nodes"]), "LOCAL": leaves(LOCAL["nodes"])}
REGIONS = {province["code"] for province in PROVINCES}
VERSIONS = [(f"{item['sourceId']} v{version['number']}", version) for item in KNOWLEDGE for version in item["versions"]]
CONTENTS = [(line["name"], line["content"]) for line in SCENARIOS if line["content"]]


def days(relative: str | None) -> int | None:
    if relative is None:
        return None
    assert re.fullmatch(r"[+-]\d+d", relative), relative
    return int(relative[:-1])


def logins(role: str) -> set[str]:
    return {person["login"] for person in PEOPLE if role in person["roles"]}


@pytest.mark.parametrize(("nodes", "prefix"), [(TAXONOMY["nodes"], "HQ-"), (LOCAL["nodes"], "LC-")], ids=["hq", "local"])
def test_trees_are_whole(nodes: list[dict[str, Any]], prefix: str) -> None:
    seen: set[str | None] = {None}
    positions: dict[str | None, list[int]] = defaultdict(list)
    for node in nodes:
        assert set(node) == {"id", "parentId", "name", "position"}
        assert node["id"].startswith(prefix)
        assert node["id"] not in seen
        assert node["parentId"] in seen, f"{node['id']} stands before its parent"
        seen.add(node["id"])
        positions[node["parentId"]].append(node["position"])
    assert all(found == list(range(1, len(found) + 1)) for found in positions.values())
    names = Counter((node["parentId"], node["name"]) for node in nodes)
    assert max(names.values()) == 1


def test_taxonomy_has_three_levels_and_every_leaf_is_used() -> None:
    parent = {node["id"]: node["parentId"] for node in TAXONOMY["nodes"]}
    depth = {leaf: 1 + (parent[leaf] is not None) + (parent.get(parent[leaf]) is not None) for leaf in LEAVES["NATIONAL"]}
    assert TAXONOMY["treeVersion"] == 1
    assert len(TAXONOMY["nodes"]) >= 40
    assert set(depth.values()) == {3}
    used = {item["categoryId"] for item in KNOWLEDGE}
    assert (LEAVES["NATIONAL"] | LEAVES["LOCAL"]) <= used, "an empty leaf shows a newcomer an empty list"


def test_knowledge_counts() -> None:
    assert len(KNOWLEDGE) == len(BY_SOURCE)
    assert len(KNOWLEDGE) >= 90
    assert sum(len(item["versions"]) > 1 for item in KNOWLEDGE) >= 25
    assert any(len(item["versions"]) == 3 for item in KNOWLEDGE)
    assert sum(item["scope"] == "LOCAL" for item in KNOWLEDGE) >= 12
    assert len({item["categoryId"][:5] for item in KNOWLEDGE if item["scope"] == "NATIONAL"}) >= 8


def test_titles_are_unique_among_current_versions() -> None:
    titles = Counter(item["versions"][-1]["title"] for item in KNOWLEDGE)
    titles.update(line["content"]["title"] for line in SCENARIOS if line["kind"] == "PUBLISH")
    assert [title for title, count in titles.items() if count > 1] == []


@pytest.mark.parametrize("topic", TOPICS)
def test_a_title_names_each_topic(topic: str) -> None:
    assert any(topic in item["versions"][-1]["title"] for item in KNOWLEDGE)


def test_items_have_the_promised_shape() -> None:
    for item in KNOWLEDGE:
        assert set(item) == {"sourceId", "categoryId", "scope", "versions"}
        assert item["categoryId"] in LEAVES[item["scope"]], item["sourceId"]
        assert [version["number"] for version in item["versions"]] == list(range(1, len(item["versions"]) + 1))
        assert all(set(version) == VERSION_FIELDS | {"number"} for version in item["versions"])


@pytest.mark.parametrize(("label", "content"), VERSIONS + CONTENTS, ids=[label for label, _ in VERSIONS + CONTENTS])
def test_wording_fits_the_screen(label: str, content: dict[str, Any]) -> None:
    assert 0 < len(content["title"]) <= 100
    assert 0 < len(content["summary"]) <= 300
    assert 0 < len(content["script"]) <= 200
    assert 150 <= len(re.findall(r"[\u4e00-\u9fff]", content["body"])) <= 600, label
    assert content["changeNote"]
    assert isinstance(content["material"], bool)
    assert len(set(content["keywords"])) == len(content["keywords"]) >= 3
    assert set(content["regions"]) <= REGIONS
    assert content["regions"] == sorted(set(content["regions"]))
    begin, end = days(content["effectiveFrom"]), days(content["effectiveTo"])
    assert begin is None or end is None or begin < end


def test_versions_differ_in_wording_and_follow_in_time() -> None:
    for item in KNOWLEDGE:
        for earlier, later in pairwise(item["versions"]):
            assert earlier["body"] != later["body"], item["sourceId"]
            assert (days(earlier["effectiveFrom"]) or 0) < (days(later["effectiveFrom"]) or 0), item["sourceId"]


def test_expired_and_coming_items_are_there() -> None:
    first_from = [days(item["versions"][0]["effectiveFrom"]) or 0 for item in KNOWLEDGE]
    last_to = [days(item["versions"][-1]["effectiveTo"]) for item in KNOWLEDGE]
    successors = [days(version["effectiveFrom"]) or 0 for item in KNOWLEDGE for version in item["versions"][1:]]
    assert sum(begin > 0 for begin in first_from) >= 2
    assert sum(end is not None and end < 0 for end in last_to) >= 2
    assert any(begin > 0 for begin in successors), "a live item with a scheduled successor"


def test_provinces_are_the_mainland_31() -> None:
    assert len(PROVINCES) == 31
    assert len(REGIONS) == len({province["name"] for province in PROVINCES}) == 31
    assert all(re.fullmatch(r"[A-Z]{2}", code) for code in REGIONS)
    names = {province["code"]: province["name"] for province in PROVINCES}
    easily_confused = {"SX": "山西", "SN": "陕西", "HB": "湖北", "HE": "河北", "HA": "河南", "HI": "海南", "HN": "湖南", "NM": "内蒙古"}
    assert easily_confused.items() <= names.items()


def test_people_cover_every_role_and_only_one_is_both() -> None:
    assert len(PEOPLE) >= 12
    assert len({person["login"] for person in PEOPLE}) == len({person["name"] for person in PEOPLE}) == len(PEOPLE)
    assert all(re.fullmatch(r"[a-z]+", person["login"]) for person in PEOPLE)
    assert {role for person in PEOPLE for role in person["roles"]} == {"agent", "author", "reviewer", "operator", "admin"}
    assert min(len(logins(role)) for role in ("agent", "author", "reviewer")) >= 3
    assert len(logins("author") & logins("reviewer")) == 1


def test_every_state_is_shown() -> None:
    shown = Counter(line["state"] for line in SCENARIOS)
    assert len(SCENARIOS) >= 24
    assert set(shown) == SHOWN_TWICE | SHOWN_ONCE
    assert {state for state in SHOWN_TWICE if shown[state] < 2} == set()
    assert {line["kind"] for line in SCENARIOS} == {"PUBLISH", "UPDATE", "REVOKE"}
    assert len({line["name"] for line in ALL_SCENARIOS}) == len(ALL_SCENARIOS)


@pytest.mark.parametrize("line", SCENARIOS, ids=[line["name"] for line in SCENARIOS])
def test_scenario_is_well_formed(line: dict[str, Any]) -> None:
    assert set(line) == SCENARIO_FIELDS
    assert line["scope"] in LEAVES
    assert line["categoryId"] in LEAVES[line["scope"]]
    assert line["urgency"] in {"NORMAL", "URGENT"}
    assert line["author"] in logins("author")
    assert line["reviewer"] in logins("reviewer")
    assert line["author"] != line["reviewer"], "rule 1: four eyes"
    assert line["note"]
    assert (line["content"] is None) == (line["kind"] == "REVOKE")
    assert (line["revoke"] is None) == (line["kind"] != "REVOKE")
    assert (line["returnReason"] is not None) == (line["state"] in {"RETURNED", "HQ_RETURNED", "HQ_REJECTED"})
    assert (line["baseMovedBy"] is not None) == (line["state"] == "BASE_CONFLICT")
    if line["scope"] == "LOCAL":
        assert line["state"] in {"DRAFT", "PENDING_REVIEW", "RETURNED", "SCHEDULED", "EFFECTIVE"}, "local items never meet HQ"


def test_scenarios_name_existing_items_and_change_them() -> None:
    for line in SCENARIOS:
        if line["kind"] == "PUBLISH":
            assert line["sourceId"] is None
            continue
        item = BY_SOURCE[line["sourceId"]]
        assert (item["categoryId"], item["scope"]) == (line["categoryId"], line["scope"])
        if line["kind"] == "UPDATE":
            assert set(line["content"]) == VERSION_FIELDS
            assert line["content"]["body"] != item["versions"][-1]["body"]


def test_a_state_agrees_with_its_dates() -> None:
    for line in SCENARIOS:
        if line["content"]:
            begin = days(line["content"]["effectiveFrom"])
            assert (begin is not None and begin > 0) == (line["state"] == "SCHEDULED"), line["name"]


def test_hq_version_that_moves_a_base_is_the_next_one() -> None:
    for line in SCENARIOS:
        if line["baseMovedBy"]:
            current = BY_SOURCE[line["sourceId"]]["versions"][-1]
            assert set(line["baseMovedBy"]) == VERSION_FIELDS | {"number"}
            assert line["baseMovedBy"]["number"] == current["number"] + 1
            assert line["baseMovedBy"]["body"] not in {current["body"], line["content"]["body"]}


def test_reasons_are_typed_and_explained() -> None:
    for line in SCENARIOS:
        if line["returnReason"]:
            assert line["returnReason"]["codes"]
            assert set(line["returnReason"]["codes"]) <= RETURN_CODES
            assert line["returnReason"]["text"]
        if line["revoke"]:
            assert line["revoke"]["reason"] in REVOKE_REASONS
            assert line["revoke"]["text"]
            replacement = line["revoke"]["replacementSourceId"]
            assert replacement is None or (replacement in BY_SOURCE and replacement != line["sourceId"])
            assert replacement is not None or line["revoke"]["reason"] != "MERGED"
    assert {line["revoke"]["reason"] for line in SCENARIOS if line["revoke"]} == REVOKE_REASONS


def test_rule_three_holds() -> None:
    kinds = ((line["sourceId"], line["kind"]) for line in SCENARIOS if line["state"] in OPEN_STATES and line["sourceId"])
    assert [key for key, count in Counter(kinds).items() if count > 1] == []


def test_a_superseded_update_precedes_the_revocation_that_ends_it() -> None:
    place = {(line["sourceId"], line["kind"], line["state"]): number for number, line in enumerate(SCENARIOS)}
    for (source, _, state), number in place.items():
        if state == "SUPERSEDED":
            assert number < place[(source, "REVOKE", "EFFECTIVE")]


def test_suspensions_name_live_items_untouched_by_scenarios() -> None:
    assert len(SUSPENSIONS) == 2
    for line in SUSPENSIONS:
        assert set(line) == {"name", "kind", "sourceId", "reviewer", "text"}
        assert line["sourceId"] in BY_SOURCE
        assert line["reviewer"] in logins("reviewer")
        assert line["text"]
        assert line["sourceId"] not in {other["sourceId"] for other in SCENARIOS}


@pytest.mark.parametrize("path", sorted(DATA.iterdir()), ids=lambda path: path.name)
def test_files_are_clean_and_hold_no_personal_numbers(path: Path) -> None:
    raw = path.read_bytes()
    text = raw.decode("utf-8")
    assert b"\r" not in raw
    assert text.endswith("\n")
    assert not text.startswith("\ufeff")
    assert PERSONAL_NUMBER.findall(text) == []
    assert re.findall(r"https?://|[\w.]+@[\w.]+|\\u[0-9a-f]{4}", text) == []


@pytest.mark.parametrize("number", ["13800000000", "身份证11010119900101123X", "6222000000000000"])
def test_the_personal_number_check_can_fail(number: str) -> None:
    assert PERSONAL_NUMBER.search(number)
