"""What an opened run gives: arrays [B, S, K] with numbers worked out by hand, NaN where nothing is."""

import math

import numpy as np
import pytest

from specprof.analysis.acceptance import LogFit
from specprof.analysis.opened import Run
from specprof.errors import RunFileProblem, UsageProblem
from specprof.plan.plan import Cell
from specprof.run.record import RunRecord

from .published_figure import CANDIDATES, SPEEDUP
from .published_figure import record as published
from .synthetic import full_tiny, plan_of, record_of, with_verdict

HOLE = Cell(2, 64, 16)


@pytest.fixture(scope="module")
def run() -> Run:
    """T = 5 ms · B at K = 1 and twice that at K = 16; one cell out of memory."""
    plan = plan_of(batch_sizes=(1, 2, 8), seq_lens=(64, 128), candidates=(1, 16))
    return Run.of(
        record_of(plan, lambda c: 5.0 * c.batch_size * (1 if c.candidates == 1 else 2), missing={HOLE})
    )


def test_every_array_is_batch_by_sequence_length_by_candidates(run: Run) -> None:
    for arrays in (run.latency_ms(), run.measured_ms(), run.ratio(), run.overhead(), run.speedup()):
        assert all(part.shape == (3, 2, 2) for part in arrays)
    assert run.verdicts().shape == (3, 2, 2)
    assert (run.batch_sizes, run.seq_lens, run.candidates) == ((1, 2, 8), (64, 128), (1, 16))


def test_latency_ratio_and_speedup_are_what_was_put_in(run: Run) -> None:
    np.testing.assert_allclose(run.latency_ms().median[2], [[40, 80], [40, 80]])
    np.testing.assert_allclose(run.measured_ms().median[0], [[5, 10], [5, 10]])
    np.testing.assert_allclose(run.ratio().median[0], [[1, 2], [1, 2]])
    # (1 + 0.477 ln 16) / 2 = 1.1613
    np.testing.assert_allclose(run.speedup().median[2], [[1, 1.1613]] * 2, atol=1e-4)


def test_a_cell_without_a_measurement_is_nan_everywhere_and_only_there(run: Run) -> None:
    for arrays in (run.latency_ms(), run.measured_ms(), run.ratio(), run.speedup()):
        for part in arrays:
            assert np.argwhere(np.isnan(part)).tolist() == [[1, 0, 1]]


def test_verdicts_are_those_of_the_record(run: Run) -> None:
    assert run.verdicts()[1, 0, 1] == "oom"
    changed = with_verdict(run.record, {Cell(8, 128, 16)}, "unverified")
    assert Run.of(changed).verdicts()[2, 1, 1] == "unverified"


def test_samples_come_by_batch_size_sequence_length_and_candidates(run: Run) -> None:
    np.testing.assert_allclose(run.samples_ms(8, 64, 16), [80.0] * 12)
    assert run.samples_ms(*HOLE).size == 0


def test_samples_of_a_cell_outside_the_plan_are_a_usage_problem(run: Run) -> None:
    with pytest.raises(UsageProblem, match="batch 4, seq_len 64, 16 candidates"):
        run.samples_ms(4, 64, 16)


def test_the_interval_of_the_speedup_is_that_of_the_ratio_turned_over() -> None:
    run = Run.of(record_of(plan_of(), lambda cell: 3.0, noise=0.1))
    speedup, ratio = run.speedup(), run.ratio()
    tokens = 1 + 0.477 * np.log(run.candidates)
    np.testing.assert_allclose(speedup.low, tokens / ratio.high)
    np.testing.assert_allclose(speedup.high, tokens / ratio.low)
    assert (speedup.low[..., 1:] < speedup.median[..., 1:]).all()
    assert (speedup.median[..., 1:] < speedup.high[..., 1:]).all()


