"""The kill test: kill -9 of specprof and of its measuring child at moments that nobody chose.

No finished cell is ever lost, the journal always loads, `--resume` completes it, and the completed run equals
one that nobody disturbed in plan, cells and schema. A made-up child measures in a moment and is killed
forty times; the real one imports torch, which takes seconds, and is killed `--kills N` times.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli.command import SMALL, Command, finish

from .children import FAKE, REAL, gone_within, only_child
from .killing import KillTest

QUICK_KILLS = 40
MEASURED = ("run", *SMALL, "--device", "cpu")
REAL_RUN = (*MEASURED, "--seq-len", "16,24,32", "--budget", "3", "--target-ci", "0.01")
"""No cell reaches this target: a row lasts its share of the budget, or its 200 rounds."""


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    given = request.config.getoption("--kill-seed", default=None)
    chosen = time.time_ns() % 10**9 if given is None else given
    print(f"to have these moments again: --kill-seed {chosen}")
    return chosen


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Command]:
    """specprof with its real measuring child."""
    home = tmp_path / "real"
    home.mkdir()
    running = Command(home)
    yield running
    running.end_all()


def test_rows_01_02_many_kills_at_random_moments_lose_no_finished_cell(
    faked: Command, seed: int, record_property: Callable[[str, object], None]
):
    test = KillTest(faked, MEASURED, FAKE, seed, faked.home, child_gone_s=2.0)
    try:
        test.go_on(QUICK_KILLS)
    finally:
        record_property("kill test of a run with a made-up child", test.counts)
    assert test.lost == []
    assert test.with_finished > QUICK_KILLS / 10
    assert min(test.killed["child"], test.killed["parent"]) > QUICK_KILLS / 10


@pytest.mark.timeout(0)
def test_rows_01_02_kills_of_a_real_run_at_random_moments_lose_no_finished_cell(
    command: Command,
    seed: int,
    record_property: Callable[[str, object], None],
    request: pytest.FixtureRequest,
):
    test = KillTest(command, REAL_RUN, REAL, seed, command.home, child_gone_s=1.0)
    try:
        test.go_on(request.config.getoption("--kills", default=2))
    finally:
        record_property("kill test of a real run", test.counts)
    assert test.lost == []


def test_row_02_a_child_whose_parent_is_killed_while_it_starts_is_gone_soon(command: Command):
    process = command.start(*REAL_RUN, "--output", "run.json")
    child = only_child(process)
    process.send_signal(signal.SIGKILL)
    finish(process)
    # it may still be starting its Python, and looks whether it has a parent after that
    assert gone_within(child, 2.5)
