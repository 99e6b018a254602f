"""When a cell stops: at the target, on a plateau of noise, or at the most samples; tested rarely."""

from __future__ import annotations

from specprof.measure.convergence import Convergence
from specprof.plan.stopping import StoppingRule
from specprof.run.statistics import Estimate

RULE = StoppingRule(target_ci=0.05, min_samples=10, max_samples=100, min_time_s=0.3, growth=1.5)


def _width(relative):
    return [Estimate(10.0, 10.0 * (1 - relative), 10.0 * (1 + relative))]


def test_nothing_is_tested_before_ten_samples_and_then_at_geometric_counts():
    follow = Convergence(RULE)
    tested = []
    for count in range(1, 60):
        if follow.due(count):
            tested.append(count)
            follow.test(count, 1.0, _width(0.5 / count))
    assert tested == [10, 15, 22, 33, 50]


def test_a_narrow_interval_stops_at_the_target():
    assert Convergence(RULE).test(10, 1.0, _width(0.049)) == "target"


def test_the_widest_of_latency_and_ratio_decides():
    assert Convergence(RULE).test(10, 1.0, _width(0.01) + _width(0.06)) is None


def test_too_little_time_does_not_stop():
    assert Convergence(RULE).test(10, 0.29, _width(0.001)) is None


def test_an_interval_that_no_longer_shrinks_is_a_noise_plateau():
    follow = Convergence(RULE)
    assert follow.test(10, 1.0, _width(0.20)) is None
    assert follow.test(15, 1.0, _width(0.199)) is None
    assert follow.test(22, 1.0, _width(0.198)) == "noise_plateau"


def test_an_interval_that_shrinks_as_independent_noise_does_goes_on():
    follow = Convergence(RULE)
    assert [follow.test(n, 1.0, _width(1 / n**0.5)) for n in (10, 15, 22, 33)] == [None] * 4


def test_the_most_samples_end_it():
    follow = Convergence(RULE)
    follow.test(10, 1.0, _width(0.9))
    assert follow.due(100)
    assert follow.test(100, 1.0, _width(0.3)) == "max_samples"
