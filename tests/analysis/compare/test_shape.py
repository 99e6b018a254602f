"""Curves compared by their shape, with the published figure and with known truths."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from analysis.synthetic import plan_of, record_of
from specprof.analysis.acceptance import PUBLISHED
from specprof.analysis.compare.correlation import pearson, spearman
from specprof.analysis.compare.shape import Cliff, shapes
from specprof.analysis.opened import Run, load


@pytest.mark.parametrize("seed", range(5))
def test_correlations_are_those_of_scipy_ties_included(seed):
    random = np.random.default_rng(seed)
    first, second = random.integers(0, 6, 12).astype(float), random.standard_normal(12).round(1)
    assert pearson(first, second) == pytest.approx(stats.pearsonr(first, second)[0])
    assert spearman(first, second) == pytest.approx(stats.spearmanr(first, second)[0])


def test_of_two_points_or_of_a_constant_there_is_no_correlation():
    assert pearson(np.array([1.0, 2.0]), np.array([3.0, 5.0])) is None
    assert pearson(np.array([0.1, 0.1, 0.1]), np.array([3.0, 5.0, 4.0])) is None
    assert spearman(np.array([2.0, 2.0, 2.0]), np.array([3.0, 5.0, 4.0])) is None


def test_the_published_figure_has_its_own_shape():
    published = load("medusa-llama-7b-bs4")
    (shape,) = shapes(published, published, PUBLISHED)
    assert shape.matched_by == "seq_len"
    assert shape.same_batch_size
    assert [pair.base_seq_len for pair in shape.pairs] == [128, 256, 512, 1024, 2048, 4096, 8192]
    assert all(pair.pearson == pytest.approx(1) for pair in shape.pairs)
    assert all(pair.spearman == pytest.approx(1) for pair in shape.pairs)
    assert {pair.base_best.candidates for pair in shape.pairs} == {32}
    assert shape.base_cliffs == shape.other_cliffs == (Cliff(64, 80),)
    assert shape.same_cliff
    assert [order.candidates for order in shape.orders] == [16, 32, 48, 64, 80, 96, 112]
    for order in shape.orders:
        assert order.base == order.other == published.seq_lens  # longer is slower, at every K
        assert (order.pairs, order.agreeing, order.contradicting) == (21, 21, 0)


def test_a_cpu_run_differs_from_the_published_figure_in_peak_and_cliff():
    (shape,) = shapes(load("llama-7b-cpu-bs1"), load("medusa-llama-7b-bs4"), PUBLISHED)
    assert (shape.base_batch_size, shape.other_batch_size) == (1, 4)
    assert not shape.same_batch_size
    assert [pair.base_seq_len for pair in shape.pairs] == [128, 512, 2048]  # those that both have
    # read off both files: scipy over the speedups at the eight common counts
    first = shape.pairs[0]
    here, there = (
        load("llama-7b-cpu-bs1").speedup().median[0, 0],
        load("medusa-llama-7b-bs4").speedup().median[0, 0],
    )
    assert first.pearson == pytest.approx(stats.pearsonr(here, there)[0])
    assert first.spearman == pytest.approx(stats.spearmanr(here, there)[0])
    assert [pair.base_best.candidates for pair in shape.pairs] == [1, 1, 1]
    assert [pair.same_best for pair in shape.pairs] == [False] * 3
    assert (shape.base_cliffs, shape.same_cliff) == ((), None)


def measured(seq_lens, latency, candidates=(1, 16, 32, 64)) -> Run:
    return Run.of(record_of(plan_of(seq_lens=seq_lens, candidates=candidates), latency, noise=0.001))


def rising(cell) -> float:
    return 10 * (1 + cell.candidates * cell.seq_len / 1e5)


def test_only_candidate_counts_that_both_have_are_used():
    base = measured((128,), rising, (1, 16, 32, 64))
    other = measured((128,), rising, (1, 16, 24, 64))
    (shape,) = shapes(base, other, PUBLISHED)
    assert shape.pairs[0].candidates == (1, 16, 64)


def test_without_a_common_length_curves_stand_by_rank():
    (shape,) = shapes(measured((128, 512), rising), measured((100, 400, 900), rising), PUBLISHED)
    assert shape.matched_by == "rank"
    assert [(pair.base_seq_len, pair.other_seq_len) for pair in shape.pairs] == [(128, 100), (512, 400)]
    assert [order.other for order in shape.orders] == [(128, 512)] * 3  # by the first run's lengths


def test_curves_that_stand_the_other_way_round_beyond_their_intervals_contradict():
    def falling(cell) -> float:
        return 10 * (1 + cell.candidates / cell.seq_len)

    (shape,) = shapes(measured((128, 512), rising), measured((128, 512), falling), PUBLISHED)
    for order in shape.orders:
        assert (order.base, order.other) == ((128, 512), (512, 128))
        assert (order.pairs, order.agreeing, order.contradicting) == (1, 0, 1)
