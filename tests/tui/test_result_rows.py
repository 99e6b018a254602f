"""The table's rows: the run's own numbers, sorted as asked, with what has no value at the end."""

from __future__ import annotations

import pytest
from views.measured_run import plan, record
from views.two_attentions import BYTES_PER_S, beside_ms, own_ms, two_attentions

from specprof.analysis.acceptance import PUBLISHED
from specprof.analysis.opened import Run, load
from specprof.plan.memory import step_bytes
from specprof.plan.plan import Cell
from specprof.tui.state.result_rows import result_rows, sorted_rows, sorts_of


@pytest.fixture(scope="module")
def run() -> Run:
    """seq_len 512 failed from 80 candidates on, seq_len 2048 was not run."""
    return Run.of(record(plan(), oom_from=580, not_run=2048))


def rows_of(run: Run, batch_size: int = 1):
    return result_rows(run, run.curves(), PUBLISHED, batch_size)


def test_there_is_a_row_for_every_cell_with_the_numbers_of_the_run(run):
    rows = rows_of(run)
    assert [(row.seq_len, row.candidates) for row in rows] == [
        (s, k) for s in run.seq_lens for k in run.candidates
    ]
    row = next(row for row in rows if (row.seq_len, row.candidates) == (512, 32))
    place = (0, 1, 2)
    assert row.latency_ms.median == run.latency_ms().median[place]
    assert row.ratio.low == run.ratio().low[place]
    assert row.speedup.median == pytest.approx(2.6532 / run.ratio().median[place], rel=1e-4)
    assert row.tokens == pytest.approx(2.6532, abs=1e-4)  # 1 + 0.477 ln 32
    assert row.samples == 12


def test_a_cell_without_a_result_has_no_number_but_its_reason(run):
    row = next(row for row in rows_of(run) if (row.seq_len, row.candidates) == (512, 112))
    assert (row.latency_ms, row.ratio, row.speedup, row.samples) == (None, None, None, 0)
    assert row.verdict == "oom"
    assert row.reasons == ("out of memory: 18.4 GiB needed, 12.0 GiB free",)


@pytest.mark.parametrize("descending", [False, True])
def test_sorted_by_speedup_what_has_none_comes_last_either_way(run, descending):
    rows = sorted_rows(rows_of(run), "speedup", descending=descending)
    known = [row.speedup.median for row in rows if row.speedup]
    assert known == sorted(known, reverse=descending)
    assert all(row.speedup is None for row in rows[len(known) :])
    assert len(known) == 13


def test_equal_rows_stand_by_sequence_length_and_k(run):
    rows = sorted_rows(rows_of(run), "tokens", descending=True)
    assert [(row.seq_len, row.candidates) for row in rows[:4]] == [
        (128, 112), (512, 112), (2048, 112), (128, 96),
    ]  # fmt: skip


def test_sorted_by_verdict_the_worst_comes_first(run):
    verdicts = [row.verdict for row in sorted_rows(rows_of(run), "verdict", descending=False)]
    assert verdicts[:3] == ["oom"] * 3
    assert verdicts.index("warn") < verdicts.index("not_run")


def test_a_published_figure_has_no_latency_to_sort_by():
    assert sorts_of(load("medusa-llama-7b-bs4")) == ("seq_len", "candidates", "ratio", "tokens", "speedup")


def test_a_floor_and_a_second_attention_are_columns_of_runs_that_have_them(run):
    assert sorts_of(run) == (
        "seq_len", "candidates", "latency", "ratio", "tokens", "speedup", "samples", "verdict",
    )  # fmt: skip
    both = Run.of(two_attentions())
    assert sorts_of(both)[2:6] == ("latency", "floor", "beside", "ratio")
    row = next(row for row in rows_of(both) if (row.seq_len, row.candidates) == (8192, 32))
    cell = Cell(1, 8192, 32)
    floor_ms = 1e3 * step_bytes(both.record.plan, cell) / BYTES_PER_S
    assert row.above_floor.median == pytest.approx(own_ms(cell) / floor_ms)
    assert row.beside_over.median == pytest.approx(beside_ms(cell) / own_ms(cell))
    slowest = sorted_rows(rows_of(both), "beside", descending=True)[0]
    assert (slowest.seq_len, slowest.candidates) == (8192, 1)
    farthest = sorted_rows(rows_of(both), "floor", descending=True)[0]
    assert (farthest.seq_len, farthest.candidates) == (128, 32)
