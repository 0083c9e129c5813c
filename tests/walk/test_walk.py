"""`kbsearch walk` end to end on a real service and sandbox; and that it fails where the systems do not do what they must."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from kbsearch.sandbox.misbehaviour import Fault
from kbsearch.sandbox.walk import RunningSystems, StepResult, WalkConfig, all_steps, run_walk
from kbsearch.sandbox.walk.own_systems import started_systems
from tests.store.databases import HOW_TO_START, PostgresDatabase, postgres_url

NUMBERS = (*(str(number) for number in range(1, 11)), "11.1", "11.2", "12")
REQUIRED = {f"3.1.1.{flow}-{number}" for flow in (1, 2, 3) for number in NUMBERS} | {"N1", "N2", "N3", "T1", "T2", "S1", "S2"}
REQUIRED |= {f"3.1.1.4-{number}" for number in range(1, 13)} | {f"M{number}" for number in range(1, 7)}
REQUIRED |= {f"feedback-{what}" for what in ("no-change", "duplicate", "rejected", "overdue", "dispatched-again", "given-back", "local")}
REQUIRED |= {f"A{number}" for number in range(1, 10)} | {f"R{number}" for number in range(1, 8)}
REQUIRED |= {"receipt-read", "receipt-sign", "receipt-missing", "receipt-again", "attachment-sent", "attachment-found"}
REQUIRED |= {"told-announcement", "told-reply", "told-feedback"}
# These deliver signed requests by hand, with the key the walk was told.
SIGNED_BY_HAND = {"T1", "race-same-delivery", "race-late-approval", "race-rebase", "race-altered", "reject"}
# Three walks one behind the other, each about a minute on two idle cores; headquarters' faults cost seconds each.
LONGEST = 1_500
SEEDS = (1, 2)
OTHER_SECRET = "whsec_" + "b3RoZXItc2VjcmV0LW9mLXRoZS10ZXN0LTAxMjM0NTY="


def walked(*options: str, **environment: str) -> tuple[int, list[dict[str, Any]]]:
    """Exit code and results of the command line."""
    code, results = told(*options, **environment)
    return code, list(results)


def told(*options: str, **environment: str) -> tuple[int, Any]:
    """Exit code and JSON of the command line."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("KBSEARCH_")}
    done = subprocess.run(  # noqa: S603 - our own command line
        [sys.executable, "-m", "kbsearch.cli", "walk", "--json", *options],
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def failed(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [result for result in results if not result["ok"]]


def test_every_numbered_step_is_declared() -> None:
    assert set(all_steps()) >= REQUIRED


@pytest.mark.timeout(LONGEST + 30)
def test_headquarters_misbehaves_and_all_ends_as_without_its_faults() -> None:
    code, told_of = told("--misbehave", *(option for seed in SEEDS for option in ("--seed", str(seed))))
    runs = told_of["runs"]
    assert {run["seed"]: failed(run["steps"]) + run["difference"] for run in runs} == {seed: [] for seed in (None, *SEEDS)}
    assert (code, told_of["ok"]) == (0, True)
    assert runs[0]["faults"] == {}
    plain = [step["step"] for step in runs[0]["steps"]]
    assert plain[: len(all_steps()) + 1] == ["start", *all_steps()]
    assert all(step["evidence"] and step["title"] for step in runs[0]["steps"])
    for run in runs[1:]:
        assert set(run["faults"]) == set(Fault)
        assert min(run["faults"].values()) >= 3
        assert {step["step"] for step in run["steps"]} > {*REQUIRED, "faults", "refused", "same-state"}
    assert runs[1]["faults"] != runs[2]["faults"], "another seed, other faults"


def test_only_the_flows_that_were_asked_for() -> None:
    code, results = walked("--only", "reject", "--only", "M1")
    assert (code, failed(results)) == (0, [])
    assert {result["step"] for result in results} == {"start", "M1", "M2", "race-forged", "race-altered", "reject"}


def test_a_step_that_does_not_exist() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kbsearch.cli", "walk", "--only", "3.1.1.9"], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "3.1.1.9" in done.stderr


@pytest.mark.parametrize("options", [("--misbehave", "--url", "http://127.0.0.1:9"), ("--seed", "1")])
def test_options_that_do_not_go_together(options: tuple[str, ...]) -> None:
    done = subprocess.run(  # noqa: S603 - our own command line
        [sys.executable, "-m", "kbsearch.cli", "walk", *options], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "--misbehave" in done.stderr
    assert done.stdout == ""


@pytest.mark.postgres
@pytest.mark.skipif(postgres_url() is None, reason=HOW_TO_START)
def test_every_step_holds_on_postgresql() -> None:
    database = PostgresDatabase(migrated=False)
    try:
        results = run_walk(WalkConfig(database_url=database.url), lambda _result: None)
    finally:
        database.close()
    assert [result for result in results if not result.ok] == []
    assert {result.step for result in results} >= REQUIRED


@pytest.fixture
def running() -> Iterator[RunningSystems]:
    with started_systems(WalkConfig()) as systems:
        yield systems


def test_systems_that_run_already_and_a_key_that_is_not_theirs(running: RunningSystems) -> None:
    """With --url the walk needs no more than an admin's token; only what it signs itself is refused."""
    options = ["--url", running.service, "--hq-url", running.hq]
    options += [part for code, url in running.provinces.items() for part in ("--province", f"{code}={url}")]
    code, results = walked(*options, KBSEARCH_WALK_TOKEN=running.admin_token, KBSEARCH_HQ_INBOUND_SECRETS=OTHER_SECRET)
    assert {result["step"] for result in failed(results)} == SIGNED_BY_HAND
    assert code == 1
    late = next(result for result in results if result["step"] == "race-late-approval")
    assert "回执应为 QUARANTINED，实为 HTTP 401" in late["evidence"]


def test_a_service_that_does_not_know_headquarters_key() -> None:
    """Headquarters hears us, we do not hear it: each flow fails at its first answer, and the walk goes on with the next."""
    seen: list[StepResult] = []
    results = run_walk(WalkConfig(environment={"KBSEARCH_HQ_INBOUND_SECRETS": OTHER_SECRET}, patience=1.0), seen.append)
    assert seen == results
    assert [result.step for result in results] == ["start", *all_steps()]
    first = {result.step: result for result in reversed(results)}
    assert first["start"].ok
    assert first["3.1.1.1-3"].ok
    assert not first["3.1.1.1-4"].ok
    assert "我方状态应为 PENDING_HQ，实为 SUBMITTED" in first["3.1.1.1-4"].evidence
    assert first["3.1.1.1-5"].evidence.startswith("未走到")
    assert not any(first[f"3.1.1.{flow}-{number}"].ok for flow in (1, 2, 3) for number in ("6", "7", "10", "11.1", "11.2", "12"))


def test_nothing_is_running() -> None:
    secrets = {"KBSEARCH_WALK_TOKEN": "kb_nobody", "KBSEARCH_HQ_INBOUND_SECRETS": OTHER_SECRET}
    code, results = walked("--url", "http://127.0.0.1:9", "--hq-url", "http://127.0.0.1:9", **secrets)
    assert code == 1
    assert failed(results) == results
    assert [result["step"] for result in results] == ["start", *all_steps()]


def test_a_command_line_that_does_not_start() -> None:
    results = run_walk(WalkConfig(command=(sys.executable, "-c", "raise SystemExit('没有数据库')")), lambda _result: None)
    assert not any(result.ok for result in results)
    assert "没有数据库" in results[0].evidence
