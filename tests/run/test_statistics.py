"""Medians and their intervals, against hand-worked cases, scipy, and the coverage they claim."""

from __future__ import annotations

import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from specprof.run.statistics import (
    LEVEL,
    Estimate,
    full_depth,
    median_estimate,
    middle_ranks,
    paired,
    percentiles,
    relative_spread,
)

TIMES = st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=60)


# The median and its interval


@given(TIMES)
def test_the_median_is_numpys_and_lies_within_its_interval(samples: list[float]) -> None:
    estimate = median_estimate(samples)
    assert estimate.median == np.median(samples)
    assert min(samples) <= estimate.low <= estimate.median <= estimate.high <= max(samples)


@given(TIMES)
def test_the_same_samples_in_any_order_give_the_same_interval(samples: list[float]) -> None:
    first = median_estimate(samples)
    middle_ranks.cache_clear()
    assert median_estimate(samples[::-1]) == first


@given(TIMES, st.integers(-8, 8))
def test_other_units_scale_the_interval_and_nothing_else(samples: list[float], power: int) -> None:
    scale = 2.0**power
    expected = tuple(scale * value for value in median_estimate(samples))
    assert tuple(median_estimate([scale * value for value in samples])) == pytest.approx(expected, rel=1e-12)


def test_one_sample_is_its_own_interval() -> None:
    assert median_estimate([7.0]) == Estimate(7.0, 7.0, 7.0)


def test_two_samples_span_their_interval() -> None:
    # a resample's median is a, (a + b)/2 or b with probability 1/4, 1/2, 1/4: 2.5 % and 97.5 % are a and b
    assert median_estimate([3.0, 1.0]) == Estimate(2.0, 1.0, 3.0)


def test_equal_samples_have_an_interval_without_width() -> None:
    assert median_estimate([0.1] * 13) == Estimate(0.1, 0.1, 0.1)
    assert median_estimate([0.1] * 13).relative_half_width == 0


def test_an_outlier_moves_neither_median_nor_interval() -> None:
    steady = [10.0 + 0.1 * n for n in range(21)]
    assert median_estimate([*steady[:-1], 1e6]) == median_estimate(steady)


def test_no_samples_have_no_median() -> None:
    with pytest.raises(ValueError, match="at least one sample"):
        median_estimate([])


def test_the_ranks_of_three_draws_of_three_have_their_known_probabilities() -> None:
    # the median of 3 draws from 3 values: 7/27, 13/27, 7/27
    lower, upper = middle_ranks(3)
    assert (lower == upper).all()
    shares = np.bincount(lower, minlength=3) / lower.size
    assert shares == pytest.approx([7 / 27, 13 / 27, 7 / 27], abs=0.03)


def test_the_ranks_of_two_draws_of_two_have_their_known_probabilities() -> None:
    lower, upper = middle_ranks(2)
    shares = [((lower == a) & (upper == b)).mean() for a, b in [(0, 0), (0, 1), (1, 1)]]
    assert shares == pytest.approx([1 / 4, 1 / 2, 1 / 4], abs=0.03)


