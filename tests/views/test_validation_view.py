"""What decoding came to, in words and drawn."""

from __future__ import annotations

import pytest
from run.decoded_run import plan, record

from specprof.analysis.validation.results import Gap, validation_results
from specprof.plan.plan import Row
from specprof.views.curves.plot import draw_figure
from specprof.views.glyphs import UNICODE
from specprof.views.terminal import Surface
from specprof.views.validation.figure import validation_figure
from specprof.views.validation.lines import validation_lines
from specprof.views.validation.words import most_of, signed

from .measured_run import record as without_decoding

ROW = Row(1, 64)
PIPE = Surface(width=100, height=30, live=False, depth=None, glyphs=UNICODE, theme="dark")


def said(the_record, width: int = 120) -> list[str]:
    return [
        line.plain
        for line in validation_lines(
            the_record, validation_results(the_record), width, PIPE.palette(), UNICODE
        )
    ]


def test_a_run_that_does_not_decode_says_nothing():
    assert said(without_decoding()) == []


def test_every_setting_has_its_line_and_the_verdict_counts_them():
    lines = said(record(drift=0.0))
    text = "\n".join(lines)
    (first,) = [line for line in lines if line.split()[:2] == ["4", "chain:alpha=0.5"] and "×" in line]
    # 1.8 / 1.5 simulated, 1.8 / (16.5 / 10.5) real
    assert "1.200×" in first
    assert "1.145×" in first
    assert "−4.5 %" in first
    assert "2 of 2 settings lie within 5.0 % of the prediction" in text
    assert "candidates are random tokens" in text


def test_what_lies_beyond_the_bound_is_explained_by_its_largest_parts():
    slow = {"draft": 0.1, "verify": 180.0, "accept": 5.0, "keep": 2.0}
    text = " ".join(said(record(drift=0.0, total_ms=190.0, parts=slow)))
    assert "0 of 2 settings lie within" in text
    assert "mostly the verify step in the loop beside T(K) (−16.7 %)" in text
    assert "which its interval does not make sure" not in text


def test_tokens_that_differ_are_said():
    greedy = plan(verdict="greedy", drafts="own")
    assert "all 330 tokens are those of plain greedy decoding" in " ".join(said(record(greedy, unequal=0)))
    assert "20 of" in " ".join(said(record(greedy, unequal=1)))


def test_ragged_prefixes_and_failures_are_said():
    assert "up to 2.5 rows ahead of the mean" in " ".join(said(record(spread_rows=2.5)))
    whole = record()
    failed = whole.validation[2].model_copy(update={"failed": "out of memory: much", "failed_at_s": 1.0})
    text = " ".join(said(whole.model_copy(update={"validation": [*whole.validation[:2], failed]})))
    assert "batch 1, seq_len 64, tree: failed, out of memory: much" in text


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_line_is_too_long(width):
    assert max(map(len, said(record(), width))) <= width


def test_the_curves_are_predicted_and_the_points_measured():
    the_record = record(drift=0.0)
    results = validation_results(the_record)
    figure, overlay = validation_figure(the_record, results, ROW)
    assert figure.names == ("chain:alpha=0.5", "tree")
    assert [series.candidates.tolist() for series in figure.series] == [[1, 4], [1, 4]]
    assert figure.series[0].values.tolist() == pytest.approx([1.0, 1.2])
    assert overlay.series[0].values.tolist() == pytest.approx([1.8 * 10.5 / 16.5])
    drawing = draw_figure(figure, 100, 24, PIPE.palette(), UNICODE, overlay=overlay)
    text = drawing.rich().plain
    assert "chain:alpha=0.5" in text
    assert "seq_len 64" in text
    assert "◇ measured by decoding" in text
    assert "Simulated Speedup @" not in text


def test_numbers_are_signed_and_small_ones_are_none():
    assert [signed(x) for x in (0.0123, -0.0123, 0.0001, float("inf"))] == ["+1.2 %", "−1.2 %", "0.0 %", "?"]
    gap = Gap(baseline=0.01, verify=-0.2, draft=0.0, accept=-0.05, keep=0.0, host=0.0)
    assert most_of(gap) == "mostly the verify step in the loop beside T(K) (−18.1 %) and acceptance (−4.9 %)"
