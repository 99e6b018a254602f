"""When speculation is said to pay, and what is said to be as good: against runs whose truth is known."""

import math
from dataclasses import dataclass

import numpy as np
import pytest

from specprof.analysis.acceptance import Chain, LogFit
from specprof.analysis.break_even import break_even_alpha
from specprof.analysis.opened import Run
from specprof.analysis.paired import PairedRow, WorstCase
from specprof.analysis.schedule import schedule_of
from specprof.analysis.sensitivity import sensitivity
from specprof.plan.presets import PRESETS
from specprof.run.cell_record import CellRecord, Interval, Measured

from .synthetic import plan_of, record_of

COUNTS = (1, 2, 4, 8, 16, 32, 64, 96)
TOKENS = dict(zip(COUNTS, LogFit().expected_tokens(COUNTS).tolist(), strict=True))


def run_of(speedup, *, batch_sizes=(1,), seq_lens=(64,), candidates=COUNTS, **how) -> Run:
    """`speedup(cell)` is what the log fit makes of the true latencies."""
    plan = plan_of(batch_sizes=batch_sizes, seq_lens=seq_lens, candidates=candidates)
    return Run.of(record_of(plan, lambda cell: 10.0 * TOKENS[cell.candidates] / speedup(cell), **how))


# Pays


def test_the_highest_of_many_counts_that_all_gain_nothing_seldom_pays():
    # every count has a speedup of exactly 1; unwidened, the highest of seven clears 1 in one row of nine
    run = run_of(lambda cell: 1.0, seq_lens=tuple(range(1, 241)), noise=0.03, drift=0.05)
    choices = schedule_of(run).choices
    alone = [
        choice for choice in choices if choice.highest > 1 and choice.nearest and choice.nearest[1].low > 1
    ]
    assert alone  # or this test shows nothing
    assert sum(choice.pays for choice in choices) <= 0.05 * len(choices)
    assert "may be chance as the highest of 7" in alone[0].reason
    assert 1 in alone[0].as_good
    assert not alone[0].certain


def test_a_small_but_steady_gain_pays():
    run = run_of(lambda cell: 1.0 if cell.candidates == 1 else 1.1, noise=0.01, rounds=30)
    (choice,) = schedule_of(run).choices
    assert choice.pays
    assert choice.candidates > 1
    assert choice.speedup.low > 1
    assert choice.nearest is None


def noisy_eight(batch_sizes=(1,), seq_lens=(64,), noisy_from=1) -> Run:
    """In every round T(4) is 1.2 T(1); from a batch size on T(8) is 0.8 to 2.2 T(1), 1.4 in the middle, and
    before that it is 1.25 T(1)."""
    plan = plan_of(batch_sizes=batch_sizes, seq_lens=seq_lens, candidates=(1, 4, 8))
    record = record_of(plan, lambda cell: 10.0)
    cells = []
    for cell in record.cells:
        assert cell.measured_ms is not None
        eight = [8.0, 14.0, 22.0] * 4 if cell.batch_size >= noisy_from else [12.5] * 12
        ms = {1: [10.0] * 12, 4: [12.0] * 12, 8: eight}[cell.candidates]
        ratio = Interval(median=float(np.median(ms)) / 10, ci_low=min(ms) / 10, ci_high=max(ms) / 10)
        measured = cell.measured_ms.model_copy(update={"samples": ms})
        cells.append(cell.model_copy(update={"measured_ms": measured, "ratio": ratio}))
    return Run.of(record.model_copy(update={"cells": cells}))


def test_a_count_that_is_clearly_faster_is_not_given_up_for_a_noisy_one_that_seems_higher():
    (choice,) = schedule_of(noisy_eight()).choices
    assert (choice.highest, choice.candidates, choice.pays, choice.certain) == (8, 4, True, False)
    assert choice.as_good == (1, 4, 8)
    assert choice.nearest is None
    assert choice.reason.startswith("1.38×")
    assert "8 reaches 1.42× [0.91, 2.49], which is not clearly faster than plain decoding" in choice.reason


def test_what_is_not_clearly_faster_is_not_kept_from_the_batch_size_before():
    schedule = schedule_of(noisy_eight((1, 2), (64, 128), noisy_from=2))
    assert [(c.batch_size, c.candidates) for c in schedule.choices] == [(1, 8), (1, 8), (2, 4), (2, 4)]
    assert schedule.per_batch == ((1, 8), (2, 4))


def test_too_few_rounds_never_pay():
    run = run_of(lambda cell: 1.0 if cell.candidates == 1 else 3.0, rounds=2)
    (choice,) = schedule_of(run).choices
    assert (choice.candidates, choice.pays, choice.certain) == (1, False, False)


def test_where_it_does_not_pay_the_nearest_count_is_said():
    (choice,) = schedule_of(run_of(lambda c: 1 - 0.001 * (c.candidates - 1))).choices
    assert choice.nearest is not None
    assert choice.nearest[0] == 2
    assert choice.nearest[1].median == pytest.approx(0.999)
    assert "the nearest is 2 with 1.00×" in choice.reason
    assert choice.as_good == (1,)


