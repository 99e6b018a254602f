"""Findings of synthetic runs whose truth is known, with and without noise."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from specprof.analysis.acceptance import PUBLISHED, LogFit
from specprof.analysis.findings import Certainty, Finding, Kind, find_all
from specprof.analysis.findings.evidence import side, sign_test, student_quantile, widened
from specprof.analysis.opened import Run
from specprof.plan.plan import Cell
from specprof.run.breakdown import Breakdown, Kernel
from specprof.run.record import RunRecord
from specprof.run.statistics import Estimate

from .published_figure import record as published
from .synthetic import plan_of, record_of, with_rates, with_verdict

FLAT = LogFit(a=0.0)
"""One token per step whatever K: the speedup is 1 / overhead."""


def speedups(**values: float) -> Callable[[Cell], float]:
    """Latencies that give these speedups under FLAT; `k16=2.0`. Other counts have 1."""
    return lambda cell: 1 / values.get(f"k{cell.candidates}", 1.0)


def kinds(findings: list[Finding], kind: str) -> list[Finding]:
    return [finding for finding in findings if finding.kind == kind]


def one(findings: list[Finding], kind: str) -> Finding:
    (found,) = kinds(findings, kind)
    return found


def tiled(cell: Cell) -> float:
    """Flat to 64 candidates, twice as slow beyond; longer prefixes cost more per candidate."""
    return (10 + cell.seq_len / 1000 * cell.candidates / 16) * (2 if cell.candidates > 64 else 1)


LENGTHS = (128, 512, 2048)


# Cliffs


def test_a_cliff_is_found_where_it_was_put() -> None:
    run = Run.of(record_of(plan_of(seq_lens=LENGTHS), tiled, noise=0.02))
    found = one(run.findings(), "cliff")
    assert (found.numbers["from_candidates"], found.numbers["to_candidates"]) == (64, 80)
    assert found.numbers["seq_lens"] == [128, 512, 2048]
    assert found.certainty == "significant"
    assert "paired, 12 rounds" in found.basis


def test_the_size_of_a_cliff_is_the_one_that_was_put_in() -> None:
    truth = speedups(k16=2.0, k32=2.2, k48=1.1, k64=1.1, k80=1.1, k96=1.1, k112=1.1)
    found = one(Run.of(record_of(plan_of(), truth)).findings(FLAT), "cliff")
    assert found.seq_len == 128
    assert found.numbers["drop"] == [pytest.approx(0.5)]
    assert found.numbers["drop_times"] == [pytest.approx(1.1)]
    assert "drops from 2.20× to 1.10×, −50 % [−50, −50], at seq_len 128" in found.text
    assert "does not pay" not in found.text


def test_drift_between_rounds_does_not_hide_a_cliff() -> None:
    """Rounds differ by a factor of two, cells of one round by 1 %: only pairing sees through."""
    truth = speedups(k16=1.5, k32=1.6, k48=1.6, k64=1.6, k80=1.3, k96=1.3, k112=1.3)
    found = one(Run.of(record_of(plan_of(), truth, noise=0.01, drift=0.7)).findings(FLAT), "cliff")
    assert found.numbers["from_candidates"] == 64


def test_a_small_drop_is_a_slope_and_no_cliff() -> None:
    truth = speedups(k16=2.0, k32=2.0, k48=1.9, k64=1.85, k80=1.8, k96=1.75, k112=1.7)
    found = one(Run.of(record_of(plan_of(), truth, noise=0.002)).findings(FLAT), "no-cliff")
    assert found.certainty == "significant"
    assert found.numbers["largest_drop"] == pytest.approx(0.05, abs=0.002)
    assert "from 32 to 48 at seq_len 128" in found.text


def test_noise_alone_makes_no_cliff() -> None:
    """At 15 % noise one of 18 neighbours falls by 10 % in nearly every run, half of them by more than one
    95 % interval allows. Wide enough for all 18, 2.5 % of the runs are to find a cliff that is not there."""
    plan = plan_of(seq_lens=LENGTHS)
    runs = [Run.of(record_of(plan, lambda cell: 1.0, noise=0.15, rounds=8, seed=s)) for s in range(30)]
    found = [finding for run in runs for finding in kinds(run.findings(FLAT), "cliff")]
    assert len(found) <= 2


def test_an_interval_for_many_comparisons_is_wider_than_for_one() -> None:
    # Bonferroni over 10 of 12 rounds: t(11) at 0.25 % is 3.497, the normal at 2.5 % is 1.960
    one_of_ten = widened(Estimate(1.0, math.exp(-0.1), math.exp(0.1)), 10, 12)
    assert math.log(one_of_ten.high) == pytest.approx(0.1 * 3.497 / 1.960, rel=1e-3)
    assert math.log(one_of_ten.low) == pytest.approx(-0.1 * 3.497 / 1.960, rel=1e-3)
    assert widened(one_of_ten, 1, 12) == one_of_ten


@pytest.mark.parametrize(
    ("freedom", "level", "quantile"), [(5, 0.975, 2.571), (11, 0.9995, 4.437), (120, 0.95, 1.658)]
)
def test_students_quantiles_are_those_of_the_tables(freedom: int, level: float, quantile: float) -> None:
    assert student_quantile(level, freedom) == pytest.approx(quantile, rel=0.01)


def test_the_fall_from_one_candidate_is_no_cliff_but_says_that_speculation_does_not_pay() -> None:
    truth = speedups(k16=0.4, k32=0.39, k48=0.38, k64=0.37, k80=0.36, k96=0.35, k112=0.34)
    findings = Run.of(record_of(plan_of(seq_lens=(64, 128)), truth, noise=0.01)).findings(FLAT)
    assert not kinds(findings, "cliff")
    assert not kinds(findings, "peak")
    found = one(findings, "does-not-pay")
    assert found.numbers["seq_lens"] == [64, 128]
    assert "any sequence length: best K is 1 there" in found.text
    assert found.certainty == "significant"
    assert not kinds(findings, "below-one")  # it says so already
    assert one(findings, "best-k-by-length").text.startswith("1 candidate is best at every sequence length")


def test_latency_in_proportion_to_candidates_is_a_slope_and_no_cliff() -> None:
    """A compute-bound machine: 16 to 32 candidates cost 32 %, and every step after it nearly as much."""
    record = record_of(plan_of(seq_lens=LENGTHS), lambda cell: 10 + 1.25 * cell.candidates, noise=0.01)
    found = one(Run.of(record).findings(), "no-cliff")
    assert "falls evenly, no step stands out" in found.text
    assert found.certainty == "suggestive"


def test_a_cliff_where_nothing_pays_anyway_says_so() -> None:
    truth = speedups(k16=0.6, k32=0.6, k48=0.6, k64=0.6, k80=0.3, k96=0.3, k112=0.3)
    found = one(Run.of(record_of(plan_of(), truth, noise=0.01)).findings(FLAT), "cliff")
    assert "speculation does not pay before it either" in found.text


def test_of_two_cliffs_both_are_named_the_deeper_first() -> None:
    truth = speedups(k16=2.0, k32=2.0, k48=1.6, k64=1.6, k80=0.9, k96=0.9, k112=0.9)
    found = kinds(Run.of(record_of(plan_of(), truth, noise=0.01)).findings(FLAT), "cliff")
    assert [finding.numbers["from_candidates"] for finding in found] == [64, 32]


def test_a_cliff_across_a_missing_cell_names_the_neighbours_that_were_measured() -> None:
    record = record_of(plan_of(), tiled, noise=0.01, missing={Cell(1, 128, 80)})
    found = one(Run.of(record).findings(), "cliff")
    assert (found.numbers["from_candidates"], found.numbers["to_candidates"]) == (64, 96)


# What follows a cliff


def test_a_clear_rise_after_the_cliff_is_a_recovery() -> None:
    truth = speedups(k16=2.0, k32=2.0, k48=2.0, k64=2.0, k80=1.0, k96=1.3, k112=1.3)
    found = one(Run.of(record_of(plan_of(seq_lens=LENGTHS), truth, noise=0.01)).findings(FLAT), "recovery")
    assert (found.numbers["from_candidates"], found.numbers["to_candidates"]) == (80, 96)
    assert (found.numbers["rising"], found.certainty) == (3, "significant")


def test_a_speedup_that_goes_on_falling_does_not_recover() -> None:
    truth = speedups(k16=2.0, k32=2.0, k48=2.0, k64=2.0, k80=1.4, k96=1.3, k112=1.2)
    found = one(Run.of(record_of(plan_of(), truth, noise=0.005)).findings(FLAT), "no-recovery")
    assert "goes on falling" in found.text
    assert found.certainty == "significant"


def test_a_level_end_after_the_cliff_is_within_noise() -> None:
    truth = speedups(k16=2.0, k32=2.0, k48=2.0, k64=2.0, k80=1.2, k96=1.2, k112=1.2)
    found = one(Run.of(record_of(plan_of(), truth, noise=0.03)).findings(FLAT), "no-recovery")
    assert found.certainty == "within noise"


def test_a_cliff_at_the_last_count_is_followed_by_nothing() -> None:
    truth = speedups(k16=2.0, k32=2.0, k48=2.0, k64=2.0, k80=2.0, k96=2.0, k112=1.0)
    findings = Run.of(record_of(plan_of(), truth, noise=0.01)).findings(FLAT)
    assert one(findings, "cliff").numbers["to_candidates"] == 112
    assert not kinds(findings, "recovery") + kinds(findings, "no-recovery")


@pytest.mark.parametrize(
    ("directions", "p"),
    [([1] * 6 + [0], 0.03125), ([1] * 5 + [-1], 0.21875), ([0, 0], 1.0), ([], 1.0), ([1, -1], 1.0)],
)
def test_the_sign_test_is_exact_and_drops_ties(directions: list[int], p: float) -> None:
    assert sign_test(directions) == p


# Best K, plateau, peak


def test_equal_counts_cannot_be_told_apart() -> None:
    truth = speedups(k16=2.0, k32=2.0, k48=1.0, k64=1.0, k80=1.0, k96=1.0, k112=1.0)
    found = one(Run.of(record_of(plan_of(), truth, noise=0.05)).findings(FLAT), "best-k")
    assert {found.numbers["candidates"], *found.numbers["not_told_apart"]} == {16.0, 32.0}  # type: ignore[misc]
    assert found.certainty == "within noise"


def test_a_clear_best_count_stands_alone() -> None:
    truth = speedups(k16=2.0, k32=2.3, k48=2.0, k64=2.0)
    found = one(Run.of(record_of(plan_of(), truth, noise=0.01)).findings(FLAT), "best-k")
    assert found.numbers["candidates"] == 32
    assert found.numbers["not_told_apart"] == []
    assert found.certainty == "significant"


def test_few_rounds_can_only_suggest() -> None:
    """Four samples bound a median with 88 % at best, two with 50 %."""
    truth = speedups(k16=2.0, k32=2.3, k48=2.0, k64=2.0)
    four = one(Run.of(record_of(plan_of(), truth, noise=0.001, rounds=4)).findings(FLAT), "best-k")
    assert four.certainty == "suggestive"
    assert "4 rounds, too few for 95 % intervals" in four.basis
    two = one(Run.of(record_of(plan_of(), truth, noise=0.001, rounds=2)).findings(FLAT), "best-k")
    assert two.certainty == "within noise"


def test_a_best_count_that_changes_with_length_is_said_by_ranges() -> None:
    def truth(cell: Cell) -> float:
        best = 32 if cell.seq_len < 1000 else 16
        return 0.5 if cell.candidates == best else 1.0

    record = record_of(plan_of(seq_lens=(128, 256, 512, 1024, 2048)), truth, noise=0.01)
    found = one(Run.of(record).findings(FLAT), "best-k-by-length")
    assert "32 at seq_len 128 to 512 and 16 at seq_len 1024 and 2048" in found.text
    assert found.certainty == "significant"


def test_where_one_count_would_do_everywhere_a_changing_best_is_noise() -> None:
    """Both counts are equal in truth; which one wins at a length is chance."""
    plan = plan_of(seq_lens=(128, 256, 512, 1024), candidates=(1, 16, 32))
    for seed in range(20):
        record = record_of(plan, speedups(k16=2.0, k32=2.0), noise=0.05, seed=seed)
        found = one(Run.of(record).findings(FLAT), "best-k-by-length")
        if "depends" in found.text:
            break
    assert "would do at all of them" in found.text
    assert found.certainty == "within noise"


def test_a_plateau_is_the_range_around_the_best_within_ten_percent() -> None:
    truth = speedups(k16=1.7, k32=1.9, k48=2.0, k64=1.95, k80=1.85, k96=1.5, k112=1.9)
    found = one(Run.of(record_of(plan_of(), truth, noise=0.001)).findings(FLAT), "plateau")
    assert found.numbers["candidates"] == [32, 48, 64, 80]  # 112 is as high, but beyond a gap
    assert found.numbers["loss"] == pytest.approx(0.075, abs=0.002)
    assert found.certainty == "significant"


def test_a_peak_names_the_neighbour_that_may_be_as_high() -> None:
    truth = speedups(k16=2.0, k32=2.0)
    found = one(Run.of(record_of(plan_of(), truth, noise=0.05)).findings(FLAT), "peak")
    assert found.numbers["as_high"] == 1
    assert found.certainty == "within noise"


def test_points_that_share_no_round_rest_on_their_rounds_with_one_candidate() -> None:
    """Two were measured beside the first eight rounds of K = 1, four beside the last eight."""
    record = record_of(
        plan_of(candidates=(1, 2, 4)),
        speedups(k2=1.5, k4=3.0),
        noise=0.02,
        rounds=16,
        first_round=lambda cell: {1: 8, 2: 0, 4: 16}[cell.candidates],
    )
    found = one(Run.of(record).findings(FLAT), "best-k")
    assert (found.numbers["candidates"], found.certainty) == (4, "significant")
    assert "8 rounds" in found.basis


def test_the_peak_is_the_highest_of_all_lengths() -> None:
    run = Run.of(record_of(plan_of(seq_lens=LENGTHS), tiled, noise=0.002))
    found = one(run.findings(), "peak")
    assert found.seq_len == 128
    assert found.numbers["candidates"] == 64


# Lengths


def test_the_long_sequence_penalty_is_taken_at_the_best_and_at_the_same_count() -> None:
    def truth(cell: Cell) -> float:
        table = {(128, 16): 2.0, (128, 32): 2.5, (2048, 16): 1.5, (2048, 32): 1.25}
        return 1 / table.get((cell.seq_len, cell.candidates), 1.0)

    record = record_of(plan_of(seq_lens=(128, 2048), candidates=(1, 16, 32)), truth)
    found = one(Run.of(record).findings(FLAT), "long-sequence")
    assert found.numbers["ratio"] == pytest.approx(1.5 / 2.5)
    assert found.numbers["same_k_ratio"] == pytest.approx(1.25 / 2.5)
    assert "with 32 candidates at both, −50 %" in found.text
    assert found.certainty == "significant"


def test_equal_lengths_have_no_penalty() -> None:
    run = Run.of(record_of(plan_of(seq_lens=LENGTHS), speedups(k16=2.0), noise=0.03))
    found = one(run.findings(FLAT), "long-sequence")
    assert found.text.startswith("No long-sequence penalty")
    assert found.certainty == "within noise"


def test_a_clear_exception_to_the_order_is_named() -> None:
    def truth(cell: Cell) -> float:
        falling = {128: 2.0, 512: 1.5, 2048: 1.2}[cell.seq_len]
        rising = {128: 1.2, 512: 1.5, 2048: 1.4}[cell.seq_len]
        return {1: 1.0, 32: 1 / rising}.get(cell.candidates, 1 / falling)

    found = one(Run.of(record_of(plan_of(seq_lens=LENGTHS), truth, noise=0.002)).findings(FLAT), "order")
    assert "falls with sequence length in 13 of 14 neighbouring pairs" in found.text
    assert "not so: 32 candidates from seq_len 128 to 512 (all clear of the noise)" in found.text


def test_an_order_in_noise_is_within_noise() -> None:
    run = Run.of(record_of(plan_of(seq_lens=LENGTHS), lambda cell: 1.0, noise=0.1))
    found = one(run.findings(FLAT), "order")
    assert found.text.startswith("No clear order by sequence length")
    assert found.certainty == "within noise"


# Where it does not pay


def test_counts_below_one_are_split_into_sure_and_unsure() -> None:
    truth = speedups(k16=2.0, k32=2.0, k48=1.5, k64=1.5, k80=1.5, k96=0.97, k112=0.7)
    record = record_of(plan_of(), truth, noise=0.1, seed=5)
    sure, unsure = kinds(Run.of(record).findings(FLAT), "below-one")
    assert (sure.numbers["candidates"], sure.certainty) == ([112.0], "significant")
    assert (unsure.numbers["candidates"], unsure.certainty) == ([96.0], "within noise")


def test_speculation_that_could_break_even_is_not_ruled_out() -> None:
    record = record_of(plan_of(candidates=(1, 16)), speedups(k16=0.97), noise=0.1, seed=1)
    found = one(Run.of(record).findings(FLAT), "does-not-pay")
    assert found.numbers["could_break_even"] == [16.0]
    assert found.certainty == "within noise"


# What takes part


def test_invalid_cells_take_no_part_and_are_named() -> None:
    """The invalid cell would be the best by far."""
    record = record_of(plan_of(), speedups(k16=2.0, k32=1.5, k112=9.0), noise=0.01)
    findings = Run.of(with_verdict(record, {Cell(1, 128, 112)}, "invalid")).findings(FLAT)
    assert one(findings, "best-k").numbers["candidates"] == 16
    assert one(findings, "peak").numbers["speedup"] == pytest.approx(2.0, rel=0.05)
    assert "1 cell of batch 1 is invalid" in one(findings, "left-out").text
    assert "112 candidates at seq_len 128" in one(findings, "left-out").text


def test_batch_sizes_are_told_apart() -> None:
    def truth(cell: Cell) -> float:
        return 0.5 if cell.candidates == (32 if cell.batch_size == 1 else 16) else 1.0

    findings = Run.of(record_of(plan_of(batch_sizes=(1, 8)), truth, noise=0.01)).findings(FLAT)
    assert {f.batch_size: f.numbers["candidates"] for f in kinds(findings, "best-k")} == {1: 32, 8: 16}
    assert [f.batch_size for f in findings] == sorted(f.batch_size for f in findings)


def test_a_depth_estimate_says_so_in_every_basis() -> None:
    plan = plan_of(seq_lens=LENGTHS)
    shape = plan.model.model_copy(update={"layers_measured": 1})
    record = record_of(plan_of(seq_lens=LENGTHS, model=shape), tiled, head_ms=1.0, noise=0.01)
    findings = Run.of(record).findings()
    assert findings
    assert all("full depth estimated from a slice" in finding.basis for finding in findings)


def test_one_point_and_no_point_have_nothing_to_say() -> None:
    assert Run.of(record_of(plan_of(candidates=(1,)), lambda cell: 1.0)).findings() == []
    plan = plan_of()
    assert Run.of(record_of(plan, lambda cell: 1.0, missing=set(plan.cells()))).findings() == []


@pytest.mark.parametrize(("low", "high", "expected"), [(1.01, 1.1, 1), (0.9, 0.99, -1), (0.9, 1.1, 0)])
def test_an_interval_is_on_one_side_only_where_it_excludes_one(
    low: float, high: float, expected: int
) -> None:
    assert side(Estimate(1.0, low, high)) == expected


def test_bounds_that_touch_are_not_told_apart_by_rounding() -> None:
    bound = (0.1 + 0.2) / 0.3  # 1 + 2e-16
    assert bound > 1
    assert side(Estimate(1.2, bound, 1.5)) == 0
    assert side(Estimate(0.8, 0.5, 1 / bound)) == 0


def test_a_finding_keeps_no_number_that_json_cannot_hold() -> None:
    numbers = {"speedup": 2.0, "speedup_high": math.inf, "drops": [0.1, math.nan]}
    finding = Finding("peak", 1, 128, "text", numbers, "within noise", "basis")
    assert finding.as_json()["numbers"] == {"speedup": 2.0}


# Anything at all


def sound(findings: list[Finding]) -> None:
    for finding in findings:
        json.dumps(finding.as_json(), allow_nan=False)
        assert finding.text
        assert finding.text.isprintable()
        assert "nan" not in finding.text
        assert finding.kind in get_args(Kind)
        assert finding.certainty in get_args(Certainty)
        assert finding.basis


def with_breakdowns(record: RunRecord, names: list[str]) -> RunRecord:
    """The first cells profiled, with these kernels; their parts need not add up to the whole."""
    steps = [
        Breakdown(
            linear_ms=float(ord(name)) ** min(at, 5),
            attention_ms=0.0,
            elementwise_ms=1e12,
            head_ms=at,
            gaps_ms=1e-3,
            total_ms=(at + 1.0) ** 3,
            kernels=[Kernel(name=name * 300, part="linear", ms=1.0, calls=1)],
        )
        for at, name in enumerate(names)
    ]
    known = [cell for cell in record.cells if cell.latency_ms is not None]
    profiled = dict(zip((cell.cell for cell in known), steps, strict=False))
    cells = [
        cell.model_copy(update={"breakdown": profiled.get(cell.cell)}) for cell in record.cells
    ]  # fmt: skip
    return record.model_copy(update={"cells": cells})


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_measured_grid_has_sound_findings(data: st.DataObject) -> None:
    counts = st.lists(st.integers(2, 200), max_size=4, unique=True)
    sizes = st.lists(st.integers(1, 5000), min_size=1, max_size=3, unique=True)
    plan = plan_of(
        batch_sizes=tuple(sorted(data.draw(sizes, "batch sizes")))[:2],
        seq_lens=tuple(sorted(data.draw(sizes, "seq lens"))),
        candidates=(1, *sorted(data.draw(counts, "candidates"))),
        attention_beside=data.draw(st.sampled_from([None, "eager"]), "attention beside"),
    )
    cells = st.sets(st.sampled_from(plan.cells()))
    latency = {cell: data.draw(st.sampled_from([1e-3, 0.5, 1.0, 1.0001, 3.0, 1e3])) for cell in plan.cells()}
    slower = data.draw(st.sampled_from([0.5, 1.0, 2.0]), "slower")
    record = record_of(
        plan,
        latency.__getitem__,
        beside_ms=(lambda cell: latency[cell] ** slower) if plan.attention_beside else None,
        rounds=data.draw(st.integers(1, 8), "rounds"),
        noise=data.draw(st.sampled_from([0.0, 0.05, 2.0]), "noise"),
        missing=data.draw(cells, "missing"),
        first_round=lambda cell: (cell.candidates * cell.seq_len) % 5,
    )
    rates = st.sampled_from([None, 1e-3, 1e9, 1e18])
    record = with_rates(record, data.draw(rates, "bytes per s"), data.draw(rates, "flops per s"))
    record = with_breakdowns(record, data.draw(st.lists(st.sampled_from("abc"), max_size=9), "kernels"))
    run = Run.of(with_verdict(record, data.draw(cells, "invalid"), "invalid"))
    for acceptance in (PUBLISHED, FLAT):
        sound(run.findings(acceptance))


@settings(max_examples=60, deadline=None)
@given(
    speedup=st.lists(
        st.lists(st.floats(1e-3, 1e3), min_size=8, max_size=8), min_size=7, max_size=7
    ),
    error=st.sampled_from([0.0, 0.03, 10.0]),
)  # fmt: skip
def test_any_published_figure_has_sound_findings(speedup: list[list[float]], error: float) -> None:
    record = published()
    assert record.reference is not None
    reference = record.reference.model_copy(update={"speedup": speedup, "reading_error": error})
    sound(find_all(Run.of(record.model_copy(update={"reference": reference})).curves()))
