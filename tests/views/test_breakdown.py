"""Where the time of a step goes, as bars."""

from __future__ import annotations

import io
import math

import pytest
from hypothesis import given
from hypothesis import strategies as some
from rich.cells import cell_len
from rich.text import Text

from specprof.analysis.acceptance import PUBLISHED
from specprof.analysis.opened import Run
from specprof.run.breakdown import Kernel
from specprof.run.record import RunRecord
from specprof.views.breakdown.bar import bar, legend
from specprof.views.breakdown.kernels import fitted
from specprof.views.breakdown.lines import breakdown_lines
from specprof.views.breakdown.parts import SHOWN, in_colour, label_style, shared_out
from specprof.views.contrast import READABLE, contrast
from specprof.views.glyphs import ASCII, NARROW_STAR, UNICODE, Glyphs
from specprof.views.palette import PLAIN, load_palette
from specprof.views.report import print_report
from specprof.views.terminal import Surface

from .colour_difference import least_steps
from .measured_run import record as unprofiled
from .own_themes import BUILT_IN
from .profiled_run import HOSTILE, breakdown, profiled, with_kernels

GLYPHS = pytest.mark.parametrize("glyphs", [UNICODE, ASCII, NARROW_STAR], ids=["unicode", "ascii", "narrow"])
SIZES = some.one_of(some.just(0.0), some.floats(1e-9, 1e-3), some.floats(0.01, 1e4))
FIVE = some.tuples(SIZES, SIZES, SIZES, SIZES, SIZES).filter(lambda sizes: sum(sizes) > 0)


def shown(record: RunRecord, width: int = 80, glyphs: Glyphs = UNICODE) -> list[str]:
    return [line.plain for line in breakdown_lines(record, width, PLAIN, glyphs)]


def bars(record: RunRecord, width: int = 80) -> list[str]:
    return [line for line in shown(record, width) if "█" in line and "██ linear" not in line]


def words(record: RunRecord, width: int = 80, **how: object) -> str:
    return " ".join(" ".join(shown(record, width, **how)).split())  # type: ignore[arg-type]


def filled(text: Text, glyphs: Glyphs) -> list[int]:
    """How many columns each part has, where nothing is written on it."""
    return [text.plain.count(fill) for fill in glyphs.fills]


# Geometry


@given(some.integers(0, 300), FIVE)
def test_what_is_shared_out_adds_up_and_no_share_is_a_column_off(
    cells: int, sizes: tuple[float, ...]
) -> None:
    found = shared_out(cells, sizes)
    assert sum(found) == cells
    for got, size in zip(found, sizes, strict=True):
        assert abs(got - cells * size / math.fsum(sizes)) < 1
        assert got == 0 or size > 0


@given(FIVE, some.integers(1, 200), some.floats(1, 50))
def test_a_bar_is_as_long_as_its_total_is_of_the_longest(
    sizes: tuple[float, ...], width: int, longer: float
) -> None:
    one = breakdown(*sizes)
    for palette in (PLAIN, load_palette("dark")):
        text = bar(one, longer * sum(sizes), width, palette, UNICODE)
        assert text.cell_len == max(1, round(width / longer))
        assert cell_len(bar(one, sum(sizes), width, palette, ASCII).plain) == width


def test_the_parts_stand_in_their_order_by_their_size_with_their_shares() -> None:
    text = bar(breakdown(10, 5, 3, 1, 1), 20, 40, PLAIN, UNICODE)
    assert text.plain == "███████ 50 % ███████▓▓ 25 % ▓▓▒▒▒▒▒▒░░··"


def test_a_share_is_said_only_where_its_part_is_still_seen_on_both_sides() -> None:
    assert " 50 % " in bar(breakdown(8, 8, 0, 0, 0), 16, 16, PLAIN, UNICODE).plain
    assert bar(breakdown(7, 7, 0, 0, 0), 14, 14, PLAIN, UNICODE).plain == "█" * 7 + "▓" * 7


def test_what_a_file_leaves_out_of_the_total_stays_blank() -> None:
    half = bar(breakdown(5, 0, 0, 0, 0, total_ms=10), 10, 6, PLAIN, UNICODE)
    assert half.plain == "███   "
    more = bar(breakdown(10, 10, 0, 0, 0, total_ms=10), 20, 6, PLAIN, UNICODE)
    assert more.plain == "███▓▓▓"
    none = bar(breakdown(0, 0, 0, 0, 0, total_ms=10), 10, 6, PLAIN, UNICODE)
    assert none.plain == " " * 6


# Colour


@pytest.mark.parametrize("name", BUILT_IN)
def test_in_every_theme_the_parts_differ_and_what_is_written_on_them_can_be_read(name: str) -> None:
    palette = load_palette(name)
    if not palette.colour:
        return
    assert in_colour(palette)
    colours = [palette.colour_of(part.role) for part in SHOWN[:-1]]
    assert least_steps(colours) > 1
    for part in SHOWN[:-1]:
        style = label_style(part, palette)
        assert style.color is not None
        assert style.bgcolor is not None
        assert contrast(style.color.name, style.bgcolor.name) >= READABLE