def test_every_choice_keeps_what_its_fields_promise():
    run = run_of(
        lambda c: 1 + (0.2 * math.log(c.candidates) - 0.05 * c.batch_size * c.candidates / 32),
        batch_sizes=(1, 2, 4, 8), seq_lens=(64, 128, 256), noise=0.04, rounds=20,
    )  # fmt: skip
    for choice in schedule_of(run).choices:
        assert set(choice.as_good) <= set(choice.measured)
        assert {choice.highest, choice.candidates} <= set(choice.as_good)
        assert choice.pays == (choice.candidates > 1) == (choice.speedup.low > 1) == (choice.nearest is None)
        assert choice.kept == (choice.pays and choice.candidates != choice.highest)
        assert choice.drafts == choice.candidates - 1
        assert choice.reason


# What the acceptance model does not know


@dataclass(frozen=True)
class KnownUpTo(LogFit):
    """A log fit that ends at a count, as a table of measured acceptance does."""

    end: int = 16

    def expected_tokens(self, candidates):
        counts = np.asarray(candidates, dtype=np.float64)
        return np.where(counts <= self.end, super().expected_tokens(counts), np.nan)


def test_counts_beyond_the_model_are_not_chosen():
    run = run_of(lambda cell: TOKENS[cell.candidates])
    (choice,) = schedule_of(run, KnownUpTo()).choices
    assert choice.candidates == 16
    assert choice.measured == (1, 2, 4, 8, 16)
    (row,) = sensitivity(run, (LogFit(), KnownUpTo(), KnownUpTo(end=1))).rows
    assert [answer and answer.candidates for answer in row.answers] == [96, 16, None]


# Break-even


@pytest.mark.parametrize("seed", range(10))
def test_break_even_is_the_root_of_the_polynomial(seed):
    random = np.random.default_rng(seed)
    cost = round(float(random.uniform(0, 0.05)), 3)
    overhead = {k: 1.0 if k == 1 else float(random.uniform(1.0, min(k, 6))) for k in COUNTS}
    plan = plan_of(candidates=COUNTS)
    run = Run.of(record_of(plan, lambda cell: 10.0 * overhead[cell.candidates]))
    found = break_even_alpha(run.with_draft(str(cost)))[0, 0]
    for k, alpha in zip(COUNTS[1:], found[1:], strict=True):
        step = overhead[k] + cost * (k - 1)
        # 1 + α + … + α^(K−1) − step has at most one positive root
        roots = np.roots([1.0] * (k - 1) + [1.0 - step])
        real = [root.real for root in roots if abs(root.imag) < 1e-9 and root.real > 0]
        if step > k:
            assert math.isnan(alpha)
        else:
            assert alpha == pytest.approx(real[0], abs=1e-6)


def test_above_break_even_speculation_pays_and_below_it_does_not():
    run = run_of(lambda c: TOKENS[c.candidates] / (1 + 0.06 * (c.candidates - 1)))
    alpha = schedule_of(run).choices[0].break_even_alpha
    assert alpha is not None
    assert 0 < alpha < 1
    assert schedule_of(run, Chain(alpha=alpha * 1.01)).choices[0].pays
    assert not schedule_of(run, Chain(alpha=alpha * 0.99)).choices[0].pays


# The interval


def cell_of(candidates, times) -> CellRecord:
    """A cell with these samples; its own interval is not looked at."""
    rounds = list(range(times.size))
    measured = Measured(
        samples=times.tolist(), rounds=rounds, sampled_at_s=rounds, median=1.0, ci_low=1.0, ci_high=1.0
    )
    return CellRecord(batch_size=1, seq_len=64, candidates=candidates, verdict="valid", measured_ms=measured)


@pytest.mark.parametrize("rounds", [30, 50, 100])
def test_the_95_percent_interval_of_a_speedup_covers_the_truth_95_times_in_100(rounds):
    # drift of 20 % between rounds is shared by both cells; each sample has 5 % noise of its own
    random = np.random.default_rng(rounds)
    tokens, shape = LogFit().expected_tokens((1, 8)), PRESETS["tiny"]
    nothing = WorstCase(*(np.ones(2) for _ in range(3)))
    covered, widths, trials = 0, [], 1500
    for _ in range(trials):
        drift = np.exp(0.2 * random.standard_normal(rounds))
        one, eight = (
            ms * drift * np.exp(0.05 * random.standard_normal(rounds)) for ms in (10.0, 12.5)
        )  # fmt: skip
        found = PairedRow([cell_of(1, one), cell_of(8, eight)], tokens, shape, nothing).compare(0, 1)
        covered += found.low <= tokens[1] / 1.25 <= found.high
        widths.append(found.relative_half_width)
    assert 0.93 <= covered / trials <= 0.97
    # a median of n: 1.96 · 1.2533 σ/√n with σ = 0.05·√2, without the drift
    assert np.median(widths) == pytest.approx(1.96 * 1.2533 * 0.05 * math.sqrt(2 / rounds), rel=0.15)
