"""What is read off the results' curves: the crosshair, and the acceptance model changed live."""

from __future__ import annotations

import re
import threading

import pytest

from specprof.analysis.acceptance import PUBLISHED, Chain, LogFit
from specprof.analysis.opened import load
from specprof.analysis.quantities import QUANTITIES
from specprof.tui.screens import results
from specprof.tui.screens.results import ResultsScreen
from specprof.tui.widgets.curves_plot import CurvesPlot
from specprof.views.quantities import number, plus_minus

from .results_shown import (
    BOTH,
    MEASURED_SAMPLE,
    PUBLISHED_FIGURE,
    SHORT,
    SIZES,
    place_of,
    put,
    results_of,
    words,
)
from .seen import LEAST, SMALL, WIDE, Seen, see


@BOTH
@pytest.mark.parametrize("run", [SHORT, load(MEASURED_SAMPLE)], ids=["made up", "sample"])
def test_the_crosshair_reads_off_the_runs_own_numbers(size, run):
    names = {"speedup": "speedup", "overhead": r"T\(K\)/T\(1\)", "latency": "latency", "tokens": "tokens/s"}

    async def play(seen: Seen) -> None:
        await put(seen, 512, 64)
        for key, (quantity, name) in enumerate(names.items(), start=1):
            await seen.press(str(key))
            arrays = QUANTITIES[quantity].arrays(run, PUBLISHED)
            median, low, high = (float(part[0, 1, 4]) for part in arrays)
            shown = re.search(rf"{name} +([\d.]+)\S*(?: ms)? +(±[\d.]+ %)", seen.text)
            assert shown is not None, seen.text
            assert float(shown[1]) == pytest.approx(median, rel=6e-3)
            assert shown[2] == plus_minus(median, low, high)
            assert "seq_len 512 · K 64" in seen.text
            assert str(run.verdicts()[0, 1, 4]) in seen.text

    see(results_of(run), play, size=size)


def test_beside_the_curves_stands_why_a_cell_is_doubtful_and_which_is_best():
    async def play(seen: Seen) -> None:
        await put(seen, 512, 64)
        assert "only 5 samples: the interval" in seen.text
        assert re.search(r"samples +5\b", seen.text)
        await put(seen, 512, 32)
        assert "★ best K of its row" in seen.text

    see(results_of(SHORT), play)


@SIZES
def test_the_crosshair_begins_at_the_highest_speedup(size):
    async def play(seen: Seen) -> None:
        await seen.press("l")
        assert place_of(seen) == (128, 32)

    see(results_of(PUBLISHED_FIGURE), play, size=size)


@pytest.mark.parametrize("keys", [("left", "right", "up", "down"), ("h", "l", "k", "j")])
def test_arrows_and_letters_move_it_from_point_to_point(keys):
    left, right, up, down = keys

    async def play(seen: Seen) -> None:
        await put(seen, 512, 32)
        await seen.press(right)
        assert place_of(seen) == (512, 48)
        await seen.press(left, left)
        assert place_of(seen) == (512, 16)
        await seen.press(down)
        assert place_of(seen) == (1024, 16)
        await seen.press(up, up, up, up, up)
        assert place_of(seen) == (128, 16)

    see(results_of(PUBLISHED_FIGURE), play)


def test_the_point_it_stands_on_is_reversed_where_the_curve_has_its_star():
    async def play(seen: Seen) -> None:
        await put(seen, 4096, 80)
        plot = seen.app.screen.query_one(CurvesPlot)
        mark = next(m for m in plot.drawing.marks if (m.seq_len, m.candidates) == (4096, 80))
        column = 0
        for segment in plot.render_line(mark.row):
            if column <= mark.column < column + len(segment.text):
                assert segment.style.reverse
                assert segment.text == "★"
            else:
                assert not segment.style.reverse
            column += len(segment.text)

    see(results_of(PUBLISHED_FIGURE), play)


def test_it_keeps_its_cell_across_views_sizes_and_themes_and_escape_takes_it_away():
    async def play(seen: Seen) -> None:
        await put(seen, 512, 48)
        await seen.press("2", "6")
        cursor = next(line for line in seen.lines if "seq_len 512 K 48: warn" in line)
        assert cursor
        await seen.press("3")
        await seen.pilot.resize_terminal(*LEAST)
        await seen.pilot.pause()
        assert "seq_len 512 · K 48" in seen.text
        await seen.pilot.resize_terminal(*SMALL)
        await seen.pilot.pause()
        await seen.press("t")
        plot = seen.app.screen.query_one(CurvesPlot)
        assert (plot.cursor.seq_len, plot.cursor.candidates) == (512, 48)
        await seen.press("escape")
        assert place_of(seen) is None
        assert plot.cursor is None
        assert isinstance(seen.app.screen, ResultsScreen)

    see(results_of(SHORT), play)