@GLYPHS
def test_a_copy_without_its_colours_reads_as_where_there_are_none(glyphs: Glyphs) -> None:
    run = profiled()
    plain = breakdown_lines(run, 80, PLAIN, glyphs)
    assert not any(line.spans or line.style for line in plain if str(line.style))
    assert [line.plain for line in breakdown_lines(run, 80, load_palette("light"), glyphs)] == [
        line.plain for line in plain
    ]


def test_a_theme_with_too_few_colours_gets_the_fills() -> None:
    few = load_palette("dark").model_copy(update={"series": ("#5aa9e6", "#ffa94d")})
    assert not in_colour(few)
    text = bar(breakdown(5, 5, 5, 5, 5), 25, 25, few, UNICODE)
    assert not any(span.style.bgcolor for span in text.spans)  # type: ignore[union-attr]
    assert filled(text, UNICODE) == [5, 5, 5, 5, 5]


# The section


@GLYPHS
@pytest.mark.parametrize("width", [24, 30, 40, 60, 80, 100, 120, 200])
def test_no_line_is_wider_than_the_terminal(width: int, glyphs: Glyphs) -> None:
    long = {1: "a" * 300, 16: "漢" * 90, 64: HOSTILE * 5, 112: "b"}
    for run in (profiled(), profiled(sliced=True, attention_beside="eager"), with_kernels(profiled(), long)):
        lines = shown(run, width, glyphs)
        assert max(map(cell_len, lines)) <= width
        assert glyphs is not ASCII or all(line.isascii() for line in lines)


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
@pytest.mark.parametrize("width", [30, 80, 120])
def test_the_legend_names_every_part_in_long_words_where_there_is_room(width: int, glyphs: Glyphs) -> None:
    said = " ".join(line.plain for line in legend(width, PLAIN, glyphs))
    for fill, part in zip(glyphs.fills, SHOWN, strict=True):
        assert f"{fill * 2} {part.name if width == 120 else part.short}" in said
    assert len(legend(width, PLAIN, glyphs)) == (3 if width == 30 else 1)


def test_every_cell_has_a_bar_with_the_total_and_the_measured_median_behind_it() -> None:
    run = profiled()
    lines = bars(run)
    assert len(lines) == len(run.cells)
    for line, cell in zip(lines, run.cells, strict=True):
        assert cell.breakdown is not None
        assert cell.measured_ms is not None
        count, *_, total, median = line.split()
        assert count == f"{cell.candidates}"
        assert float(total) == pytest.approx(cell.breakdown.total_ms, abs=0.01)
        assert float(median) == pytest.approx(cell.measured_ms.median, abs=0.01)
    heads = [line for line in shown(run) if "profiled ms  measured" in line]
    assert [line.split("  profiled")[0].strip() for line in heads] == [
        f"K batch 1, seq_len {length}" for length in (128, 512, 8192)
    ]


def test_the_bars_of_one_row_share_a_scale() -> None:
    last = [len(line[4:-23].rstrip()) for line in bars(profiled(), 100)[-4:]]
    totals = [16.5 + k * 8192 / 1e4 for k in (1, 16, 64, 112)]
    assert max(last) == 100 - 4 - 23
    assert [size / max(last) for size in last] == pytest.approx(
        [total / totals[-1] for total in totals], abs=1 / max(last)
    )


def test_it_says_how_it_was_taken_and_what_the_profiler_adds() -> None:
    said = words(profiled())
    assert "profiled once, apart from the timed samples. Profiled steps took" in said
    assert "× the measured median" in said
    assert "Gaps: time in which no operator runs" in said
    assert "Gaps: time in which the device does nothing" in words(profiled(on_gpu=True))
    assert "under attention" not in said
    assert "One step of each cell under attention sdpa, profiled" in words(profiled(attention_beside="eager"))


def test_in_a_sliced_run_it_is_said_to_be_of_the_slice() -> None:
    assert "Of the slice" not in words(profiled())
    said = words(profiled(sliced=True))
    assert "Of the slice that was measured, 2 of 32 layers: embedding and head weigh more" in said


def test_cells_that_were_not_profiled_and_other_batch_sizes_are_left_out() -> None:
    run = profiled(batch_sizes=(1, 4))
    cells = [
        cell.model_copy(update={"breakdown": None}) if cell.seq_len == 512 else cell for cell in run.cells
    ]
    lines = breakdown_lines(run.model_copy(update={"cells": cells}), 80, PLAIN, UNICODE, (4,))
    said = "\n".join(line.plain for line in lines)
    assert "batch 4, seq_len 128" in said
    assert "batch 1" not in said
    assert "seq_len 512" not in said


