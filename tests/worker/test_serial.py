"""A job rung for from many threads runs one at a time, and never misses a ring."""

from __future__ import annotations

import threading
import time

import pytest

from kbsearch.worker.serial import Serial


def test_rings_during_a_run_make_exactly_one_more_run() -> None:
    started, go_on = threading.Event(), threading.Event()
    runs: list[int] = []

    def job() -> None:
        runs.append(len(runs))
        started.set()
        go_on.wait(5)

    serial = Serial(job)
    first = threading.Thread(target=serial)
    first.start()
    assert started.wait(5)
    for _ in range(10):
        serial()  # returns at once
    go_on.set()
    first.join(5)
    assert len(runs) == 2


def test_never_two_at_once_and_the_last_ring_is_always_seen() -> None:
    work, seen, inside = [0], [0], [0]
    overlaps: list[int] = []
    lock = threading.Lock()

    def job() -> None:
        with lock:
            inside[0] += 1
            overlaps.append(inside[0])
        seen[0] = work[0]
        time.sleep(0.0005)
        with lock:
            inside[0] -= 1

    serial = Serial(job)

    def ring() -> None:
        for _ in range(50):
            with lock:
                work[0] += 1
            serial()

    threads = [threading.Thread(target=ring) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    deadline = time.monotonic() + 5
    while seen[0] < 400 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert max(overlaps) == 1
    assert seen[0] == 400


def test_a_job_that_fails_can_be_rung_for_again() -> None:
    runs: list[int] = []

    def job() -> None:
        runs.append(1)
        if len(runs) == 1:
            raise RuntimeError("first run fails")

    serial = Serial(job)
    with pytest.raises(RuntimeError):
        serial()
    serial()
    assert len(runs) == 2
