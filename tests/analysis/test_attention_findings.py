"""Two attentions of one run: how much slower one is, and whose the long-sequence penalty is."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from run.streams import Story, build_record

from specprof.analysis.acceptance import PUBLISHED, LogFit
from specprof.analysis.findings import Finding
from specprof.analysis.opened import Run
from specprof.plan.modes import Attention
from specprof.plan.plan import Cell
from specprof.run.cell_record import CellRecord, DraftRecord, Interval

from .synthetic import plan_of, record_of

FLAT = LogFit(a=0.0)
"""One token per step whatever K: the speedup is 1 / overhead."""

Latency = Callable[[Cell], float]


def speedups(short: float, long: float, one_ms: float = 10.0) -> Latency:
    """Latencies under which 16 candidates have these speedups at 128 and 8192 tokens, and 32 have 1.1."""

    def latency(cell: Cell) -> float:
        own = {1: 1.0, 16: short if cell.seq_len == 128 else long, 32: 1.1}
        return one_ms / own[cell.candidates]

    return latency


def run_of(
    own: Latency, second: Latency, beside: Attention = "eager", noise: float = 0.0, rounds: int = 12
) -> Run:
    """Noise is that of a single sample; where there is some, rounds drift by more."""
    plan = plan_of(seq_lens=(128, 8192), candidates=(1, 16, 32), attention_beside=beside)
    drift = 0.2 if noise else 0.0
    return Run.of(record_of(plan, own, beside_ms=second, noise=noise, drift=drift, rounds=rounds, seed=2))


def one(run: Run, kind: str) -> Finding:
    (found,) = (finding for finding in run.findings(FLAT) if finding.kind == kind)
    return found


# How much slower


def test_the_slower_attention_is_told_with_the_best_k_and_with_one_candidate() -> None:
    """At 8192 tokens, 16 candidates: 5.0 ms and 7.5 ms; one candidate: 10 and 12 ms."""
    run = run_of(speedups(2.0, 2.0), speedups(2.0, 1.6, one_ms=12.0))
    found = one(run, "attention")
    assert found.text == (
        "At batch 1, seq_len 8192, eager takes 1.50× as long as sdpa (the run's own) with 16 candidates, the "
        "best K, and 1.20× with one"
    )
    assert (found.seq_len, found.certainty) == (8192, "significant")
    assert (found.numbers["ratio"], found.numbers["one_ratio"]) == (pytest.approx(1.5), pytest.approx(1.2))
    assert found.basis == "paired, 12 rounds, 95 % intervals"


def test_it_may_be_the_run_s_own_that_is_slower() -> None:
    run = run_of(speedups(2.0, 1.6, one_ms=12.0), speedups(2.0, 2.0), beside="split")
    assert one(run, "attention").text == (
        "At batch 1, seq_len 8192, sdpa (the run's own) takes 1.50× as long as split with 16 candidates, the "
        "best K, and 1.20× with one"
    )


def test_attentions_that_noise_hides_are_not_told_apart() -> None:
    run = run_of(speedups(2.0, 2.0), speedups(2.0, 2.0), noise=0.05)
    found = one(run, "attention")
    assert "are not told apart with 16 candidates, the best K: " in found.text
    assert "with one, within the noise" in found.text
    assert found.certainty == "within noise"


def test_two_rounds_are_too_few_to_tell_attentions_apart() -> None:
    found = one(run_of(speedups(2.0, 2.0), speedups(2.0, 1.0), rounds=2), "attention")
    assert found.certainty == "within noise"
    assert "too few for 95 % intervals" in found.basis


def test_where_nothing_pays_one_candidate_is_the_best_k_and_said_once() -> None:
    run = run_of(speedups(0.5, 0.5), speedups(0.5, 0.5, one_ms=15.0))
    found = one(run, "attention")
    assert "1.00" not in found.text
    # 32 candidates have 1.1 by their own truth
    assert found.text.endswith("with 32 candidates, the best K, and 1.50× with one")
    plan = plan_of(candidates=(1, 16), attention_beside="eager")
    slower = record_of(plan, lambda cell: cell.candidates, beside_ms=lambda cell: 2.0 * cell.candidates)
    assert one(Run.of(slower), "attention").text.endswith(
        "takes 2.00× as long as sdpa (the run's own) with one candidate, the best K"
    )


# Whose penalty


def test_the_share_of_the_penalty_is_that_of_its_logarithm() -> None:
    """2.0 to 1.52 is × 0.76 under eager, 2.0 to 1.82 × 0.91 under sdpa: 1 − ln 0.91 / ln 0.76 = 66 %."""
    run = run_of(speedups(2.0, 1.82), speedups(2.0, 1.52))
    found = one(run, "attention-penalty")
    share = 1 - math.log(0.91) / math.log(0.76)
    assert share == pytest.approx(0.656, abs=0.001)
    assert found.numbers["share"] == pytest.approx(share)
    assert found.text == (
        "Long-sequence penalty of two attentions at batch 1: from seq_len 128 to 8192 the best speedup "
        "changes by −24 % [−24, −24] under eager and by −9.0 % [−9.0, −9.0] under sdpa (the run's own), "
        "both against T(1) under sdpa: 66 % [66, 66] of eager's goes with its kernel"
    )
    assert found.certainty == "significant"
    assert "not paired, worst case" in found.basis


def test_the_share_is_the_same_whichever_of_the_two_is_the_run_s_own() -> None:
    mine = one(run_of(speedups(2.0, 1.52), speedups(2.0, 1.82), beside="split"), "attention-penalty")
    assert mine.numbers["share"] == pytest.approx(1 - math.log(0.91) / math.log(0.76))
    assert "under sdpa (the run's own) and by −9.0 % [−9.0, −9.0] under split" in mine.text
    assert mine.text.endswith("of sdpa's goes with its kernel")
    assert (mine.numbers["own"], mine.numbers["beside"]) == (pytest.approx(0.76), pytest.approx(0.91))


def slow_with_one_candidate_too(cell: Cell) -> float:
    """Of eager, under which a step takes 4 × as long at 8192 tokens, with one candidate as with 16."""
    if cell.seq_len == 128:
        return 10.5 if cell.candidates == 1 else 11.0
    return 40.0 if cell.candidates == 1 else 44.0


def faster(cell: Cell) -> float:
    """Of sdpa, under which it takes 1.4 and 2.0 × as long."""
    if cell.seq_len == 128:
        return 10.0 if cell.candidates == 1 else 10.4
    return 14.0 if cell.candidates == 1 else 21.0


@pytest.mark.parametrize("own_is_slower", [False, True])
def test_an_attention_that_is_slow_with_one_candidate_too_is_not_taken_for_immune(
    own_is_slower: bool,
) -> None:
    """Against its own T(1) eager falls by 4.8 % only. Against sdpa's, 16 candidates fall to 0.35 under eager
    (14/44 of 10/11) and to 0.69 under sdpa (14/21 of 10/10.4); against eager's to 0.95 and to 1.89."""
    plan = plan_of(
        seq_lens=(128, 8192), candidates=(1, 16), attention_beside="split" if own_is_slower else "eager"
    )
    both = (slow_with_one_candidate_too, faster)
    own, second = both if own_is_slower else both[::-1]
    (found,) = (
        finding
        for finding in Run.of(record_of(plan, own, beside_ms=second)).findings(PUBLISHED)
        if finding.kind == "attention-penalty"
    )
    if own_is_slower:
        assert found.numbers["beside"] == pytest.approx((40 / 21) / (10.5 / 10.4))
        assert found.text.endswith("100 % [100, 100] of sdpa's goes with its kernel")
        return
    eager, sdpa = (14 / 44) / (10 / 11), (14 / 21) / (10 / 10.4)
    assert (found.numbers["own"], found.numbers["beside"]) == (pytest.approx(sdpa), pytest.approx(eager))
    assert found.numbers["share"] == pytest.approx(1 - math.log(sdpa) / math.log(eager))
    assert found.text.endswith(
        "the best speedup changes by −65 % [−65, −65] under eager and by −31 % [−31, −31] under sdpa (the "
        "run's own), both against T(1) under sdpa: 65 % [65, 65] of eager's goes with its kernel"
    )