def test_a_click_puts_it_on_the_nearest_point():
    async def play(seen: Seen) -> None:
        drawing = seen.app.screen.query_one(CurvesPlot).drawing
        mark = next(m for m in drawing.marks if (m.seq_len, m.candidates) == (8192, 96))
        await seen.pilot.click(CurvesPlot, offset=(mark.column + 1, mark.row))
        await seen.pilot.pause()
        assert place_of(seen) == (8192, 96)

    see(results_of(PUBLISHED_FIGURE), play)


def test_where_curves_do_not_fit_their_numbers_stand_and_the_crosshair_goes_through_them():
    run = load(PUBLISHED_FIGURE)

    async def play(seen: Seen) -> None:
        row = next(line for line in seen.lines if line.lstrip().startswith("1024 "))
        printed = [float(word) for word in row.split()[1:]]
        assert printed == pytest.approx(run.speedup().median[0, 3].tolist(), abs=0.005)
        await put(seen, 1024, 80)
        assert "seq_len 1024 · K 80" in seen.text

    see(results_of(run), play, size=LEAST)


# Acceptance


@BOTH
def test_another_parameter_moves_curves_readout_and_caption_at_once(size):
    run = SHORT

    async def play(seen: Seen) -> None:
        await put(seen, 128, 112)
        before = seen.app.screen.query_one(CurvesPlot).drawing
        await seen.press("plus", "plus")
        assert "E(K) = 1 + 0.497 ln K" in seen.text
        assert seen.app.screen.query_one(CurvesPlot).drawing != before
        speedup = float(run.speedup(LogFit(a=0.497)).median[0, 0, 7])
        assert f"speedup {number(speedup, 2)}×" in words(seen)
        await seen.press("minus")
        assert "E(K) = 1 + 0.487 ln K" in seen.text

    see(results_of(run), play, size=size)


@BOTH
def test_a_shows_the_next_model_and_brackets_choose_its_parameter(size):
    async def play(seen: Seen) -> None:
        await seen.press("right_square_bracket", "minus")
        assert "E(K) = 0.95 + 0.477 ln K" in seen.text
        await seen.press("a")
        assert "chain" in seen.text
        assert "E(K) = (1 − 0.8^K) / (1 − 0.8)" in seen.text
        await seen.press("plus")
        assert "(1 − 0.81^K)" in seen.text
        for name in ("medusa", "sequoia", "log-fit"):
            await seen.press("a")
            assert name in seen.text
        assert "E(K) = 0.95 + 0.477 ln K" in seen.text

    see(results_of(SHORT), play, size=size)


def test_a_parameter_stops_at_the_end_of_its_range():
    async def play(seen: Seen) -> None:
        await seen.press("a", *["plus"] * 25)
        assert "E(K) = K" in seen.text  # every draft accepted: α = 1

    see(results_of(SHORT), play)


def test_findings_and_table_follow_the_model():
    run = SHORT
    chain = Chain().with_parameter("alpha", 1.0)
    best = run.findings(chain)[0].text

    async def play(seen: Seen) -> None:
        await seen.press("7")
        assert run.findings()[0].text in words(seen)
        await seen.press("a", *["plus"] * 20)
        await seen.wait_for(best[:40])
        assert "under E(K) = K" in seen.text
        await seen.press("6")
        speedup = float(run.speedup(chain).median[0, 0, 4])
        row = next(line for line in seen.lines if re.match(r" +128 +64 ", line))
        assert number(speedup, 2) in row
        assert "64.00" in row  # E(64) = 64

    see(results_of(run), play, size=WIDE)


def test_a_key_is_answered_while_findings_are_being_computed(monkeypatch):
    """The curves follow at once; the findings come when they are ready, of the last model only."""
    release, asked = threading.Event(), []
    analyse = results.analyse

    def slow(run, acceptance):
        asked.append(acceptance)
        assert release.wait(20)
        return analyse(run, acceptance)

    async def play(seen: Seen) -> None:
        monkeypatch.setattr(results, "analyse", slow)
        await seen.press(*["plus"] * 5)
        assert "E(K) = 1 + 0.527 ln K" in seen.text
        assert not release.is_set()
        await seen.wait_for("being computed")
        release.set()
        await seen.wait_for(SHORT.findings(LogFit(a=0.527))[0].text[:20])
        assert seen.app.screen._latest.acceptance == LogFit(a=0.527)
        # whatever was chosen on the way while one was computed is not computed
        assert len(asked) <= 2
        assert asked[-1] == LogFit(a=0.527)

    see(results_of(SHORT), play)