def test_a_sliced_run_gives_what_was_timed_and_full_depth_apart() -> None:
    """1 of 4 layers, 4 ms of which 1 ms is embedding, norm and head: 1 + 4 · 3 = 13 ms at full depth."""
    shape = full_tiny().model_copy(update={"layers_measured": 1})
    plan = plan_of(candidates=(1, 16), model=shape)
    record = record_of(plan, lambda cell: 4.0 if cell.candidates == 1 else 7.0, head_ms=1.0)
    run = Run.of(record)
    assert run.estimated
    np.testing.assert_allclose(run.measured_ms().median, [[[4, 7]]])
    np.testing.assert_allclose(run.latency_ms().median, [[[13, 25]]])
    np.testing.assert_allclose(run.ratio().median, [[[1, 25 / 13]]])
    (curve,) = run.curves(LogFit(a=0.0)).curves
    assert curve.compare(0, 1).median == pytest.approx(13 / 25)


def test_a_run_without_a_sample_is_all_nan_and_has_no_curve() -> None:
    plan = plan_of()
    run = Run.of(record_of(plan, lambda cell: 1.0, missing=set(plan.cells())))
    assert np.isnan(run.speedup().median).all()
    assert run.curves().curves == ()
    assert run.findings() == []


# The published figure


def test_a_published_figure_has_no_latency_and_no_samples() -> None:
    run = Run.of(published())
    assert run.published
    assert np.isnan(run.latency_ms().median).all()
    assert np.isnan(run.measured_ms().median).all()
    assert run.samples_ms(4, 128, 16).size == 0
    assert set(run.verdicts().ravel()) == {"published"}


def test_a_published_figure_gives_back_the_speedups_it_was_printed_with() -> None:
    run = Run.of(published())
    np.testing.assert_array_equal(run.speedup().median, [list(SPEEDUP.values())])
    assert run.speedup().median.shape == (1, 7, 8)
    np.testing.assert_allclose(run.speedup().low[0, 0, 2], 2.45)


def test_the_ratio_of_a_published_figure_is_its_acceptance_over_its_speedup() -> None:
    ratio = Run.of(published()).ratio()
    # seq_len 128, K = 112: (1 + 0.477 ln 112) / 1.60
    assert ratio.median[0, 0, 7] == pytest.approx((1 + 0.477 * math.log(112)) / 1.60)
    assert ratio.low[0, 0, 7] == pytest.approx((1 + 0.477 * math.log(112)) / 1.63)
    np.testing.assert_array_equal(ratio.median[..., 0], np.ones((1, 7)))
    np.testing.assert_array_equal(ratio.high[..., 0], np.ones((1, 7)))


def test_another_acceptance_model_is_put_on_the_published_ratio() -> None:
    speedup = Run.of(published()).speedup(LogFit(a=0.3))
    expected = 2.48 * (1 + 0.3 * math.log(32)) / (1 + 0.477 * math.log(32))
    assert speedup.median[0, 0, 2] == pytest.approx(expected)
    assert speedup.low[0, 0, 2] == pytest.approx(expected * 2.45 / 2.48)


def test_a_reading_error_larger_than_the_value_leaves_the_upper_end_open() -> None:
    run = Run.of(_changed(reading_error=2.0))
    assert np.isinf(run.ratio().high[0, 0, 1:]).any()
    assert run.speedup().low.min() == 0.0


@pytest.mark.parametrize(
    "speedup",
    [[], [[1.0] * 8] * 6, [[1.0] * 7] * 7, [[1.0] * 8] * 6 + [[1.0] * 9]],
    ids=["none", "short", "thin", "ragged"],
)
def test_a_published_figure_that_does_not_fit_its_plan_is_refused(speedup: list[list[float]]) -> None:
    with pytest.raises(RunFileProblem, match="do not fit the plan"):
        Run.of(_changed(speedup=speedup))


def test_an_unknown_acceptance_model_of_a_published_figure_is_refused() -> None:
    with pytest.raises(RunFileProblem, match="'square root of K' is not known"):
        Run.of(_changed(acceptance="square root of K"))


def _changed(**update: object) -> RunRecord:
    record = published()
    assert record.reference is not None
    assert len(CANDIDATES) == 8
    return record.model_copy(update={"reference": record.reference.model_copy(update=update)})