def test_few_rounds_with_both_attentions_carry_no_share() -> None:
    """Each attention has its twelve rounds at 8192 tokens, two of them in common."""
    run = run_of(speedups(2.0, 1.82), speedups(2.0, 1.52))

    def apart(cell: CellRecord) -> CellRecord:
        if cell.seq_len != 8192 or cell.beside_ms is None:
            return cell
        rounds = [number if number < 2 else number + 100 for number in cell.beside_ms.rounds]
        return cell.model_copy(update={"beside_ms": cell.beside_ms.model_copy(update={"rounds": rounds})})

    record = run.record.model_copy(update={"cells": [apart(cell) for cell in run.record.cells]})
    found = one(Run.of(record), "attention-penalty")
    assert found.certainty == "within noise"
    assert "share" not in found.numbers


def test_without_both_t1_of_a_length_nothing_is_said_of_the_penalty() -> None:
    run = run_of(speedups(2.0, 1.82), speedups(2.0, 1.52))
    cells = [
        cell.model_copy(update={"beside_over": None})
        if (cell.seq_len, cell.candidates) == (8192, 1)
        else cell
        for cell in run.record.cells
    ]
    lacking = Run.of(run.record.model_copy(update={"cells": cells}))
    assert not [found for found in lacking.findings(FLAT) if found.kind == "attention-penalty"]


