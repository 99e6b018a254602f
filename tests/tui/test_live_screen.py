"""The live screen: what it shows of a run as it grows, at the sizes people have."""

from __future__ import annotations

import re

import pytest
from run.streams import Story, build_stream

from specprof.plan.plan import Cell
from specprof.run import events as ev
from specprof.run.statistics import median_estimate
from specprof.tui.screens.live import StreamScreen
from specprof.tui.widgets.curves_plot import CurvesPlot
from specprof.tui.widgets.grid_panel import GridPanel
from specprof.tui.widgets.row_panel import RowPanel

from .seen import LEAST, SMALL, WIDE, Seen, Told, see

GPU = Story(seq_lens=(128, 512), candidates=(1, 16, 64), on_gpu=True, rounds=12)


def sample_of(row: int, candidates: int, count: int):
    """Until the `count`-th plain sample of K = `candidates` at the sequence length `row`."""
    seen = []

    def until(event: ev.EventModel) -> bool:
        if isinstance(event, ev.SampleTaken) and (event.seq_len, event.candidates) == (row, candidates):
            seen.append(event)
        return len(seen) == count

    return until


def screen_of(told: Told):
    return lambda app: StreamScreen(told)


@pytest.mark.parametrize("size", [WIDE, SMALL, LEAST], ids=["120x40", "80x24", "60x16"])
def test_before_anything_is_known_the_screen_is_calm_and_whole(size):
    told = Told(build_stream(GPU))

    async def play(seen: Seen) -> None:
        assert "measuring" in seen.lines[0]
        assert "q Quit" in seen.lines[-1]

    see(screen_of(told), play, size=size)


def test_the_cells_of_the_row_are_shown_with_their_median_and_count():
    told = Told(build_stream(GPU))

    async def play(seen: Seen) -> None:
        told.tell(sample_of(128, 16, 7))
        seen.app.screen.tick()
        await seen.pilot.pause()
        cell = told.cell(128, 16)
        median = median_estimate(told.reduction.cells[cell].plain.ms).median
        line = next(line for line in seen.lines if re.search(r"K 16 ", line))
        assert f"{median:.4g}"[:4] in line
        assert re.search(r"\b7\b", line)
        assert "batch 1 · seq_len 128 · round" in seen.text

    see(screen_of(told), play)


def test_a_star_grows_for_each_cell_and_the_grid_says_what_is_done():
    told = Told(build_stream(GPU))

    async def play(seen: Seen) -> None:
        told.tell(lambda event: isinstance(event, ev.CellFinished) and event.seq_len == 128)
        told.tell(lambda event: isinstance(event, ev.RowStarted))
        seen.app.screen._curves_due.at_s = -1e9
        seen.app.screen.tick()
        await seen.pilot.pause()
        drawing = seen.app.screen.query_one(CurvesPlot).drawing
        assert {(mark.seq_len, mark.candidates) for mark in drawing.marks} == {(128, 1), (128, 16), (128, 64)}
        stages = dict(seen.app.screen.query_one(GridPanel).data.rows)
        assert set(stages[Cell(1, 128, 1).row]) <= {"done", "warn"}
        assert set(stages[Cell(1, 512, 1).row]) == {"waiting"}

    see(screen_of(told), play)


def test_the_device_says_what_holds_its_clocks_down():
    events = build_stream(GPU)
    told = Told([
        e.model_copy(update={"sample": e.sample.model_copy(update={"throttle_reasons": ["sw_thermal"]})})
        if isinstance(e, ev.TelemetryTaken) and e.sample.source != "host"
        else e
        for e in events
    ])  # fmt: skip

    async def play(seen: Seen) -> None:
        told.tell()
        seen.app.screen.tick()
        await seen.pilot.pause()
        assert "thermal slowdown (software)" in seen.text
        for name in ("util", "memory", "power", "temp", "SM clock"):
            assert name in seen.text

    see(screen_of(told), play)


