"""A process that was stopped while it timed a step notices, whatever stopped it. Row 6 of FAULTS.md."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from specprof.measure import suspension
from specprof.measure.row_sweep import RowSweep
from specprof.measure.suspension import Suspension

from .test_row_sweep import EVEN, ROW, ScriptedClock, Stage

WATCHING = """
import signal, sys, time
from specprof.measure import suspension
from specprof.measure.suspension import Suspension

suspension.STANDSTILL_S = 1.0

def busy(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        sum(range(1000))

witness = Suspension()
witness.watch()
if sys.argv[1] == "deaf":
    signal.signal(signal.SIGCONT, signal.SIG_DFL)
print("ready", flush=True)
for line in sys.stdin:
    began = witness.begin()
    print("begun", flush=True)
    busy(float(line))
    print(witness.since(began), flush=True)
"""


class Watching:
    """A process of its own that times steps of so many seconds."""

    def __init__(self, *how: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", WATCHING, *how], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.line() == "ready"

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def step(self, seconds: float) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        assert self.line() == "begun"

    def stop_for(self, seconds: float) -> None:
        os.kill(self.process.pid, signal.SIGSTOP)
        while Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
            time.sleep(0.005)
        time.sleep(seconds)
        os.kill(self.process.pid, signal.SIGCONT)

    def noticed(self) -> bool:
        return self.line() == "True"


@pytest.fixture
def watching(request):
    process = Watching(*getattr(request, "param", ("all ears",)))
    yield process
    process.process.kill()
    process.process.communicate()


def test_a_stop_however_short_is_noticed_in_its_step_and_in_no_other(watching):
    watching.step(0.05)
    assert not watching.noticed()
    watching.step(0.3)
    watching.stop_for(0.05)
    assert watching.noticed()
    watching.step(0.05)
    assert not watching.noticed()


def test_a_stop_between_two_steps_spoils_neither(watching):
    watching.step(0.01)
    assert not watching.noticed()
    watching.stop_for(0.1)
    watching.step(0.1)
    assert not watching.noticed()


@pytest.mark.parametrize("watching", [("deaf",)], indirect=True)
def test_a_standstill_that_no_signal_tells_of_is_noticed_by_the_heartbeat(watching):
    # the end of the step lies a moment after the standstill: no beat may have come since
    watching.step(0.2)
    watching.stop_for(1.5)
    assert watching.noticed()
    # and here several have
    watching.step(2.5)
    watching.stop_for(1.5)
    assert watching.noticed()
    # one before the step is not the step's, nor is a long step a standstill
    watching.stop_for(1.5)
    watching.step(1.5)
    assert not watching.noticed()


def test_a_machine_that_slept_is_noticed():
    asleep_s = 1000.0
    witness = Suspension(lambda: asleep_s)
    began = witness.begin()
    asleep_s += 0.001  # the time between reading two clocks
    assert not witness.since(began)
    asleep_s += 30.0
    assert witness.since(began)


def test_the_machine_says_how_long_it_has_slept_and_that_does_not_grow_awake():
    witness = Suspension()
    began = witness.begin()
    time.sleep(0.2)
    assert not witness.since(began)


def test_a_suspended_sample_is_kept_and_marked():
    asleep_s = 0.0

    class SleepingClock(ScriptedClock):
        def sample(self, step, *, with_head):
            nonlocal asleep_s
            taken = super().sample(step, with_head=with_head)
            if step.run().shape[1] == 7:
                asleep_s += 60
            return taken

    stage = Stage(SleepingClock(EVEN))
    stage.bench.suspension = Suspension(lambda: asleep_s)
    sweep = RowSweep(stage.bench, ROW, set(), 0)
    assert sweep.open()
    sweep.measure_round()
    marks = {event["candidates"]: event["suspended"] for event in stage.said("sample")}
    assert marks == {1: False, 7: True, 16: False}
    assert len(sweep.cells.active[7].ms) == 1


def test_a_stop_just_before_or_after_the_clock_ran_lengthened_nothing():
    witness = Suspension()
    began = witness.begin()
    for continued_s, suspended in (
        (9.0, False),
        (10.0005, False),
        (10.6, True),
        (11.0005, True),
        (11.5, False),
    ):
        witness._continued_s = continued_s
        assert witness.since(began, (10.0, 11.0)) == suspended, continued_s


@pytest.mark.parametrize("late", [0, 1])
def test_a_process_set_aside_between_two_clocks_has_not_slept(monkeypatch: pytest.MonkeyPatch, late: int):
    """The clock of either reading stands at 100 s; half a second passes within one of the two."""
    monotonic = [100.0, 100.0, 100.0, 100.0]
    monotonic[2 * late + 1 :] = [100.5] * (3 - 2 * late)
    read = iter(monotonic)
    boot = iter([107.0, 107.0] if late else [107.0, 107.5])

    class Clocks:
        CLOCK_BOOTTIME = time.CLOCK_BOOTTIME
        monotonic = staticmethod(lambda: next(read))
        clock_gettime = staticmethod(lambda which: next(boot))

    monkeypatch.setattr(suspension, "time", Clocks)
    assert suspension.machine_asleep_s() == pytest.approx(7.0)
