"""What `show` says of how a step was executed, and the further columns of its table."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len

from specprof.analysis.acceptance import PUBLISHED
from specprof.analysis.opened import Run
from specprof.run.mode_check import ModeCheck
from specprof.run.record import NoticeRecord, RunRecord
from specprof.views.execution import check_words
from specprof.views.glyphs import UNICODE
from specprof.views.report import print_report
from specprof.views.terminal import Surface

from .measured_run import record as plain_run
from .profiled_run import profiled, with_checks


def report(record: RunRecord, width: int = 120) -> str:
    surface = Surface(width, 30, live=False, depth=None, glyphs=UNICODE, theme="dark")
    run, stream = Run.of(record), io.StringIO()
    print_report(surface, record, run.curves(), PUBLISHED, run.findings(), (), stream)
    return stream.getvalue()


def test_a_mode_that_was_dropped_is_a_warning_of_its_own():
    lines = report(with_checks(profiled())).split("\n")
    assert "warning: execution compile with attention eager was dropped: its logits are too far off" in lines
    assert not any(line.startswith("warning: execution") for line in report(profiled()).split("\n"))


def test_modes_that_passed_and_the_kernel_behind_sdpa_are_said_with_their_numbers():
    said = " ".join(report(with_checks(profiled())).split())
    assert (
        "checked, execution eager with attention sdpa: error 0.0021, at most 0.02 allowed; "
        "12.30 ms for one candidate and the most together" in said
    )
    assert "sdpa, masked: efficient (aten::_efficient_attention_forward)" in said
    assert "checked, execution compile" not in said


def test_a_check_without_logits_says_so():
    check = ModeCheck(execution="graph", attention="flex", tolerance=0.02, compiled=1, dropped="it failed")
    assert check_words(check) == "dropped: it failed; gave no logits; 1 graph compiled"


def test_of_the_published_block_eager_execution_is_what_the_others_are_held_to():
    check = ModeCheck(execution="eager", attention=None, tolerance=0.02)
    made = profiled().model_copy(update={"checks": [check]})
    assert "checked, execution eager: what the other modes are held to" in report(made)


def test_a_dropped_mode_is_said_once_though_a_notice_says_it_too():
    made = with_checks(profiled())
    notice = NoticeRecord(t_s=1.0, level="warning", text=made.checks[1].why_dropped)
    said = report(made.model_copy(update={"notices": [notice]}))
    assert said.count("was dropped") == 1


def test_the_head_names_the_attention_beside_and_the_quantization():
    made = profiled(attention_beside="eager")
    made = made.model_copy(update={"plan": made.plan.model_copy(update={"quantization": "int8"})})
    head = report(made).split("\n\n")[0]
    assert "attention sdpa, with eager beside it" in head
    assert "quantized int8" in head
    assert "quantized" not in report(profiled()).split("\n\n")[0]


def test_the_second_attention_has_a_column_with_its_interval_as_long_as_there_is_room():
    made = profiled(attention_beside="eager")
    first = made.cells[0].beside_over
    said = report(made, 80)
    assert "eager/sdpa" in said.split("───")[0]
    assert f"{first.median:.3f} ±" in said
    assert "T(K) under attention eager over T(K) under sdpa" in said
    assert max(map(cell_len, said.split("\n"))) <= 80
    assert "eager/sdpa" in report(made, 50).split("───")[0]
    assert "no room for eager/sdpa" in " ".join(report(made, 38).split())
    assert "under attention eager over" not in " ".join(report(made, 38).split())


def test_memory_is_said_with_what_was_predicted_where_it_was_most():
    made = profiled()
    cells = [
        cell.model_copy(update={"memory_bytes": 3 << 30, "predicted_bytes": 4 << 30}) if i == 5 else cell
        for i, cell in enumerate(made.cells)
    ]
    said = report(made.model_copy(update={"cells": cells}))
    assert "memory at most 3.0 GiB where 4.0 GiB were predicted (seq_len 512, K = 16)" in said
    assert "more than predicted" not in said


def test_cells_that_took_more_memory_than_predicted_are_counted():
    made = profiled()
    cells = [
        cell.model_copy(update={"memory_bytes": taken << 28, "predicted_bytes": 10 << 28})
        for cell, taken in zip(made.cells, (9, 11, 10, 13), strict=False)
    ]
    said = report(made.model_copy(update={"cells": [*cells, *made.cells[4:]]}))
    assert "; 2 cells took more than predicted, by 30.0 % at most" in " ".join(said.split())


@pytest.mark.parametrize("words", ["eager/sdpa", "memory at most", "T/floor", "checked,", "Where the time"])
def test_a_run_that_has_none_of_it_is_shown_as_ever(words):
    assert words not in report(plain_run())
