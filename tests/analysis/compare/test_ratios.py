"""The ratio of two medians of different runs, and whether its 95 % interval is one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from specprof.analysis.compare.ratios import Samples, inverse, ratio_of_medians
from specprof.run.statistics import Estimate, over

PAIRS = 1500
Drawn = Callable[[np.random.Generator], np.ndarray]


def single(values: np.ndarray) -> Samples:
    return Samples(values, range(values.size))


def lognormal(count: int) -> Drawn:
    return lambda random: np.exp(0.05 * random.standard_normal(count))


def heavy_tailed(count: int) -> Drawn:
    return lambda random: np.exp(0.03 * random.standard_t(3, count))


def skewed(count: int) -> Drawn:
    return lambda random: 1 + 0.1 * (random.exponential(size=count) - np.log(2))


def coverage(base: Callable[[np.random.Generator], Samples], other: Callable[[np.random.Generator], Samples]):
    """How often the interval holds the true ratio of medians, 1.3."""
    random = np.random.default_rng(20)
    held = 0
    for _ in range(PAIRS):
        here, there = base(random), other(random)
        found = ratio_of_medians(Samples(1.3 * there.values, there.rounds), here)
        held += found.low <= 1.3 <= found.high
    return held / PAIRS


@pytest.mark.parametrize("noise", [lognormal, heavy_tailed, skewed], ids=["lognormal", "heavy", "skewed"])
@pytest.mark.parametrize(("here", "there"), [(8, 8), (10, 16), (12, 30), (60, 60)])
def test_the_interval_covers_95_percent_of_simulated_pairs_of_runs(here, there, noise):
    covered = coverage(
        lambda random: single(noise(here)(random)), lambda random: single(noise(there)(random))
    )
    assert 0.93 <= covered <= 0.97


def several_per_round(random: np.random.Generator, rounds: int = 16, times: int = 3) -> Samples:
    """Samples that share the drift of their round, as K = 1 is taken."""
    drift = np.repeat(0.05 * random.standard_normal(rounds), times)
    own = 0.01 * random.standard_normal(rounds * times)
    return Samples(np.exp(drift + own), np.repeat(np.arange(rounds), times).tolist())


def test_samples_of_one_round_do_not_count_as_so_many_rounds():
    covered = coverage(several_per_round, several_per_round)
    assert 0.93 <= covered <= 0.97

    def as_if_apart(random: np.random.Generator) -> Samples:
        return single(several_per_round(random).values)

    assert coverage(as_if_apart, as_if_apart) < 0.85  # what resampling single samples would have claimed


def test_the_median_is_the_quotient_of_the_two_medians():
    found = ratio_of_medians(single(np.array([30.0, 10.0, 20.0])), single(np.array([1.0, 4.0, 5.0, 2.0])))
    assert found.median == pytest.approx(20 / 3)
    assert found.low <= found.median <= found.high


def test_rounds_are_resampled_as_a_plain_bootstrap_in_a_loop_would():
    random = np.random.default_rng(4)
    base, other = several_per_round(random, 9, 2), single(lognormal(14)(random))

    def resampled(samples: Samples) -> float:
        numbers = np.asarray(samples.rounds)
        drawn = random.choice(np.unique(numbers), samples.round_count)
        return float(np.median(np.concatenate([samples.values[numbers == number] for number in drawn])))

    brute = [resampled(other) / resampled(base) for _ in range(6000)]
    found = ratio_of_medians(other, base)
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(brute, [0.025, 0.975])), rel=0.006)


@pytest.mark.parametrize("drawn", [lambda random: single(lognormal(20)(random)), several_per_round])
def test_a_run_against_itself_has_an_interval_since_the_two_sides_are_drawn_apart(drawn):
    samples = drawn(np.random.default_rng(1))
    found = ratio_of_medians(samples, samples)
    assert found == ratio_of_medians(samples, samples)  # and always the same one
    assert found.median == 1
    assert found.low < 0.99 < 1.01 < found.high


def test_without_samples_the_interval_is_all_that_both_allow():
    found = over(Estimate(10.0, 9.0, 12.0), Estimate(5.0, 4.0, 6.0))
    assert found == Estimate(2.0, 1.5, 3.0)
    assert inverse(found) == Estimate(0.5, pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert over(Estimate(1.0, 1.0, 1.0), Estimate(1.0, 0.0, 2.0)).high == float("inf")
