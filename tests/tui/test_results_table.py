"""The results as a table: its numbers, its order, its cursor."""

from __future__ import annotations

import re

import numpy as np
import pytest
from views.measured_run import plan, record
from views.two_attentions import BYTES_PER_S, beside_ms, own_ms, two_attentions

from specprof.analysis.opened import Run, load
from specprof.plan.memory import step_bytes
from specprof.plan.plan import Cell
from specprof.tui.widgets.results_table import ResultsTable
from specprof.views.quantities import decimals_for, number, plus_minus

from .results_shown import BOTH, MEASURED_SAMPLE, PUBLISHED_FIGURE, SHORT, SIZES, place_of, results_of, words
from .seen import Seen, see


def cells_of(seen: Seen) -> list[tuple[int, int]]:
    found = [re.match(r" *(\d+) +(\d+) ", line) for line in seen.lines[3:]]
    return [(int(match[1]), int(match[2])) for match in found if match]


@BOTH
@pytest.mark.parametrize("run", [SHORT, load(MEASURED_SAMPLE)], ids=["made up", "sample"])
def test_the_table_holds_the_numbers_of_every_cell(size, run):

    async def play(seen: Seen) -> None:
        await seen.press("6")
        row = next(line for line in seen.lines if re.match(r" +512 +48 ", line))
        latency, ratio, speedup = run.latency_ms(), run.ratio(), run.speedup()
        decimals = decimals_for(latency.median[np.isfinite(latency.median)])
        for arrays, shown in ((latency, decimals), (ratio, 3), (speedup, 2)):
            median, low, high = (float(part[0, 1, 3]) for part in arrays)
            assert re.search(rf"\b{number(median, shown)} +{re.escape(plus_minus(median, low, high))}", row)
        count = len(run.samples_ms(1, 512, 48))
        assert re.search(rf"\b{count} +{run.verdicts()[0, 1, 3]}\b", row)
        assert cells_of(seen)[:3] == [(128, 1), (128, 16), (128, 32)]

    see(results_of(run), play, size=size)


def test_s_sorts_by_the_next_column_and_shift_s_the_other_way_round():
    run = load(PUBLISHED_FIGURE)
    flat = run.speedup().median[0]
    order = [
        (run.seq_lens[i], run.candidates[j])
        for i, j in zip(
            *np.unravel_index(np.argsort(-flat, axis=None, kind="stable"), flat.shape), strict=True
        )
    ]

    async def play(seen: Seen) -> None:
        await seen.press("6")
        assert "seq_len ▲" in seen.lines[2]
        await seen.press("s", "s", "s", "s")
        assert "speedup ▼" in seen.lines[2]
        shown = cells_of(seen)
        assert shown == order[: len(shown)]
        await seen.press("S")
        assert "speedup ▲" in seen.lines[2]
        assert cells_of(seen)[0] == order[-1]
        await seen.press("s")
        assert "seq_len ▲" in seen.lines[2]

    see(results_of(run), play)


def test_a_click_on_a_header_sorts_and_a_second_one_reverses():
    async def play(seen: Seen) -> None:
        await seen.press("6")
        at = seen.lines[2].index("latency")
        for sign in ("▲", "▼"):
            await seen.pilot.click(ResultsTable, offset=(at, 0))
            await seen.pilot.pause()
            assert f"latency ms {sign}" in seen.lines[2]

    see(results_of(SHORT), play)


def test_the_best_of_each_row_is_marked_and_what_cannot_be_told_from_it():
    async def play(seen: Seen) -> None:
        await seen.press("6")
        await seen.wait_for("★")
        signs = {}
        for line in seen.lines:
            match = re.match(r" +(\d+) +(\d+) .*([★☆]) ", line)
            if match:
                signs[int(match[1]), int(match[2])] = match[3]
        assert signs[128, 32] == "★"
        assert signs[8192, 32] == "★"
        # within ±0.03 of reading, 48 and 64 are as good there: Medusa's figure, its lowest curve
        assert signs[8192, 48] == signs[8192, 64] == "☆"

    see(results_of(PUBLISHED_FIGURE), play, size=(120, 70))


def test_a_published_table_leaves_out_what_nobody_measured():
    async def play(seen: Seen) -> None:
        await seen.press("6")
        for name in ("latency", "verdict", "reasons", " n "):
            assert name not in seen.lines[2]

    see(results_of(PUBLISHED_FIGURE), play)


@SIZES
def test_the_cursor_goes_through_the_rows_and_says_why_a_cell_is_what_it_is(size):
    async def play(seen: Seen) -> None:
        await seen.press("6", "j")
        assert place_of(seen) == (128, 1)
        await seen.press("end")
        assert place_of(seen) == (2048, 112)
        assert "seq_len 2048 K 112: not run the budget of 80 s does not reach it" in words(seen)
        await seen.press("pageup", "home", "down")
        assert place_of(seen) == (128, 16)

    see(results_of(Run.of(record(plan(), not_run=2048))), play, size=size)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_second_attention_has_a_column_at_every_width_and_the_floor_one_or_a_word(width):
    run = Run.of(two_attentions())
    cell = Cell(1, 8192, 32)

    async def play(seen: Seen) -> None:
        await seen.press("6")
        assert "eager/sdpa" in seen.lines[2]
        row = next(line for line in seen.lines if re.match(r" +8192 +32 ", line))
        assert f"{beside_ms(cell) / own_ms(cell):.3f}" in row
        said = words(seen)
        if "T/floor" in seen.lines[2]:
            floor_ms = 1e3 * step_bytes(run.record.plan, cell) / BYTES_PER_S
            assert f" {own_ms(cell) / floor_ms:.2f} " in row
            assert "T/floor: time over its bytes at the measured bandwidth" in said
        else:
            assert width < 120
            assert "no room for T/floor: widen" in said

    see(results_of(run), play, size=(width, 24))
