"""Figures of any quantity, of a run that is still measured, and of two runs: what stands where."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection

import numpy as np
import pytest

from specprof.analysis.acceptance import PUBLISHED, Chain
from specprof.analysis.opened import Run, load
from specprof.analysis.quantities import QUANTITIES
from specprof.plan.plan import Cell
from specprof.views.curves.drawing import Drawing
from specprof.views.curves.figure import Figure, Overlay, Series, figure_of, series_of
from specprof.views.curves.plot import draw_figure
from specprof.views.glyphs import ASCII, UNICODE, Glyphs
from specprof.views.palette import PLAIN, Palette, load_palette

from .measured_run import record

DARK = load_palette("dark")
SIZES = [(60, 16), (80, 24), (120, 40), (200, 60)]
MEASURED = Run.of(record())
FIGURE = load("medusa-llama-7b-bs4")


def series(
    seq_len: int,
    values: dict[int, float],
    *,
    error: float = 0.0,
    provisional: Collection[int] = (),
    untrusted: Collection[int] = (),
) -> Series:
    heights = np.asarray(list(values.values()))
    return Series(
        seq_len,
        np.asarray(list(values), dtype=np.int64),
        heights,
        heights * (1 - error),
        heights * (1 + error),
        np.asarray([k not in untrusted for k in values]),
        np.asarray([k in provisional for k in values]),
    )


def figure(*of: Series, label: str = "Latency (ms)", reference: float | None = None) -> Figure:
    counts = sorted({int(k) for one in of for k in one.candidates})
    return Figure("Llama 7B", label, of, tuple(counts), (), (), reference, simulated=False)


def draw(
    of: Figure,
    size: tuple[int, int] = (80, 24),
    palette: Palette = DARK,
    glyphs: Glyphs = UNICODE,
    **more: object,
) -> Drawing:
    drawing = draw_figure(of, *size, palette, glyphs, **more)
    assert drawing is not None
    assert (drawing.width, drawing.height) == size
    return drawing


def words(drawing: Drawing) -> str:
    return "\n".join(drawing.plain())


def sign_at(drawing: Drawing, mark: object) -> str:
    return drawing.characters[mark.row][mark.column]


def ticks(drawing: Drawing) -> list[tuple[int, float]]:
    """Row of the drawing and value of each vertical tick, from the top."""
    found = ((row, re.match(r" *([\d.e+-]+)[┤┼]", line)) for row, line in enumerate(drawing.plain()))
    return [(row, float(match[1])) for row, match in found if match]


# Quantities


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["speedup", "overhead", "latency", "tokens"])
def test_each_quantity_has_its_axis_and_a_star_for_every_cell(name: str, size: tuple[int, int]) -> None:
    quantity = QUANTITIES[name]
    drawing = draw(figure_of(MEASURED, quantity, PUBLISHED, 1), size)
    assert drawing.plain()[0].startswith(quantity.label)
    assert "Llama 7B, Batch Size: 1" in drawing.plain()[0]
    assert {(mark.seq_len, mark.candidates) for mark in drawing.marks} == {
        (s, k) for s in MEASURED.seq_lens for k in MEASURED.candidates
    }
    assert all(sign_at(drawing, mark) == "★" for mark in drawing.marks)


@pytest.mark.parametrize("size", SIZES)
def test_points_stand_where_a_linear_axis_says(size: tuple[int, int]) -> None:
    latencies = {1: 25.0, 16: 27.0, 32: 40.0, 64: 61.0}
    drawing = draw(figure(series(128, latencies)), size)
    (top_row, top), *_, (bottom_row, bottom) = ticks(drawing)
    per_row = (top - bottom) / (bottom_row - top_row)
    for mark in drawing.marks:
        there = bottom + (bottom_row - mark.row) * per_row
        assert there == pytest.approx(latencies[mark.candidates], abs=per_row / 2 + 1e-6)


@pytest.mark.parametrize("size", SIZES)
def test_values_that_reach_far_have_a_logarithmic_axis_that_says_so(size: tuple[int, int]) -> None:
    drawing = draw(figure(series(128, {1: 5.0, 2: 50.0, 4: 500.0, 8: 5000.0})), size)
    assert drawing.plain()[0].startswith("Latency (ms, log)")
    assert {int(f"{value:e}"[0]) for _, value in ticks(drawing)} <= {1, 2, 5}
    rows = [mark.row for mark in drawing.marks]
    # decades are as far from each other as rows allow
    assert max(np.diff(rows)) - min(np.diff(rows)) <= 1
    tick_rows = {value: row for row, value in ticks(drawing)}
    for mark, value in zip(drawing.marks, (5.0, 50.0, 500.0, 5000.0), strict=True):
        assert tick_rows.get(value, mark.row) == mark.row


def test_an_axis_turns_logarithmic_beyond_twenty_times_the_least_value() -> None:
    assert "log" not in words(draw(figure(series(128, {1: 5.0, 2: 100.0}))))
    assert "log" in words(draw(figure(series(128, {1: 5.0, 2: 100.1}))))


def test_speedups_stay_on_the_published_axis_however_far_they_reach() -> None:
    curves = Figure("Llama 7B", "Speedup (×)", (series(128, {1: 1.0, 2: 30.0}),), (1, 2), (), ())
    assert "log" not in words(draw(curves))


def test_an_overhead_that_reaches_far_keeps_its_line_at_one() -> None:
    drawing = draw(figure(series(128, {1: 1.0, 64: 10.0, 112: 60.0}), label="Overhead (×)", reference=1.0))
    assert "Overhead (×, log)" in drawing.plain()[0]
    line = next(text for text in drawing.plain() if text.count("─") > 40 and "★" in text)
    assert line.lstrip().startswith("1┼")


def test_only_what_is_judged_against_a_value_has_a_line_there() -> None:
    assert "┼" not in words(draw(figure_of(MEASURED, QUANTITIES["latency"], PUBLISHED, 1)))
    for name in ("speedup", "overhead"):
        shown = words(draw(figure_of(MEASURED, QUANTITIES[name], PUBLISHED, 1)))
        assert re.search(r"^ *1\.0+┼", shown, re.MULTILINE)


def test_the_formula_stands_where_the_values_rest_on_it() -> None:
    for name, rests in (("speedup", True), ("tokens", True), ("overhead", False), ("latency", False)):
        shown = words(draw(figure_of(MEASURED, QUANTITIES[name], Chain(0.5), 1), (120, 40)))
        assert ("E(K) = (1 − 0.5^K) / (1 − 0.5)" in shown) is rests


def test_what_follows_from_a_published_figure_says_whose_error_it_names() -> None:
    shown = words(draw(figure_of(FIGURE, QUANTITIES["overhead"], PUBLISHED, 4)))
    assert "from published speedups (±0.03), not measured here" in shown
    shown = words(draw(figure_of(FIGURE, QUANTITIES["speedup"], PUBLISHED, 4)))
    assert "published figure (±0.03), not measured here" in shown


@pytest.mark.parametrize("size", SIZES)
def test_what_a_run_does_not_have_leaves_the_axes_empty(size: tuple[int, int]) -> None:
    drawing = draw(figure_of(FIGURE, QUANTITIES["latency"], PUBLISHED, 4), size)
    assert drawing.marks == ()
    assert "112" in words(drawing)


def test_a_wide_interval_is_a_bar_on_a_logarithmic_axis_too() -> None:
    noisy = draw(figure(series(128, {1: 10.0, 16: 1000.0}, error=0.9)))
    mark = noisy.marks[1]
    # down to 1000 − 90 % = 100, past the dash below the point
    assert [noisy.characters[mark.row + below][mark.column] for below in (2, 3, 4)] == ["│"] * 3
    assert "│ 95 % interval" in words(noisy)
    # an interval down to 0 goes to the end of the axis
    assert "★" in words(draw(figure(series(128, {1: 10.0, 16: 1000.0}, error=1.0))))


def test_an_overhead_is_worth_no_more_than_the_baseline_it_is_taken_against() -> None:
    spoilt = [
        cell.model_copy(update={"verdict": "invalid"}) if cell.candidates == 1 else cell
        for cell in MEASURED.record.cells
    ]
    run = Run.of(MEASURED.record.model_copy(update={"cells": spoilt}))
    for name, believed in (("overhead", False), ("speedup", False), ("latency", True), ("tokens", True)):
        drawing = draw(figure_of(run, QUANTITIES[name], PUBLISHED, 1))
        signs = {sign_at(drawing, mark) for mark in drawing.marks if mark.candidates == 112}
        assert signs == ({"★"} if believed else {"✕"})


# Still being measured


@pytest.mark.parametrize(("glyphs", "sign"), [(UNICODE, "☆"), (ASCII, "o")], ids=["unicode", "ascii"])
@pytest.mark.parametrize("name", ["speedup", "latency"])
def test_a_point_still_being_measured_is_hollow(name: str, glyphs: Glyphs, sign: str) -> None:
    running = [Cell(1, 512, 48), Cell(1, 512, 64)]
    drawing = draw(figure_of(MEASURED, QUANTITIES[name], PUBLISHED, 1, running), glyphs=glyphs)
    assert {(1, mark.seq_len, mark.candidates) for mark in drawing.marks if mark.provisional} == set(running)
    shared = Counter((mark.row, mark.column) for mark in drawing.marks)
    alone = [mark for mark in drawing.marks if shared[mark.row, mark.column] == 1]
    assert any(mark.provisional for mark in alone)
    for mark in alone:
        assert (sign_at(drawing, mark) == sign) is mark.provisional
    assert f"{sign} still being measured" in words(drawing)
    assert "still being" not in words(draw(figure_of(MEASURED, QUANTITIES[name], PUBLISHED, 1)))


# Letters


def test_letters_stand_beside_the_points_where_they_are_asked_for() -> None:
    of = figure(series(128, {1: 5.0, 16: 6.0}), series(512, {1: 8.0, 16: 9.5}))
    assert "★a" not in words(draw(of))
    lettered = draw(of, letters=True)
    for mark in lettered.marks:
        if mark.candidates > 1:
            expected = "a" if mark.seq_len == 128 else "b"
            assert lettered.characters[mark.row][mark.column + 1] == expected
    assert "★b seq_len 512" in words(lettered)
    assert "★a" not in words(draw(of, palette=PLAIN, letters=False))


# A second run


OURS = (series(128, {1: 5.0, 16: 6.0, 32: 9.0}), series(2048, {1: 8.0, 16: 10.0, 32: 14.0}))
THEIRS = Overlay("theirs", (series(512, {1: 3.0, 24: 12.0}), series(2048, {1: 16.0, 48: 20.0})))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("glyphs", "sign"), [(UNICODE, "◇"), (ASCII, "%")], ids=["unicode", "ascii"])
def test_a_second_run_has_points_of_its_own_sign_on_the_same_axes(
    size: tuple[int, int], glyphs: Glyphs, sign: str
) -> None:
    drawing = draw(figure(*OURS), size, glyphs=glyphs, overlay=THEIRS)
    assert {(mark.seq_len, mark.candidates) for mark in drawing.laid_over} == {
        (512, 1), (512, 24), (2048, 1), (2048, 48)
    }  # fmt: skip
    assert {sign_at(drawing, mark) for mark in drawing.laid_over} == {sign}
    assert {sign_at(drawing, mark) for mark in drawing.marks} == {glyphs.star}
    axis = next(line for line in drawing.plain() if re.fullmatch(r"[\s\d]+48\s*", line))
    assert axis.split() == ["1", "16", "24", "32", "48"]
    # 12 ms of theirs stand between our 10 and 14
    by_place = {(m.seq_len, m.candidates): m.row for m in (*drawing.marks, *drawing.laid_over)}
    assert by_place[2048, 32] < by_place[512, 24] < by_place[2048, 16]
    assert f"{sign} theirs" in words(drawing)


def test_one_sequence_length_has_one_colour_in_both_runs_and_keeps_that_of_the_first_alone() -> None:
    alone, both = draw(figure(*OURS)), draw(figure(*OURS), overlay=THEIRS)

    def colours(drawing: Drawing, marks: tuple) -> dict[int, str]:
        return {mark.seq_len: drawing.roles[mark.row][mark.column] for mark in marks}

    assert colours(alone, alone.marks) == {128: "series-1", 2048: "series-2"}
    assert colours(both, both.marks) == colours(alone, alone.marks)
    assert colours(both, both.laid_over) == {2048: "series-2", 512: "series-3"}
    # what only the second run has is explained by its own sign
    assert re.search(r" ◇ seq_len 512\b", words(both))
    assert "⠒⠒★ seq_len 2048" in words(both)


def test_without_colour_letters_tell_the_second_runs_points_apart_too() -> None:
    drawing = draw(figure(*OURS), palette=PLAIN, overlay=THEIRS)
    for mark in drawing.laid_over:
        if mark.candidates > 1:
            expected = {2048: "b", 512: "c"}[mark.seq_len]
            assert drawing.characters[mark.row][mark.column + 1] == expected
    assert "◇c seq_len 512" in words(drawing)


@pytest.mark.parametrize(("glyphs", "both"), [(UNICODE, "◈"), (ASCII, "&")], ids=["unicode", "ascii"])
def test_points_of_both_runs_in_one_cell_have_a_sign_of_their_own(glyphs: Glyphs, both: str) -> None:
    drawing = draw(figure(*OURS), glyphs=glyphs, overlay=Overlay("same", OURS))
    assert drawing.laid_over == ()
    assert {sign_at(drawing, mark) for mark in drawing.marks} == {both}
    assert f"{glyphs.other} same ({both} both)" in words(drawing)


def test_a_doubtful_point_keeps_its_sign_where_a_good_one_falls_on_it() -> None:
    doubtful, good = series(128, {16: 6.0, 32: 9.0}, untrusted=(32,)), series(128, {16: 6.0, 32: 9.0})
    for ours, theirs in ((doubtful, good), (good, doubtful)):
        drawing = draw(figure(ours), overlay=Overlay("theirs", (theirs,)))
        signs = {mark.candidates: sign_at(drawing, mark) for mark in drawing.marks}
        assert signs == {16: "◈", 32: "✕" if ours is doubtful else "★"}


def test_an_invalid_point_of_the_second_run_does_not_look_like_a_good_one() -> None:
    theirs = Overlay("theirs", (series(128, {16: 20.0, 32: 25.0}, untrusted=(32,)),))
    drawing = draw(figure(*OURS), overlay=theirs)
    assert {mark.candidates: sign_at(drawing, mark) for mark in drawing.laid_over} == {16: "◇", 32: "✕"}
    assert "✕ invalid" in words(drawing)


def test_a_second_run_without_such_values_is_named_all_the_same() -> None:
    nothing = Overlay("medusa", tuple(series_of(FIGURE, QUANTITIES["latency"], PUBLISHED, 4)))
    drawing = draw(figure_of(MEASURED, QUANTITIES["latency"], PUBLISHED, 1), overlay=nothing)
    assert drawing.laid_over == ()
    assert "◇ medusa: nothing of it here" in words(drawing)


def test_what_the_signs_mean_is_said_even_where_the_formula_has_no_room() -> None:
    # at 60 columns the caveat alone fills a line
    of = figure_of(MEASURED, QUANTITIES["speedup"], PUBLISHED, 1, [Cell(1, 512, 48)])
    shown = words(draw(of, (60, 16), overlay=Overlay("llama-7b-cpu-bs1", THEIRS.series)))
    for said in ("full depth estimated", "☆ still being measured", "◇ llama-7b-cpu-bs1"):
        assert said in shown


def test_a_name_from_elsewhere_is_no_escape_sequence_and_no_markup() -> None:
    hostile = Overlay("\x1b[31mred\x1b]52;c;AAAA\x07 [bold]b[/bold]\u202e", THEIRS.series)
    for glyphs in (UNICODE, ASCII):
        shown = words(draw(figure(*OURS), (120, 40), glyphs=glyphs, overlay=hostile))
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", shown)
        assert "[bold]b[/bold]" in shown


@pytest.mark.parametrize("size", SIZES)
def test_the_legend_hides_no_point_of_either_run(size: tuple[int, int]) -> None:
    run = figure_of(MEASURED, QUANTITIES["speedup"], PUBLISHED, 1)
    theirs = Overlay("medusa", tuple(series_of(FIGURE, QUANTITIES["speedup"], PUBLISHED, 4)))
    for palette in (DARK, PLAIN):
        drawing = draw(run, size, palette, overlay=theirs)
        assert {sign_at(drawing, mark) for mark in drawing.marks} == {"★", "◈"}  # both are 1 at K = 1
        assert all(sign_at(drawing, mark) == "◇" for mark in drawing.laid_over)
        assert len({mark.candidates for mark in drawing.laid_over}) >= 7
