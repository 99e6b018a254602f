"""The app while it profiles, on the cores that are measured: what it costs, how quick its keys are, and
whether it disturbs what it measures.

One real run of Llama 7B slices in a terminal of 120 × 40. In turns the app is let run and is stopped
(SIGSTOP); the measuring child goes on alone meanwhile, which is less company than it has headless. Each
turn's samples of a cell give one median; the turns are compared in pairs. Keys are timed at 80 × 24.
"""

from __future__ import annotations

import itertools
import json
import re
import signal
import statistics
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from on_pty.terminal import Terminal

from specprof.analysis.opened import load

TURN_S = 6.0
TURNS = 24
SETTLE_S = 1.0
"""At the start of each turn: what the app catches up with after a stop is not what it costs."""

PLAN = (
    "--device",
    "cpu",
    "--layers",
    "2",
    "--seq-len",
    "128",
    "--candidates",
    "1,16,32,64,96,112",
    "--target-ci",
    "0.01",
)


@dataclass
class Turn:
    app: bool
    begin_s: float
    end_s: float
    cpu_s: float
    """What the app's process used in it."""


@dataclass
class Observed:
    turns: list[Turn] = field(default_factory=list)
    lags_s: list[float] = field(default_factory=list)
    samples: dict[int, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    """By K: when a sample was written down, on this process's clock, and its latency, ms."""


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Observed:
    home = tmp_path_factory.mktemp("home")
    env = {f"XDG_{kind}_HOME": str(home) for kind in ("DATA", "STATE", "CONFIG", "CACHE")}
    budget = str(int(TURNS * TURN_S + 120))
    command = [sys.executable, "-m", "specprof", "run", *PLAN, "--budget", budget, "--output", "run.json"]
    found = Observed()
    with Terminal(command, columns=120, rows=40, env=env, cwd=home) as terminal:
        terminal.wait_for("Batch Size: 1", within_s=120)
        terminal.wait_for("K 16", within_s=120)
        app = psutil.Process(terminal.pid)
        origin_s = _origin(home / "run.jsonl.part")
        terminal.resize(80, 24)
        terminal.wait_for("[Cells]")
        found.lags_s = [_lag(terminal, number) for number in range(60)]
        terminal.resize(120, 40)
        for number in range(TURNS):
            found.turns.append(_turn(terminal, app, lets_run=number % 2 == 0))
        terminal.press("ctrl+c", "ctrl+c")
        terminal.wait_exit()
    # a run that came to its end before the turns did has no samples in the last of them
    for cell in load(home / "run.json").record.cells:
        measured = cell.measured_ms
        if measured is not None:
            moments = zip(measured.sampled_at_s, measured.samples, strict=True)
            found.samples[cell.candidates] = [(origin_s + t_s, ms) for t_s, ms in moments]
    return found


def _turn(terminal: Terminal, app: psutil.Process, *, lets_run: bool) -> Turn:
    if not lets_run:
        terminal.signal(signal.SIGSTOP)
        terminal.wait_stopped()
    time.sleep(SETTLE_S)
    begin_s, used = time.monotonic(), sum(app.cpu_times()[:2])
    time.sleep(TURN_S - SETTLE_S)
    turn = Turn(lets_run, begin_s, time.monotonic(), sum(app.cpu_times()[:2]) - used)
    if not lets_run:
        terminal.to_foreground()
    return turn


def _lag(terminal: Terminal, number: int) -> float:
    """From a key to what it changes on the screen: Tab shows the next panel of a small terminal."""
    time.sleep(0.13 + 0.01 * (number % 17))
    before = _panel(terminal)
    began = time.monotonic()
    terminal.send("\t")
    terminal.wait_for(lambda seen: _panel(seen) != before)
    return time.monotonic() - began


def _panel(terminal: Terminal) -> str:
    """The name of the panel shown."""
    found = re.search(r"\[(Cells|Grid|Device|Findings|Notices)\]", terminal.text())
    return found[1] if found else ""


def _lines(journal: Path):
    return (json.loads(line) for line in journal.read_text().splitlines() if line.endswith("}"))


def _origin(journal: Path) -> float:
    """This clock's value at the run's t_s = 0: the least of what a fresh line may be late."""
    earliest = float("inf")
    known = sum(1 for _ in _lines(journal))
    for _ in range(400):
        time.sleep(0.005)
        now = time.monotonic()
        fresh = list(itertools.islice(_lines(journal), known, None))
        known += len(fresh)
        earliest = min([earliest, *(now - line["t_s"] for line in fresh if line["event"] == "telemetry")])
    return earliest


def test_it_uses_at_most_a_seventh_of_one_core(observed: Observed):
    shares = [turn.cpu_s / (turn.end_s - turn.begin_s) for turn in observed.turns if turn.app]
    print(f"\napp: {statistics.median(shares):.1%} of one core (median of {len(shares)} turns, "
          f"{min(shares):.1%} to {max(shares):.1%})")  # fmt: skip
    assert statistics.median(shares) <= 0.15


def test_keys_answer_within_fifty_milliseconds(observed: Observed):
    lags_ms = sorted(1e3 * lag for lag in observed.lags_s)
    p95 = lags_ms[int(0.95 * len(lags_ms))]
    print(f"\nkey to screen: median {statistics.median(lags_ms):.0f} ms, p95 {p95:.0f} ms, "
          f"worst {lags_ms[-1]:.0f} ms of {len(lags_ms)}")  # fmt: skip
    assert p95 <= 50


def test_it_does_not_disturb_what_it_measures(observed: Observed):
    for candidates in (1, 16):
        samples = observed.samples[candidates]
        medians = [
            statistics.median(within) if (within := _within(samples, [turn])) else None
            for turn in observed.turns
        ]
        pairs = [(a, b) for a, b in zip(medians[::2], medians[1::2], strict=True) if a and b]
        ratios = [a / b for a, b in pairs]
        together = _within(samples, [turn for turn in observed.turns if turn.app])
        alone = _within(samples, [turn for turn in observed.turns if not turn.app])
        whole = statistics.median(together) / statistics.median(alone)
        print(f"\nK={candidates}: with the app {statistics.median(together):.2f} ms ({len(together)}),"
              f" alone {statistics.median(alone):.2f} ms ({len(alone)}): ratio {whole:.4f}; "
              f"median of {len(ratios)} paired turns {statistics.median(ratios):.4f}")  # fmt: skip
        assert abs(whole - 1) <= 0.02


def _within(samples: list[tuple[float, float]], turns: list[Turn]) -> list[float]:
    """The latencies, ms, of the samples that were written down in these turns."""
    return [ms for at, ms in samples for turn in turns if turn.begin_s < at < turn.end_s]
