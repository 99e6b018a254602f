"""The whole report, as it goes to stdout."""

import io
from dataclasses import replace

import pytest
from rich.cells import cell_len

from specprof.analysis.acceptance import PUBLISHED
from specprof.analysis.opened import Run, load
from specprof.run.record import NoticeRecord, RunRecord
from specprof.views.glyphs import ASCII, UNICODE
from specprof.views.report import MOST_NOTICES, plot_height, print_report
from specprof.views.terminal import Surface

from .measured_run import plan, record

PIPE = Surface(width=100, height=30, live=False, depth=None, glyphs=UNICODE, theme="dark")
TERMINAL = replace(PIPE, live=True, depth="truecolor")


def report(run: Run, surface: Surface = PIPE, warnings: tuple[str, ...] = ()) -> str:
    stream = io.StringIO()
    print_report(surface, run.record, run.curves(), PUBLISHED, run.findings(), warnings, stream)
    return stream.getvalue()


def with_notices(*texts: str, level: str = "warning") -> RunRecord:
    notices = [NoticeRecord(t_s=1, level=level, text=text) for text in texts]
    return record().model_copy(update={"notices": notices})


def test_it_says_what_was_run_and_how_it_ended() -> None:
    head = report(Run.of(record())).split("\n\n")[0]
    assert head.startswith("Llama 7B on Intel Xeon Platinum 8481C (cpu, 2 threads)  complete\n")
    for fact in ("bfloat16", "attention sdpa", "workload full", "execution eager", "2 of 32 layers",
                 "target ±5.0 %", "specprof 0.1.0"):  # fmt: skip
        assert fact in head


def test_the_published_block_is_not_said_to_have_what_it_lacks() -> None:
    full = record()
    block = full.model_copy(
        update={
            "plan": full.plan.model_copy(update={"workload": "paper-block"}),
            "cells": [cell.model_copy(update={"head_ms": None}) for cell in full.cells],
        }
    )
    assert "2 of 32 layers were measured, with embedding" in " ".join(report(Run.of(full)).split())
    shown = " ".join(report(Run.of(block)).split())
    assert "2 of 32 layers were measured speedup" in shown.replace(" = E(K)", "")
    assert "attention sdpa" not in shown
    assert "workload paper-block" in shown


def test_table_curves_and_findings_follow_in_this_order() -> None:
    shown = report(load("medusa-llama-7b-bs4"))
    places = [shown.index(words) for words in
              ("a published figure", "seq_len  K = 1", "Number of Candidate Tokens", "● Cliff")]  # fmt: skip
    assert places == sorted(places)
    assert "Simulated Speedup @" in shown
    assert shown.splitlines()[-1].endswith(f"acceptance: {PUBLISHED.text}")


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_a_pipe_gets_no_escape_no_long_line_and_no_spaces_at_the_end(width: int, glyphs) -> None:
    surface = replace(PIPE, width=width, glyphs=glyphs)
    for run in (Run.of(record(oom_from=600)), load("medusa-llama-7b-bs4")):
        shown = report(run, surface)
        assert "\x1b" not in shown
        lines = shown.split("\n")
        assert max(map(cell_len, lines)) <= width
        assert all(line == line.rstrip() for line in lines)
        assert glyphs is UNICODE or shown.isascii()


def test_too_narrow_for_curves_is_said() -> None:
    shown = report(load("medusa-llama-7b-bs4"), replace(PIPE, width=50))
    assert "(curves are drawn from 60 × 16 characters on)" in shown
    assert "Number of Candidate Tokens" not in shown


def test_a_terminal_gets_the_colours_of_the_theme() -> None:
    shown = report(load("medusa-llama-7b-bs4"), TERMINAL)
    assert "\x1b[38;2;90;169;230m★" in shown  # #5aa9e6, the first series
    light = report(load("medusa-llama-7b-bs4"), replace(TERMINAL, theme="light"))
    assert "\x1b[38;2;21;101;181m★" in light


def test_every_batch_size_has_its_curves() -> None:
    shown = report(Run.of(record(plan(batch_sizes=(1, 4), seq_lens=(128, 512)))))
    assert shown.count("Number of Candidate Tokens") == 2
    assert shown.count("Llama 7B, Batch Size: 4\n") == 2  # over the table and over the curves


def test_warnings_and_notices_come_last_each_once() -> None:
    run = Run.of(with_notices("the host is busy", "the host is busy"))
    shown = report(run, warnings=("the file was cut off",))
    assert shown.endswith("warning: the file was cut off\nwarning: the host is busy\n")


def test_a_flood_of_notices_is_counted() -> None:
    run = Run.of(with_notices(*(f"notice {number}" for number in range(100)), level="info"))
    assert report(run).count("info: notice") == MOST_NOTICES
    assert report(run).endswith("… and 80 more, see --json\n")


def test_a_run_without_a_single_result_is_reported_too() -> None:
    shown = report(Run.of(record(oom_from=1)))
    assert "oom" in shown
    assert "Number of Candidate Tokens" not in shown


CANARY = "\x1b[31mred\x1b]52;c;QQ==\x07 [bold]b[/bold] [/x] \u202e"


@pytest.mark.parametrize("surface", [PIPE, TERMINAL], ids=["pipe", "terminal"])
def test_no_string_is_obeyed(surface: Surface) -> None:
    the_record = with_notices(CANARY).model_copy(update={"status": "partial"})
    the_record = the_record.model_copy(
        update={"plan": plan(title=CANARY), "created_at": CANARY, "specprof_version": CANARY}
    )
    shown = report(Run.of(the_record), replace(surface, width=200), warnings=(CANARY,))
    assert "\x1b]" not in shown
    assert "\x1b[31m" not in shown
    assert "\x07" not in shown
    assert "\u202e" not in shown
    assert shown.count("[bold]b[/bold] [/x]") >= 5


@pytest.mark.parametrize(
    ("size", "height"),
    [((80, 24), 23), ((80, 50), 26), ((120, 60), 40), ((200, 80), 40), ((100, 30), 29), ((60, 10), 16)],
)
def test_a_plot_is_a_third_as_high_as_wide_and_fits_the_terminal(size: tuple[int, int], height: int) -> None:
    assert plot_height(*size) == height
