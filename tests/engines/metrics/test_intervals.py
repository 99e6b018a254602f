"""The Wilson intervals, against those published."""

from __future__ import annotations

import pytest

from specprof.engines.metrics import rate_intervals
from specprof.engines.metrics.measured import from_counts, from_rates


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_intervals_are_those_of_newcombe_1998(count, of, low, high):
    # R. G. Newcombe, Statistics in Medicine 17 (1998) 857, table I, method 3
    ((found_low, found_high),) = rate_intervals(from_counts("x", "x", [count], of))
    assert (round(found_low, 4), round(found_high, 4)) == (low, high)


def test_all_accepted_mirrors_none_accepted():
    ((low, high),) = rate_intervals(from_counts("x", "x", [20], 20))
    assert (round(low, 4), high) == (1 - 0.1611, 1.0)


def test_without_counts_there_are_none():
    assert rate_intervals(from_rates("x", "x", [0.5])) == ()
