"""The results screen opened on a run, and what a test reads off it."""

from __future__ import annotations

import pytest
from views.measured_run import plan, record

from specprof.analysis.opened import Run, load
from specprof.run.record import NoticeRecord
from specprof.run.telemetry import TelemetrySample, TelemetrySource
from specprof.tui.screens.results import ResultsScreen

from .seen import LEAST, SMALL, WIDE, Seen

MEASURED_SAMPLE, PUBLISHED_FIGURE = "llama-7b-cpu-bs1", "medusa-llama-7b-bs4"
SIZES = pytest.mark.parametrize("size", [WIDE, SMALL, LEAST], ids=["120x40", "80x24", "60x16"])
BOTH = pytest.mark.parametrize("size", [WIDE, SMALL], ids=["120x40", "80x24"])


def results_of(run: Run | str, notes=()):
    opened = load(run) if isinstance(run, str) else run
    return lambda app: ResultsScreen(opened, notes)


def _short() -> Run:
    made = record(plan(), rounds=5, not_run=2048)
    notice = NoticeRecord(t_s=19.5, level="warning", text="seq_len 2048 dropped to keep to the budget")
    readings = [TelemetrySample(t_s=t_s, source="host", utilization_pct=90.0) for t_s in range(185)]
    return Run.of(
        made.model_copy(
            update={
                "notices": [notice],
                "telemetry_sources": [TelemetrySource(source="host", available=True)],
                "telemetry": readings,
            }
        )
    )


SHORT = _short()
"""Two of 32 layers measured in five rounds, which are too few; seq_len 2048 was dropped."""


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
