"""Curves of measured rows and of the published figure, with numbers worked out by hand."""

import numpy as np
import pytest

from specprof.analysis.acceptance import PUBLISHED, LogFit
from specprof.analysis.opened import Run
from specprof.plan.plan import Cell
from specprof.run.statistics import median_estimate

from .published_figure import record as published
from .synthetic import plan_of, record_of, with_verdict

FLAT = LogFit(a=0.0)
"""One token per step whatever K: the speedup is 1 / overhead."""


def test_a_curve_leaves_out_the_cells_that_failed() -> None:
    record = record_of(plan_of(candidates=(1, 16, 32)), lambda cell: 1.0, missing={Cell(1, 128, 16)})
    (curve,) = Run.of(record).curves().curves
    assert curve.candidates.tolist() == [1, 32]


def test_a_row_without_its_baseline_has_no_curve() -> None:
    record = record_of(plan_of(seq_lens=(128, 256)), lambda cell: 1.0, missing={Cell(1, 128, 1)})
    assert [curve.seq_len for curve in Run.of(record).curves().curves] == [256]


def test_one_candidate_has_exactly_its_expected_tokens() -> None:
    record = record_of(plan_of(), lambda cell: 1.0, noise=0.2)
    (curve,) = Run.of(record).curves(LogFit(a=0.5, base=1.25)).curves
    assert (curve.speedup[0], curve.low[0], curve.high[0]) == (1.25, 1.25, 1.25)


def test_comparing_with_one_candidate_gives_the_speedup_itself() -> None:
    (curve,) = Run.of(record_of(plan_of(), lambda cell: 1.0, noise=0.2, rounds=10)).curves().curves
    for i in range(curve.size):
        assert curve.compare(0, i) == pytest.approx((curve.speedup[i], curve.low[i], curve.high[i]))


def test_comparing_two_points_pairs_their_samples_by_round() -> None:
    record = record_of(plan_of(candidates=(1, 2, 4)), lambda cell: cell.candidates, noise=0.05, drift=1.0)
    run = Run.of(record)
    (curve,) = run.curves().curves
    two, four = run.samples_ms(1, 128, 2), run.samples_ms(1, 128, 4)
    slower = median_estimate(four / two)
    gain = (1 + 0.477 * np.log(4)) / (1 + 0.477 * np.log(2))
    found = curve.compare(1, 2)
    assert found == pytest.approx((gain / slower.median, gain / slower.high, gain / slower.low))
    assert found.low < found.median < found.high
    assert curve.shared_rounds is not None
    assert curve.shared_rounds(1, 2) == 12


def test_only_the_rounds_that_both_were_measured_in_are_compared() -> None:
    """Samples 1, 2, 3, … of K = 2 begin three rounds later than those of K = 4."""
    late = record_of(
        plan_of(candidates=(1, 2, 4)),
        lambda cell: 1.0,
        drift=1.0,
        first_round=lambda cell: 3 if cell.candidates == 2 else 0,
    )
    (curve,) = Run.of(late).curves(FLAT).curves
    assert curve.shared_rounds is not None
    assert curve.shared_rounds(1, 2) == 9
    assert curve.compare(1, 2) == pytest.approx((1.0, 1.0, 1.0))  # drift alone, and it cancels


def test_points_without_a_shared_round_are_compared_by_the_worst_case() -> None:
    """K = 2 is measured with the first rounds of K = 1, K = 4 with the last ones."""
    record = record_of(
        plan_of(candidates=(1, 2, 4)), lambda cell: 1.0, noise=0.1, rounds=16, first_round=_staggered
    )
    (curve,) = Run.of(record).curves(FLAT).curves
    assert curve.shared_rounds is not None
    assert curve.shared_rounds(0, 1) == curve.shared_rounds(0, 2) == 8
    assert curve.shared_rounds(1, 2) == 0
    assert curve.compare(1, 2) == pytest.approx(
        (curve.speedup[2] / curve.speedup[1], curve.low[2] / curve.high[1], curve.high[2] / curve.low[1])
    )


def _staggered(cell: Cell) -> int:
    return {1: 8, 2: 0, 4: 16}[cell.candidates]


def test_an_invalid_cell_is_drawn_but_not_trusted() -> None:
    record = with_verdict(record_of(plan_of(), lambda cell: 1.0), {Cell(1, 128, 48)}, "invalid")
    (curve,) = Run.of(record).curves().curves
    assert curve.candidates[~curve.trusted].tolist() == [48]


def test_an_invalid_baseline_takes_its_row_along_and_no_other() -> None:
    record = record_of(plan_of(seq_lens=(128, 256)), lambda cell: 1.0)
    spoilt, sound = Run.of(with_verdict(record, {Cell(1, 128, 1)}, "invalid")).curves().curves
    assert not spoilt.trusted.any()
    assert sound.trusted.all()


def test_the_published_curve_carries_its_reading_error() -> None:
    curves = Run.of(published()).curves()
    first = curves.curves[0]
    assert curves.reading_error == 0.03
    assert first.shared_rounds is None
    np.testing.assert_allclose(first.speedup, [1.0, 2.38, 2.48, 2.40, 2.36, 1.68, 1.72, 1.60])
    np.testing.assert_allclose(first.low[1:], first.speedup[1:] - 0.03)
    np.testing.assert_allclose(first.high[1:], first.speedup[1:] + 0.03)
    assert first.low[0] == first.high[0] == 1.0


def test_published_points_are_compared_by_the_worst_case_of_both_errors() -> None:
    first = Run.of(published()).curves().curves[0]
    # 64 and 80 candidates: 2.36 and 1.68
    assert first.compare(4, 5) == pytest.approx((1.68 / 2.36, 1.65 / 2.39, 1.71 / 2.33))


def test_a_curve_set_says_what_stands_behind_it() -> None:
    curves = Run.of(published()).curves(PUBLISHED)
    assert (curves.title, curves.published, curves.estimated) == ("Llama 7B", True, False)
    assert curves.acceptance_formula == "1 + 0.477 ln K"
    assert curves.batch_sizes == (4,)
    assert len(curves.of_batch(4)) == 7


def test_a_title_from_a_file_cannot_command_the_terminal() -> None:
    record = record_of(plan_of(), lambda cell: 1.0)
    shape = record.plan.model.model_copy(update={"title": "Llama\x1b]0;owned\x07 7B"})
    record = record.model_copy(update={"plan": record.plan.model_copy(update={"model": shape})})
    assert Run.of(record).curves().title == "Llama]0;owned 7B"
