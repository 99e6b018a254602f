"""Holm's method over many cells."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student

from specprof.analysis.compare.certainty import Looked, by_chance, certainties
from specprof.run.statistics import Estimate


def ratio(z: float, spread: float = 0.01) -> Estimate:
    """A ratio whose logarithm lies `z` standard errors from 0."""
    middle, half = z * spread, 1.959964 * spread
    return Estimate(*np.exp([middle, middle - half, middle + half]).tolist())


@pytest.mark.parametrize("seed", range(8))
def test_what_is_significant_is_what_holms_method_rejects(seed):
    random = np.random.default_rng(seed)
    rounds = 12
    scores = random.standard_normal(40) + np.where(random.random(40) < 0.4, 4.5, 0)
    found = certainties([Looked(ratio(float(z)), rounds) for z in scores])

    p = 2 * student.sf(np.abs(scores), rounds - 1)
    rejected = set()
    for step, i in enumerate(np.argsort(p)):  # Holm 1979: compare the k-th smallest with 5 % / (N − k + 1)
        if p[i] > 0.05 / (p.size - step):
            break
        rejected.add(int(i))
    assert {i for i, sure in enumerate(found) if sure == "significant"} == rejected
    outside = {int(i) for i in np.flatnonzero(np.abs(scores) > 1.96)}
    assert {i for i, sure in enumerate(found) if sure != "within noise"} == rejected | outside


def test_one_cell_is_judged_by_its_own_interval():
    assert certainties([Looked(ratio(2.1), 1000)]) == ["significant"]
    assert certainties([Looked(ratio(2.1), 1000)] * 2) == ["suggestive"] * 2


@pytest.mark.parametrize(
    ("rounds", "sure"), [(6, "significant"), (5, "suggestive"), (3, "suggestive"), (2, "within noise")]
)
def test_few_rounds_carry_no_claim(rounds, sure):
    assert certainties([Looked(ratio(20.0), rounds)]) == [sure]


def test_where_the_rounds_are_not_known_a_change_is_suggestive_at_most():
    assert certainties([Looked(ratio(20.0), None), Looked(ratio(0.1), None)]) == [
        "suggestive",
        "within noise",
    ]


def test_unchanged_cells_outside_their_own_interval_are_expected_by_chance():
    assert by_chance(56) == pytest.approx(2.8)