def test_in_a_small_terminal_tab_goes_through_the_panels():
    told = Told(build_stream(GPU))

    async def play(seen: Seen) -> None:
        told.tell()
        seen.app.screen.tick()
        await seen.pilot.pause()
        shown = []
        for _ in range(5):
            shown.append([p.id for p in seen.app.screen.query(".panel") if p.display])
            await seen.press("tab")
        assert shown == [["row"], ["grid"], ["device"], ["findings"], ["notices"]]
        assert [p.id for p in seen.app.screen.query(".panel") if p.display] == ["row"]

    see(screen_of(told), play, size=SMALL)


def test_where_curves_cannot_be_drawn_a_table_with_sparklines_stands():
    told = Told(build_stream(GPU))

    async def play(seen: Seen) -> None:
        told.tell()
        seen.app.screen._curves_due.at_s = -1e9
        seen.app.screen.tick()
        await seen.pilot.pause()
        assert "best K" in seen.text
        assert not seen.app.screen.query_one(CurvesPlot).display
        assert len([line for line in seen.lines if re.match(r"\s+(128|512) ", line)]) == 2

    see(screen_of(told), play, size=LEAST)


@pytest.mark.parametrize("size", [(59, 24), (80, 15), (20, 5), (1, 1)])
def test_below_sixty_by_sixteen_it_says_so(size):
    told = Told(build_stream(GPU))

    async def play(seen: Seen) -> None:
        told.tell()
        await seen.pilot.pause()
        words = " ".join(seen.text.split())
        assert size == (1, 1) or "too small" in words or words.startswith(f"{size[0]}")

    see(screen_of(told), play, size=size)


def test_a_storm_of_sizes_ends_in_the_last_one():
    told = Told(build_stream(GPU))

    async def play(seen: Seen) -> None:
        told.tell()
        for width in (20, 200, 1, 60, 119, 33, 80):
            await seen.pilot.resize_terminal(width, max(1, width // 3))
        await seen.pilot.resize_terminal(*WIDE)
        seen.app.screen.tick()
        await seen.pilot.pause()
        assert "Llama 7B, Batch Size: 1" in seen.text
        assert seen.app.screen.query_one(RowPanel).display

    see(screen_of(told), play)


def test_findings_appear_as_soon_as_they_are_significant():
    told = Told(build_stream(Story(seq_lens=(128, 512), candidates=(1, 16, 64), rounds=20)))

    async def play(seen: Seen) -> None:
        assert "none yet: they appear" in seen.text
        told.tell()
        seen.app.screen._findings_due.at_s = -1e9
        seen.app.screen.tick()
        await seen.pilot.pause()
        assert "●" in seen.text
        assert "none yet" not in seen.text
        assert "─ log-fit:a=0.477" in seen.text  # whose acceptance it is

    see(screen_of(told), play)


def test_notices_are_shown_and_the_log_holds_them_all():
    told = Told(build_stream(GPU))

    async def play(seen: Seen) -> None:
        told.tell(lambda event: isinstance(event, ev.RowStarted))
        for number in range(60):
            told.reduction.apply(
                ev.Notice(t_s=float(number), level="warning", text=f"the {number}th [/x] word")
            )
        seen.app.screen.tick()
        await seen.pilot.pause()
        assert "the 59th [/x] word" in seen.text
        seen.app.screen.action_log()
        await seen.pilot.pause()
        assert "the 0th [/x] word" in seen.text
        await seen.press("escape")
        assert isinstance(seen.app.screen, StreamScreen)

    see(screen_of(told), play)


@pytest.mark.parametrize("ascii_only", [False, True])
def test_without_colour_letters_tell_the_curves_apart(ascii_only):
    told = Told(build_stream(GPU))

    async def play(seen: Seen) -> None:
        told.tell()
        seen.app.screen._curves_due.at_s = -1e9
        seen.app.screen.tick()
        await seen.pilot.pause()
        star = "*" if ascii_only else "★"
        assert f"{star}a" in seen.text
        assert f"{star}b" in seen.text

    see(screen_of(told), play, depth=None, ascii_only=ascii_only)