def test_the_share_s_interval_is_the_worst_case_of_both_penalties() -> None:
    found = one(run_of(speedups(2.0, 1.82), speedups(2.0, 1.52), noise=0.01), "attention-penalty")
    numbers = found.numbers
    whole = [-math.log(numbers[f"beside_{end}"]) for end in ("high", "low")]  # type: ignore[arg-type]
    rest = [-math.log(numbers[f"own_{end}"]) for end in ("high", "low")]  # type: ignore[arg-type]
    assert numbers["share_low"] == pytest.approx(1 - rest[1] / whole[0])
    assert numbers["share_high"] == pytest.approx(1 - rest[0] / whole[1])
    assert 0 < numbers["share_low"] < numbers["share"] < numbers["share_high"] < 1  # type: ignore[operator]


def test_without_any_penalty_under_the_other_all_of_it_goes_with_the_kernel() -> None:
    gains = one(run_of(speedups(2.0, 2.2), speedups(2.0, 1.52)), "attention-penalty")
    assert gains.numbers["share"] == 1.0
    assert "under eager and by +10 % [+10, +10] under sdpa (the run's own), both" in gains.text
    assert "under sdpa: 100 % [100, 100] of eager's" in gains.text


def test_penalties_within_the_noise_of_each_other_are_not_told_apart() -> None:
    found = one(run_of(speedups(2.0, 1.5), speedups(2.0, 1.48), noise=0.03), "attention-penalty")
    assert found.text.endswith("how much of it goes with eager's kernel is not told apart") or (
        found.text.endswith("how much of it goes with sdpa's kernel is not told apart")
    )
    assert found.certainty == "within noise"
    assert "share" not in found.numbers


def test_where_neither_loses_there_is_no_penalty_to_share() -> None:
    found = one(run_of(speedups(2.0, 2.0), speedups(2.0, 1.98), noise=0.03), "attention-penalty")
    assert found.text.startswith(
        "No long-sequence penalty beyond the noise under either attention at batch 1"
    )
    assert found.certainty == "within noise"


def test_a_run_without_a_second_attention_or_a_second_length_says_nothing_of_it() -> None:
    kinds = {finding.kind for finding in Run.of(build_record(Story())).findings()}
    assert "long-sequence" in kinds
    assert not kinds & {"attention", "attention-penalty"}
    single = Run.of(build_record(Story(attention_beside="eager", seq_lens=(128,))))
    kinds = {finding.kind for finding in single.findings()}
    assert "attention" in kinds
    assert "attention-penalty" not in kinds


def test_the_findings_stand_after_the_long_sequence_penalty() -> None:
    kinds = [finding.kind for finding in run_of(speedups(2.0, 1.82), speedups(2.0, 1.52)).findings(FLAT)]
    at = kinds.index("long-sequence")
    assert kinds[at + 1 : at + 3] == ["attention", "attention-penalty"]


# The curves behind it


def test_the_second_attention_s_curves_are_e_over_its_own_ratio() -> None:
    run = run_of(speedups(2.0, 1.82), speedups(2.0, 1.52, one_ms=20.0), noise=0.02)
    beside = run.curves(FLAT).beside
    assert beside is not None
    for curve in beside.curves.curves:
        recorded = {cell.candidates: cell for cell in run.record.cells if cell.seq_len == curve.seq_len}
        for i, count in enumerate(curve.candidates.tolist()):
            ratio = recorded[count].beside_ratio
            assert ratio is not None
            assert curve.speedup[i] == pytest.approx(1 / ratio.median)
            assert curve.compare(0, i).median == pytest.approx(1 / ratio.median)


def test_drafting_that_was_measured_takes_another_share_of_another_step() -> None:
    """A pass of 2 ms is 0.2 of 10 ms and 0.1 of 20 ms: 16 candidates take 5 ms of the 10, 13 of the 20."""
    plan = plan_of(candidates=(1, 16), attention_beside="eager")
    steps = record_of(
        plan,
        lambda cell: 10.0 if cell.candidates == 1 else 5.0,
        beside_ms=lambda cell: 20.0 if cell.candidates == 1 else 13.0,
    )
    draft = DraftRecord(
        drafter="medusa:3", kind="medusa", depth=3, width=1, batch_size=1, seq_len=128, verdict="valid",
        ratio=Interval(median=0.2, ci_low=0.2, ci_high=0.2),
    )  # fmt: skip
    run = Run.of(steps.model_copy(update={"drafts": [draft]}))
    own, beside = run.curves(FLAT), run.curves(FLAT).beside
    assert beside is not None
    assert own.curves[0].speedup[1] == pytest.approx(10 / (5 + 2))
    assert beside.curves.curves[0].speedup[1] == pytest.approx(20 / (13 + 2))
    assert beside.curves.curves[0].compare(0, 1).median == pytest.approx(20 / (13 + 2))


def test_a_cell_that_failed_has_no_part_in_it() -> None:
    plan = plan_of(seq_lens=(128, 8192), candidates=(1, 16, 32), attention_beside="eager")
    lost = {Cell(1, 8192, k) for k in (1, 16, 32)}
    run = Run.of(record_of(plan, speedups(2, 1.5), beside_ms=speedups(2, 1.2), missing=lost))
    assert one(run, "attention").seq_len == 128
    assert not [finding for finding in run.findings(FLAT) if finding.kind == "attention-penalty"]
