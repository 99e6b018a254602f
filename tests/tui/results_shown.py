"""The results screen opened on a run, and what a test reads off it."""

from __future__ import annotations

import pytest
from views.measured_run import plan, record

from specprof.analysis.opened import Run, load
from specprof.tui.screens.results import ResultsScreen

from .seen import LEAST, SMALL, WIDE, Seen

CPU, PUBLISHED_FIGURE = "llama-7b-cpu-bs1", "medusa-llama-7b-bs4"
SIZES = pytest.mark.parametrize("size", [WIDE, SMALL, LEAST], ids=["120x40", "80x24", "60x16"])
BOTH = pytest.mark.parametrize("size", [WIDE, SMALL], ids=["120x40", "80x24"])


def results_of(run: Run | str, notes=()):
    opened = load(run) if isinstance(run, str) else run
    return lambda app: ResultsScreen(opened, notes)


def measured(**changes) -> Run:
    """Every layer measured, so nothing is estimated."""
    return Run.of(record(plan(layers=32, **changes)))


def place_of(seen: Seen) -> tuple[int, int] | None:
    return seen.app.screen._place


def words(seen: Seen) -> str:
    """What is on the screen, as running text."""
    return " ".join(seen.text.split())


async def put(seen: Seen, seq_len: int, candidates: int) -> None:
    """Puts the crosshair on a point by the arrow keys alone."""
    await seen.press("right")
    for _ in range(20):
        if place_of(seen)[1] == candidates:
            break
        await seen.press("right" if place_of(seen)[1] < candidates else "left")
    for way in ("up", "down"):
        for _ in range(10):
            if place_of(seen)[0] != seq_len:
                await seen.press(way)
    assert place_of(seen) == (seq_len, candidates)
