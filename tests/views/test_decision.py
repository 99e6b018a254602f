"""The decision as text: map, schedule and what would change it, against runs whose best K is known."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from analysis.synthetic import plan_of, record_of
from rich.cells import cell_len
from rich.text import Text

from specprof.analysis.acceptance import Chain, LogFit
from specprof.analysis.opened import Run, load
from specprof.analysis.schedule import BatchRange, Schedule, schedule_of
from specprof.analysis.sensitivity import sensitivity
from specprof.plan.plan import Cell
from specprof.views.decision.head import head_lines, warning_lines
from specprof.views.decision.heatmap import heatmap
from specprof.views.decision.lines import Pen
from specprof.views.decision.schedule import one_for_all_words, per_batch_words, schedule_lines
from specprof.views.decision.sensitivity import holds_words, sensitivity_lines
from specprof.views.glyphs import ASCII, UNICODE, Glyphs
from specprof.views.palette import PLAIN, load_palette

COUNTS = (1, 8, 16, 32)
LIMITS = {1: 32, 4: 16, 16: 8, 64: 1}
"""Candidates that are free, by batch size; beyond, a step costs in proportion. At 64 nothing pays."""


def overhead(cell: Cell) -> float:
    return max(1.0, cell.candidates / LIMITS[cell.batch_size])


def run_of(slower: Callable[[Cell], float] = overhead, **how) -> Run:
    shape = {"batch_sizes": (1, 4, 16, 64), "seq_lens": (128, 1024), **how.pop("shape", {})}
    plan = plan_of(candidates=COUNTS, **shape)
    return Run.of(record_of(plan, lambda cell: 10.0 * slower(cell), **how))


def text_of(lines: list[Text]) -> str:
    return "\n".join(line.plain for line in lines)


def words_of(lines: list[Text]) -> str:
    return " ".join(text_of(lines).split())


def everything(run: Run, width: int, glyphs: Glyphs = UNICODE, palette=PLAIN) -> list[Text]:
    how = width, palette, glyphs
    schedule = schedule_of(run)
    return [
        *head_lines(run.record, schedule, *how),
        *heatmap(schedule, *how),
        *schedule_lines(schedule, *how),
        *sensitivity_lines(sensitivity(run, (LogFit(), Chain())), *how),
        *warning_lines(["the file was written by a later specprof"], *how),
    ]


def mapped(schedule: Schedule, width: int = 80, glyphs: Glyphs = UNICODE) -> list[list[str]]:
    return [line.plain.split() for line in heatmap(schedule, width, PLAIN, glyphs)]


# The map


def test_the_map_reads_without_colour():
    lines = mapped(schedule_of(run_of()))
    assert lines[1:6] == [
        ["batch", "128", "1024"],
        ["1", "32", "★", "32", "★"],
        ["4", "16", "★", "16", "★"],
        ["16", "8", "★", "8", "★"],
        ["64", "off", "★", "off", "★"],
    ]
    assert " ".join(lines[6]) == "★ clearly the best · ☆ others cannot be told apart from it"
    assert " ".join(lines[7]) == "off: speculation does not pay"


def test_a_place_that_was_not_measured_is_a_dot_and_said():
    missing = {Cell(16, 1024, k) for k in COUNTS}
    lines = mapped(schedule_of(run_of(missing=missing)), glyphs=ASCII)
    assert lines[4] == ["16", "8", "*", "."]
    assert lines[3] == ["4", "16", "*", "16", "*"]
    assert ". not measured" in " ".join(lines[-1])


def test_what_cannot_be_told_apart_has_the_open_star():
    tokens = dict(zip(COUNTS, LogFit().expected_tokens(COUNTS).tolist(), strict=True))
    run = run_of(lambda cell: max(1.0, tokens[cell.candidates] / tokens[16]), noise=0.03, rounds=20)
    schedule = schedule_of(run)
    unsure = [choice for choice in schedule.choices if not choice.certain]
    assert unsure
    assert sum(line.count("☆") for line in mapped(schedule)[2:6]) == len(unsure)


def test_numbers_stand_under_their_lengths_at_every_width():
    lengths = (128, 256, 512, 1024, 2048, 4096, 8192)
    schedule = schedule_of(run_of(shape={"seq_lens": lengths}))
    for width in (30, 40, 60, 120):
        found: list[str] = []
        for line in heatmap(schedule, width, PLAIN, UNICODE):
            assert cell_len(line.plain) <= width
            if line.plain.startswith("batch"):
                found += line.plain.split()[1:]
                ends = [line.plain.index(f" {word}") + 1 + len(word) for word in line.plain.split()[1:]]
            elif line.plain.lstrip().startswith("4 "):
                assert [line.plain[end - 2 : end] for end in ends] == ["16"] * len(ends)
        assert found == [str(length) for length in lengths]


@pytest.mark.parametrize("name", ["dark", "light"])
def test_each_k_has_a_colour_of_its_own_and_off_is_muted(name: str):
    palette = load_palette(name)
    lines = heatmap(schedule_of(run_of()), 80, palette, UNICODE)
    styles = {}
    for line in lines[2:6]:
        for span in line.spans[1:]:  # the first is the batch size
            styles[line.plain[span.start : span.end].split()[0]] = str(span.style)
    assert len({styles[k] for k in ("32", "16", "8", "off")}) == 4
    assert styles["off"] == str(palette.style("muted"))


# The schedule


def test_each_row_has_its_speedup_its_loss_and_its_break_even():
    schedule = schedule_of(run_of())
    lines = [line.plain.split() for line in schedule_lines(schedule, 100, PLAIN, UNICODE)]
    e8, e16, e32 = (1 + 0.477 * math.log(k) for k in (8, 16, 32))
    by_row = {tuple(line[:2]): line[2:] for line in lines if line and line[0].isdigit()}
    assert lines[1][4:6] == [f"{schedule.one_for_all}", "loses"]
    assert by_row["1", "128"][:2] == ["32", f"{e32:.2f}×"]
    assert by_row["4", "1024"][:2] == ["16", f"{e16:.2f}×"]
    assert by_row["16", "128"][:2] == ["8", f"{e8:.2f}×"]
    # at batch 64 K costs K: only α = 1 breaks even, and 8 candidates are nearest with E(8)/8
    assert by_row["64", "128"][:3] == ["off", "8:", f"{e8 / 8:.2f}×"]
    assert by_row["64", "128"][-1] == "1.00"
    assert "off: no count is clearly faster" in words_of(schedule_lines(schedule, 100, PLAIN, UNICODE))


def test_what_can_never_pay_is_never():
    run = run_of(lambda cell: 1.0 if cell.candidates == 1 else 2.0 * cell.candidates)
    lines = [line.plain.split() for line in schedule_lines(schedule_of(run), 100, PLAIN, UNICODE)]
    assert {line[-1] for line in lines if line and line[0] in {"1", "4", "16", "64"}} == {"never"}


def test_one_k_for_all_and_the_ranges_in_words():
    schedule = schedule_of(run_of())
    worst = max(schedule.one_for_all_loss)
    words = one_for_all_words(schedule)
    assert words.startswith(f"One K for all: {schedule.one_for_all}; it loses ")
    assert f"at most {worst * 100:.0f} %" in words
    ranges = (BatchRange(1, 1, 32, (1,)), BatchRange(2, 4, 16, (4,)), BatchRange(5, None, 1, (8, 16)))
    assert per_batch_words(ranges) == (
        "One K per batch size, over all lengths: 32 at batch 1, 16 at batch 2 to 4 and off from batch 5 on "
        "(measured at batch 1, 4, 8 and 16; nothing is known beyond)."
    )
    assert per_batch_words((BatchRange(1, None, 32, (4,)),), 128) == (
        "At batch 4, at seq_len 128: 32. Other batch sizes were not measured."
    )


def test_a_k_that_was_kept_says_why():
    tokens = dict(zip(COUNTS, LogFit().expected_tokens(COUNTS).tolist(), strict=True))
    run = run_of(
        lambda cell: max(1.0, tokens[cell.candidates] / tokens[16]),
        shape={"batch_sizes": tuple(range(1, 9)), "seq_lens": (64,)}, noise=0.03, rounds=20,
    )  # fmt: skip
    schedule = schedule_of(run)
    kept = [choice for choice in schedule.choices if choice.kept]
    assert kept
    said = words_of(schedule_lines(schedule, 100, PLAIN, UNICODE))
    for choice in kept:
        assert f"batch {choice.batch_size}, seq_len 64: {choice.candidates} is kept from batch" in said


# What would change it


def test_how_far_the_gain_may_be_off_in_words():
    assert holds_words((0.8, 1.35)) == "−20 % to +35 %"
    assert holds_words((0.0, math.inf)) == "anything"
    assert holds_words((0.001, math.inf)) == "anything"
    assert holds_words((0.0, 1.042)) == "−100 % to +4.2 %"
    assert holds_words((0.5, math.inf)) == "−50 % to anything"
    assert holds_words((0.5, 400.0)) == "−50 % to over +1000 %"


def test_what_others_may_be_as_good_as_has_a_mark_that_is_explained():
    for name, marked in (("llama-7b-cpu-bs1", True), ("medusa-llama-7b-bs4", False)):
        found = sensitivity(load(name), (LogFit(),), seq_len=512)
        words = words_of(sensitivity_lines(found, 100, PLAIN, UNICODE))
        assert ("1?" in words) == ("?: highest median, but others" in words) == marked


def test_every_model_has_a_line_and_two_of_a_kind_are_told_apart():
    models = (LogFit(), Chain(alpha=0.3), Chain(alpha=0.9))
    lines = sensitivity_lines(sensitivity(run_of(), models), 100, PLAIN, UNICODE)
    table = [line.plain.split() for line in lines[2:]]
    assert table[0][:4] == ["1", "128", "log-fit", "32"]
    assert table[1][0] == "chain:alpha=0.3"
    assert table[2][0] == "chain:alpha=0.9"
    assert "chain:alpha=0.9: E(K) = (1 − 0.9^K) / (1 − 0.9); Leviathan" in words_of(lines)


# What it rests on


def test_the_head_says_what_is_assumed():
    run = load("llama-7b-cpu-bs1")
    said = words_of(
        head_lines(run.record, schedule_of(run.with_draft("0.1"), Chain(alpha=0.7)), 80, PLAIN, UNICODE)
    )
    assert "under E(K) = (1 − 0.7^K) / (1 − 0.7); draft pass 0.1 T(1)" in said
    assert "full depth estimated from 2 of 32 layers" in said
    figure = load("medusa-llama-7b-bs4")
    said = words_of(head_lines(figure.record, schedule_of(figure), 80, PLAIN, UNICODE))
    assert "Llama 7B: a published figure" in said
    assert "drafting costs nothing" in said


# Width and signs


@pytest.mark.parametrize("width", [30, 40, 60, 80, 120])
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_no_line_is_wider_than_asked_for(width: int, glyphs: Glyphs):
    for run in (run_of(), run_of(noise=0.3, rounds=4), load("medusa-llama-7b-bs4"), load("llama-7b-cpu-bs1")):
        lines = everything(run, width, glyphs)
        assert max(cell_len(line.plain) for line in lines) <= width
        assert glyphs is UNICODE or text_of(lines).isascii()


def test_columns_that_do_not_fit_are_left_out_whole():
    pen = Pen(20, PLAIN, UNICODE)
    pen.table(["first", "second", "third", "words"], [[("12345", "text"), ("6", "text"), ("78901", "text"),
                                                       ("never seen", "text")]], left=(3,))  # fmt: skip
    assert [line.plain for line in pen.lines] == ["first  second  third", "12345       6  78901"]
    pen = Pen(12, PLAIN, UNICODE)
    pen.table(["first", "second", "3"], [[("1", "text"), ("2", "text"), ("3", "text")]])
    assert [line.plain for line in pen.lines] == ["first", "    1"]
    pen = Pen(20, PLAIN, UNICODE)
    pen.table(["first", "words"], [[("12345", "text"), ("said at some length", "text")]], left=(1,))
    assert [line.plain for line in pen.lines] == ["first  words", "12345  said at some…"]
