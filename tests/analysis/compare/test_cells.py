"""Two runs cell by cell, against truths that they were made with."""

from __future__ import annotations

import pytest

from analysis.synthetic import plan_of, record_of, with_verdict
from specprof.analysis.acceptance import PUBLISHED
from specprof.analysis.compare.cells import missing_cells, pairs_of
from specprof.analysis.compare.comparison import compare
from specprof.analysis.opened import Run
from specprof.plan.plan import Cell
from specprof.plan.presets import PRESETS

PLAN = plan_of(seq_lens=(128, 512), candidates=(1, 16, 64))


def run(factor=lambda cell: 1.0, plan=PLAN, **how) -> Run:
    how = {"noise": 0.01, "drift": 0.02, "rounds": 20, **how}
    return Run.of(record_of(plan, lambda cell: (10 + cell.candidates / 8) * factor(cell), **how))


def by_cell(pairs):
    return {pair.cell: pair for pair in pairs}


def test_without_noise_every_ratio_is_the_true_one():
    quiet = {"noise": 0.0, "drift": 0.0}
    base, other = run(**quiet), run(lambda cell: 1.25 if cell.candidates == 64 else 1.0, **quiet)
    found = by_cell(pairs_of(base, other, PUBLISHED))
    assert len(found) == 6
    slow, same, plain = (found[Cell(1, 512, k)] for k in (64, 16, 1))
    assert slow.latency.ratio == (1.25, 1.25, 1.25)
    assert slow.overhead.ratio.median == pytest.approx(1.25)
    assert slow.speedup.ratio.median == pytest.approx(0.8)
    assert same.latency.ratio.median == same.speedup.ratio.median == 1
    assert plain.latency.ratio.median == 1
    assert (plain.overhead, plain.speedup) == (None, None)
    assert {pair.latency.method for pair in found.values()} == {"bootstrap"}


def test_a_change_of_10_percent_is_found_where_it_is_and_nowhere_else():
    found = pairs_of(run(), run(lambda cell: 1.1 if cell.candidates == 16 else 1.0, seed=2), PUBLISHED)
    assert {pair.cell.candidates for pair in found if pair.certainty == "significant"} == {16}
    assert {
        pair.cell.candidates for pair in found if pair.speedup and pair.speedup.certainty != "within noise"
    } == {16}
    for pair in found:
        truth = 1.1 if pair.cell.candidates == 16 else 1.0
        assert pair.latency.ratio.median == pytest.approx(truth, rel=0.03)


def test_a_machine_that_is_slower_throughout_leaves_the_speedup_as_it_was():
    found = pairs_of(run(), run(lambda cell: 1.4, seed=3), PUBLISHED)
    assert {pair.certainty for pair in found} == {"significant"}
    assert {pair.speedup.certainty for pair in found if pair.speedup} == {"within noise"}


def test_slices_are_compared_at_full_depth():
    sliced = plan_of(
        candidates=(1, 16),
        model=PRESETS["llama-7b"].model_copy(update={"layers_measured": 2, "layers_total": 32}),
    )
    # 4 ms outside the layers, 2 layers in 6 ms or in 12 ms: 4 + 96 and 4 + 192 ms at full depth
    base = Run.of(record_of(sliced, lambda cell: 10.0, head_ms=4.0))
    other = Run.of(record_of(sliced, lambda cell: 16.0, head_ms=4.0))
    (first, _) = pairs_of(base, other, PUBLISHED)
    assert (first.base_ms.median, first.other_ms.median) == (100.0, 196.0)
    assert first.latency.ratio.median == pytest.approx(1.96)


def test_an_invalid_cell_carries_no_claim_and_an_invalid_baseline_spoils_its_row():
    base = run()
    worse = run(lambda cell: 2.0 if cell.candidates > 1 else 1.0)
    spoilt = with_verdict(worse.record, [Cell(1, 128, 16), Cell(1, 512, 1)], "invalid")
    found = by_cell(pairs_of(base, Run.of(spoilt), PUBLISHED))
    assert not found[Cell(1, 128, 16)].claimable
    assert found[Cell(1, 128, 16)].certainty == "within noise"
    assert found[Cell(1, 128, 64)].certainty == "significant"
    of_spoilt_row = found[Cell(1, 512, 64)]
    assert of_spoilt_row.certainty == "significant"  # its own latency stands
    assert not of_spoilt_row.ratio_claimable
    assert of_spoilt_row.speedup.certainty == "within noise"


def test_cells_that_one_run_alone_has_are_named_with_the_reason():
    lost = Cell(1, 512, 64)
    other = run(missing=[lost])
    (found,) = missing_cells(run(), other)
    assert (found.cell, found.verdict, found.in_base) == (lost, "oom", False)
    (found,) = missing_cells(other, run())
    assert found.in_base
    compared = compare(run(), other)
    assert [cell.cell for cell in compared.lost()] == [lost]
    assert not compare(other, run()).lost()


def test_a_draft_cost_is_in_the_speedups_and_not_in_the_latencies():
    quiet = {"noise": 0.0, "drift": 0.0}
    base = run(**quiet).with_draft("0.5")
    other = run(lambda cell: 2.0 if cell.candidates == 64 else 1.0, **quiet).with_draft("0.5")
    pair = by_cell(pairs_of(base, other, PUBLISHED))[Cell(1, 128, 64)]
    # T(64)/T(1) = 18 / 10.125, twice that in the other; drafting takes half a step in both
    overhead = 18 / 10.125
    assert pair.latency.ratio.median == pytest.approx(2)
    assert pair.speedup.ratio.median == pytest.approx((overhead + 0.5) / (2 * overhead + 0.5))
    assert pair.speedup.method == "intervals"


def test_what_is_slower_than_a_limit_has_its_whole_interval_beyond_it():
    compared = compare(run(), run(lambda cell: 1.1 if cell.candidates > 1 else 1.0, seed=5))
    assert {pair.cell.candidates for pair in compared.slower_than(5)} == {16, 64}
    assert compared.slower_than(5) == tuple(
        sorted(compared.slower_than(5), key=lambda pair: -pair.latency.ratio.median)
    )
    edge = min(pair.latency.ratio.low for pair in compared.slower_than(5))
    assert len(compared.slower_than(100 * (edge - 1) + 0.001)) < len(compared.slower_than(5))
    assert not compared.slower_than(15)
    assert not compare(run(lambda cell: 1.5), run()).slower_than(0)  # faster is no failure