# Kernels


def test_a_kernel_that_changes_between_neighbours_is_named_once_for_the_rows_it_holds_in() -> None:
    lines = shown(profiled())
    at = lines.index("Another kernel takes longest as K grows")
    assert lines[at + 1 :] == ["in every row", "16 → 64  attention  attention_64 → attention_128"]


def test_rows_that_differ_are_said_apart() -> None:
    run = profiled()
    changed = with_kernels(run, {1: "one", 16: "two", 64: "two", 112: "two"})
    mixed = [b if b.seq_len == 512 else a for a, b in zip(run.cells, changed.cells, strict=True)]
    lines = shown(run.model_copy(update={"cells": mixed}))
    assert lines[-4:] == [
        "batch 1, seq_len 128, 8192",
        "16 → 64  attention  attention_64 → attention_128",
        "batch 1, seq_len 512",
        "1 → 16  attention  one → two",
    ]


def test_where_no_kernel_changes_nothing_is_said_of_it() -> None:
    assert "Another kernel" not in words(with_kernels(profiled(), dict.fromkeys((1, 16, 64, 112), "one")))


def test_two_kernels_that_swap_ranks_are_no_change() -> None:
    """Every cell ran both; which took longest alternates."""
    run = profiled(seq_lens=(128,))
    pair = [Kernel(name=name, part="linear", ms=ms, calls=1) for name, ms in (("qkv", 5.01), ("mlp", 4.99))]
    cells = []
    for index, cell in enumerate(run.cells):
        assert cell.breakdown is not None
        kernels = pair if index % 2 else pair[::-1]
        cells.append(
            cell.model_copy(update={"breakdown": cell.breakdown.model_copy(update={"kernels": kernels})})
        )
    assert "Another kernel" not in words(run.model_copy(update={"cells": cells}))


def test_names_that_differ_far_within_a_word_are_cut_to_what_tells_them_apart() -> None:
    long = "void cutlass::" + "x" * 300
    for room in (12, 20, 40, 120):
        one, other = fitted(long + "64x128", long + "256x64", room, "…")
        assert max(len(one), len(other)) <= room
        assert one.endswith("x64x128")
        assert other.endswith("x256x64")


def test_long_names_are_cut_to_what_tells_them_apart() -> None:
    old = "void cutlass_80_wmma_tensorop_bf16_s161616gemm_bf16_16x16_128x2_tn_align8"
    new = "void cutlass_80_wmma_tensorop_bf16_s161616gemm_bf16_32x32_128x2_tn_align8"
    for room in (12, 20, 30, 40):
        one, other = fitted(old, new, room, "…")
        assert max(len(one), len(other)) <= room
        assert "16x16" in one
        assert "32x32" in other
    assert fitted(old, new, 80, "…") == (old.removeprefix("void "), new.removeprefix("void "))
    assert fitted("flash_fwd_kernel", "flash_fwd_kernel_splitkv", 20, "…")[1].endswith(("kv", "…"))


def test_many_changes_are_cut_with_their_number() -> None:
    names = {k: f"kernel {k}" for k in range(1, 60)}
    run = with_kernels(profiled(seq_lens=(128,), candidates=tuple(range(1, 60)), rounds=3), names)
    assert shown(run)[-1] == "… and 18 more, see --json"


# show


def report(record: RunRecord, width: int = 80, theme: str = "dark", *, colour: bool = False) -> str:
    surface = Surface(
        width=width,
        height=30,
        live=colour,
        depth="truecolor" if colour else None,
        glyphs=UNICODE,
        theme=theme,
    )
    run, stream = Run.of(record), io.StringIO()
    print_report(surface, record, run.curves(), PUBLISHED, run.findings(), (), stream)
    return stream.getvalue()


def test_show_has_it_between_the_curves_and_the_findings() -> None:
    said = report(profiled())
    order = ("Number of Candidate Tokens", "Where the time of a verify step goes", "Best K at")
    places = [said.index(what) for what in order]
    assert places == sorted(places)
    assert "Where the time" not in report(unprofiled())


def test_show_keeps_to_the_width_and_sends_no_escape_to_a_pipe() -> None:
    hostile = with_kernels(profiled(), {1: HOSTILE, 16: "\x1b[31mred", 64: "x", 112: "x"})
    said = report(hostile)
    assert "\x1b" not in said
    assert max(map(cell_len, said.split("\n"))) <= 80
    assert "<script>" in said  # as it is: rich reads no markup


def test_show_draws_the_bars_in_the_themes_colours() -> None:
    said = report(profiled(), colour=True, theme="light")
    blue = load_palette("light").series_colour(0)
    parts = ";".join(str(int(blue[i : i + 2], 16)) for i in (1, 3, 5))
    assert f"48;2;{parts}m" in said