@pytest.mark.parametrize("count", [4, 5, 10, 31, 64])
def test_themiddle_ranks_are_distributed_as_those_of_real_resamples(count: int) -> None:
    drawn = np.sort(np.random.default_rng(1).integers(0, count, size=(20_000, count)), axis=1)
    lower, upper = middle_ranks(count)
    assert (lower <= upper).all()
    for mine, theirs in ((lower, drawn[:, (count - 1) // 2]), (upper, drawn[:, count // 2])):
        assert mine.mean() == pytest.approx(theirs.mean(), abs=0.06 * count**0.5)
        assert mine.std() == pytest.approx(theirs.std(), rel=0.06)
    gap = drawn[:, count // 2] - drawn[:, (count - 1) // 2]
    assert (upper - lower).mean() == pytest.approx(gap.mean(), rel=0.1, abs=0.01)


@pytest.mark.parametrize("count", [10, 15, 23, 50, 200])
def test_the_interval_agrees_with_scipys_percentile_bootstrap(count: int) -> None:
    samples = np.random.default_rng(count).lognormal(3, 0.1, count)
    expected = stats.bootstrap(
        (samples,), np.median, method="percentile", n_resamples=9999, rng=np.random.default_rng(0)
    ).confidence_interval
    found = median_estimate(samples)
    # two bootstraps of the same samples differ by their resamples' chance: at most a rank or so
    ordered, close = np.sort(samples), 0.1 * (expected.high - expected.low)
    for mine, theirs in ((found.low, expected.low), (found.high, expected.high)):
        ranks_apart = abs(int(np.searchsorted(ordered, mine)) - int(np.searchsorted(ordered, theirs)))
        assert abs(mine - theirs) <= close or ranks_apart <= 1


def test_the_95_percent_interval_of_20_samples_covers_the_median_95_times_in_100() -> None:
    random = np.random.default_rng(2024)
    covered = 0
    for _ in range(2000):
        low, high = median_estimate(random.lognormal(0, 0.2, 20))[1:]
        covered += low <= 1.0 <= high
    assert 0.93 <= covered / 2000 <= 0.97


def test_a_hundred_thousand_samples_take_little_time_and_memory() -> None:
    samples = np.random.default_rng(0).random(100_000)
    middle_ranks.cache_clear()
    tracemalloc.start()
    started = time.process_time()
    low, high = median_estimate(samples)[1:]
    seconds = time.process_time() - started
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seconds < 0.5
    assert peak_bytes < 10e6
    # the standard error of a uniform's median is 1/(2√n) = 0.0016
    assert high - low == pytest.approx(2 * 1.96 * 0.00158, rel=0.1)


def test_half_the_width_is_given_relative_to_the_median() -> None:
    assert Estimate(10.0, 9.0, 12.0).relative_half_width == 0.15
    assert Estimate(0.0, 0.0, 1.0).relative_half_width == float("inf")


# Spread, depth, pairs


def test_the_spread_is_the_interquartile_range_over_the_median() -> None:
    assert relative_spread([8.0, 9.0, 10.0, 11.0, 12.0]) == pytest.approx(0.2)
    assert relative_spread([5.0]) == 0
    assert relative_spread([0.0, 0.0]) == float("inf")


def test_layers_are_multiplied_and_the_head_is_not() -> None:
    # 1 + (3 − 1) · 32/2 and 2 + (5 − 2) · 16
    assert full_depth([3.0, 5.0], [1.0, 2.0], 2, 32).tolist() == [33.0, 50.0]
    assert full_depth([3.0, 5.0], None, 2, 32).tolist() == [48.0, 80.0]


def test_at_full_depth_samples_are_taken_as_they_are() -> None:
    assert full_depth([3.0, 5.0], [1.0, 2.0], 32, 32).tolist() == [3.0, 5.0]


def test_a_head_longer_than_its_sample_makes_no_negative_layers() -> None:
    assert full_depth([3.0], [3.5], 2, 32).tolist() == [3.0]


def test_pairs_are_the_rounds_that_measured_both_in_their_order() -> None:
    mine, base = paired(np.array([4.0, 6.0, 9.0]), [2, 0, 7], np.array([1.0, 2.0, 3.0]), [0, 1, 2])
    assert mine.tolist() == [6.0, 4.0]
    assert base.tolist() == [1.0, 3.0]


def test_a_cell_sampled_several_times_in_a_round_counts_with_their_median() -> None:
    ones, rounds = np.array([1.0, 2.0, 9.0, 4.0]), [0, 0, 0, 1]
    mine, base = paired(np.array([10.0, 20.0]), [0, 1], ones, rounds)
    assert mine.tolist() == [10.0, 20.0]
    assert base.tolist() == [2.0, 4.0]


def test_cells_without_a_common_round_have_no_pairs() -> None:
    mine, base = paired(np.array([4.0]), [1], np.array([1.0]), [2])
    assert mine.size == base.size == 0


def test_drift_that_touches_a_whole_round_falls_out_of_the_ratio() -> None:
    drift = np.linspace(1, 2, 12)
    rounds = list(range(12))
    mine, base = paired(30 * drift, rounds, 20 * drift, rounds)
    assert tuple(median_estimate(mine / base)) == pytest.approx((1.5, 1.5, 1.5))


@pytest.mark.parametrize("seed", range(20))
def test_the_bounds_are_numpy_s_quantiles_to_the_last_bit(seed):
    random = np.random.default_rng(seed)
    for _ in range(50):
        medians = random.lognormal(sigma=2.0, size=int(random.integers(2, 3000)))
        expected = np.quantile(medians, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        assert percentiles(medians) == tuple(expected.tolist())
