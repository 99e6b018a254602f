"""Means over the middle rounds."""

from __future__ import annotations

import math

import numpy as np
import pytest

from specprof.analysis.validation.middle import MOST_RANKED, MiddleRounds
from specprof.run.statistics import RESAMPLES


def _rounds(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two logarithms a round, that are not independent."""
    random = np.random.default_rng(seed)
    first = random.normal(0.3, 0.1, count)
    return first, 0.5 * first + random.normal(-0.2, 0.05, count)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 8, 15, MOST_RANKED, MOST_RANKED + 1, 3000])
def test_a_ratio_is_its_two_sides_whatever_the_rounds(count):
    real, predicted = _rounds(count)
    middle = MiddleRounds(real - predicted)
    difference = middle.mean(real - predicted)
    assert difference.mean == pytest.approx(middle.mean(real).mean / middle.mean(predicted).mean, rel=1e-12)
    assert math.log(difference.mean) == pytest.approx(middle.log_mean(real) - middle.log_mean(predicted))
    assert difference.low <= difference.mean <= difference.high


def test_a_quarter_of_the_rounds_at_either_end_of_the_ranking_does_not_count():
    difference = np.array([9.0, 0.1, 0.2, -7.0, 0.3, 0.4, 8.0, -6.0])
    middle = MiddleRounds(difference)
    assert middle.log_mean(difference) == pytest.approx(0.25)
    # whatever else is asked of the same rounds is asked of these four
    assert middle.log_mean(np.arange(8.0)) == pytest.approx((1 + 2 + 4 + 5) / 4)


@pytest.mark.parametrize(("count", "kept"), [(1, 1), (2, 2), (3, 3), (4, 2), (5, 3), (8, 4), (15, 9)])
def test_a_quarter_of_the_rounds_is_rounded_down(count, kept):
    middle = MiddleRounds(np.arange(float(count)))
    ones = np.zeros(count)
    ones[count // 4 : count - count // 4] = 1.0
    assert ones.sum() == kept
    assert middle.log_mean(ones) == 1.0


def test_one_wild_round_does_not_move_the_mean_and_its_interval_little():
    real, predicted = _rounds(15)
    calm = MiddleRounds(real - predicted).mean(real - predicted)
    wild = real.copy()
    wild[np.argmax(real - predicted)] += 3.0
    found = MiddleRounds(wild - predicted).mean(wild - predicted)
    assert found.mean == pytest.approx(calm.mean)
    assert found.high < math.exp(0.3) * calm.high


def test_a_round_that_is_the_same_for_all_gives_an_interval_of_no_width():
    found = MiddleRounds(np.full(9, 0.25)).mean(np.full(9, 0.25))
    assert found == pytest.approx((math.exp(0.25),) * 3)


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    """Of 15 rounds a percentile bootstrap of a trimmed mean falls a little short of 95 %."""
    held = 0
    for seed in range(300):
        values = np.random.default_rng(1000 + seed).normal(0.1, 0.08, 15)
        found = MiddleRounds(values).mean(values)
        held += found.low <= math.exp(0.1) <= found.high
    assert 0.88 <= held / 300 <= 0.98


def test_many_rounds_take_little_memory_and_count_all_the_same():
    values = np.random.default_rng(1).normal(0.1, 0.5, 100_003)
    middle = MiddleRounds(values)
    assert middle.log_mean(np.ones_like(values)) == 1.0
    assert middle.mean(values).mean == pytest.approx(math.exp(0.1), rel=0.02)
    assert middle._drawn.size <= RESAMPLES * MOST_RANKED


@pytest.mark.parametrize("count", [MOST_RANKED + 1, 1003])
def test_the_first_and_the_last_of_many_rounds_count_as_the_others(count):
    # both ends of the run lie in the middle, around 0: a wrong weight would not move them out of it
    difference = np.roll(np.arange(float(count)) - count // 2, count // 2)
    assert MiddleRounds(difference).log_mean(np.ones(count)) == 1.0


def test_no_rounds_have_no_mean():
    with pytest.raises(ValueError, match="at least one"):
        MiddleRounds(np.array([]))
