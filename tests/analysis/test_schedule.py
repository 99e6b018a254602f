"""The decision, on runs whose best K is known."""

import math
from itertools import pairwise

import numpy as np
import pytest

from specprof.analysis.acceptance import Chain, LogFit, acceptance_from
from specprof.analysis.break_even import break_even_alpha
from specprof.analysis.opened import Run
from specprof.analysis.schedule import BatchRange, schedule_of
from specprof.analysis.sensitivity import gain_range, sensitivity
from specprof.errors import UsageProblem
from specprof.plan.plan import Cell
from specprof.plan.refinement import Added

from .published_figure import record as published
from .synthetic import plan_of, record_of, with_verdict

COUNTS = (1, 8, 16, 32)


def run_of(overhead, batch_sizes=(1, 4, 16), seq_lens=(64,), candidates=COUNTS, **how) -> Run:
    """`overhead(cell)` is T(K)/T(1)."""
    plan = plan_of(batch_sizes=batch_sizes, seq_lens=seq_lens, candidates=candidates)
    return Run.of(record_of(plan, lambda cell: 10.0 * overhead(cell), **how))


def cheap_up_to(limits: dict[int, int]):
    """Candidates are free up to a count that depends on the batch size, and cost in proportion beyond."""
    return lambda cell: max(1.0, cell.candidates / limits[cell.batch_size])


def test_the_highest_speedup_is_chosen_at_each_batch_size():
    schedule = schedule_of(run_of(cheap_up_to({1: 32, 4: 16, 16: 8})))
    assert [choice.candidates for choice in schedule.choices] == [32, 16, 8]
    assert [choice.drafts for choice in schedule.choices] == [31, 15, 7]
    assert all(choice.pays and choice.certain for choice in schedule.choices)
    assert schedule.choices[0].speedup.median == pytest.approx(1 + 0.477 * math.log(32))
    assert "2.65× with 32 candidates" in schedule.choices[0].reason


def test_where_nothing_is_faster_than_plain_decoding_speculation_is_off():
    schedule = schedule_of(run_of(lambda cell: float(cell.candidates)))
    for choice in schedule.choices:
        assert (choice.candidates, choice.drafts, choice.pays, choice.certain) == (1, 0, False, True)
        assert choice.speedup == (1.0, 1.0, 1.0)
        assert choice.reason.startswith("speculation does not pay")
    assert schedule.by_batch() == (BatchRange(1, None, 1, (1, 4, 16)),)


def test_noise_does_not_make_the_schedule_flap():
    # 16 and 32 are truly equal under this model and within the noise of each other at every batch size
    tokens = LogFit().expected_tokens(COUNTS)
    flat = {k: tokens[i] / tokens[2] if k >= 16 else 1.0 for i, k in enumerate(COUNTS)}
    sizes = tuple(range(1, 13))
    run = run_of(lambda cell: flat[cell.candidates], batch_sizes=sizes, noise=0.03, rounds=30)
    steady = [choice.candidates for choice in schedule_of(run).choices]
    jumpy = [choice.candidates for choice in schedule_of(run, hysteresis=False).choices]
    assert len(set(jumpy)) == 2  # or this test shows nothing
    changes = [sum(a != b for a, b in pairwise(found)) for found in (steady, jumpy)]
    assert changes[0] < changes[1]
    kept = next(choice for choice in schedule_of(run).choices if "is kept from batch" in choice.reason)
    assert kept.candidates != kept.highest
    assert kept.highest in kept.as_good


def test_a_clear_change_is_followed_however_steady_it_was_before():
    run = run_of(cheap_up_to({1: 32, 4: 32, 16: 8}), noise=0.01, rounds=30)
    assert [choice.candidates for choice in schedule_of(run).choices] == [32, 32, 8]


def test_one_k_for_all_is_the_one_that_loses_least_and_the_loss_is_said():
    # speedups of K = 8, 16, 32: batch 1: E; batch 16: E/1, E/2, E/4
    run = run_of(cheap_up_to({1: 32, 16: 8}), batch_sizes=(1, 16))
    schedule = schedule_of(run)
    e8, e16, e32 = (1 + 0.477 * math.log(k) for k in (8, 16, 32))
    losses = {
        8: (1 - e8 / e32) / 2,
        16: ((1 - e16 / e32) + (1 - e16 / 2 / e8)) / 2,
        32: (1 - e32 / 4 / e8) / 2,
    }
    assert schedule.one_for_all == min(losses, key=losses.__getitem__) == 8
    np.testing.assert_allclose(schedule.one_for_all_loss, [1 - e8 / e32, 0.0], atol=1e-12)


def test_between_two_measured_batch_sizes_stands_the_smaller_k():
    falls = schedule_of(run_of(cheap_up_to({1: 32, 4: 16, 16: 8}))).by_batch()
    assert falls == (BatchRange(1, 1, 32, (1,)), BatchRange(2, 4, 16, (4,)), BatchRange(5, None, 8, (16,)))
    rises = schedule_of(run_of(cheap_up_to({1: 8, 4: 8, 16: 32}))).by_batch()
    assert rises == (BatchRange(1, 15, 8, (1, 4)), BatchRange(16, None, 32, (16,)))


@pytest.mark.parametrize("seed", range(20))
def test_ranges_have_no_gap_and_hold_what_was_measured(seed):
    random = np.random.default_rng(seed)
    sizes = tuple(sorted(random.choice(np.arange(1, 40), size=5, replace=False).tolist()))
    limits = {size: int(random.choice(COUNTS)) for size in sizes}
    schedule = schedule_of(run_of(cheap_up_to(limits), batch_sizes=sizes))
    ranges = schedule.by_batch(64)
    assert ranges[0].first == 1
    assert ranges[-1].last is None
    for one, after in pairwise(ranges):
        assert one.last == after.first - 1
        assert one.candidates != after.candidates
    for choice in schedule.choices:
        (holder,) = (r for r in ranges if choice.batch_size in r.measured_at)
        assert holder.first <= choice.batch_size <= (holder.last or 1000)
        assert holder.candidates == choice.candidates


def test_without_a_length_a_batch_gets_the_k_that_loses_least_over_its_lengths():
    # at 64 tokens 32 candidates are best by far, at 128 eight by a little
    gains = {64: {8: 1.0, 16: 1.0, 32: 1.0}, 128: {8: 1.0, 16: 1.2, 32: 1.31}}
    run = run_of(
        lambda cell: 1.0 if cell.candidates == 1 else gains[cell.seq_len][cell.candidates],
        batch_sizes=(2,), seq_lens=(64, 128),
    )  # fmt: skip
    schedule = schedule_of(run)
    assert [choice.candidates for choice in schedule.choices] == [32, 32]
    slow = Run.of(
        record_of(
            run.record.plan, lambda c: 10.0 * (1 if c.candidates < 32 else 1.6 if c.seq_len == 128 else 1.0)
        )
    )
    mixed = schedule_of(slow)
    assert [choice.candidates for choice in mixed.choices] == [32, 16]
    # 16 loses 12 % at 64 tokens, 32 loses 29 % at 128
    assert mixed.by_batch() == (BatchRange(1, None, 16, (2,)),)
    assert mixed.by_batch(64) == (BatchRange(1, None, 32, (2,)),)


def test_an_invalid_cell_is_not_chosen_and_a_row_of_nothing_else_is_refused():
    run = run_of(cheap_up_to({1: 32}), batch_sizes=(1,))
    spoilt = Run.of(with_verdict(run.record, {Cell(1, 64, 32)}, "invalid"))
    assert schedule_of(spoilt).choices[0].candidates == 16
    assert 32 not in schedule_of(spoilt).choices[0].measured
    nothing = Run.of(with_verdict(run.record, {Cell(1, 64, 1)}, "invalid"))
    with pytest.raises(UsageProblem, match="no row of this run has a trusted result"):
        schedule_of(nothing)


def test_what_was_not_measured_is_said():
    schedule = schedule_of(run_of(cheap_up_to({1: 32}), batch_sizes=(1,)))
    with pytest.raises(UsageProblem, match="batch 2, seq_len 64 was not measured"):
        schedule.at(2, 64)
    with pytest.raises(UsageProblem, match="seq_len 65 was not measured"):
        schedule.by_batch(65)
    assert schedule.at(1, 64).candidates == 32


def test_drafting_makes_fewer_candidates_best():
    run = run_of(lambda cell: 1.0, batch_sizes=(1,), candidates=(1, 2, 4, 8, 16))
    model = Chain(alpha=0.8)
    assert schedule_of(run, model).choices[0].candidates == 16
    # E/(1 + 0.1 (K − 1)): 1.64 at 2, 2.27 at 4, 2.45 at 8, 1.94 at 16
    assert schedule_of(run.with_draft("0.1"), model).choices[0].candidates == 8


def test_the_published_figure_has_a_schedule_too():
    schedule = schedule_of(Run.of(published()))
    assert {choice.candidates for choice in schedule.choices} == {32}
    assert schedule.one_for_all == 32


# Break-even


def test_break_even_acceptance_in_closed_form():
    # K = 2: 1 + α = ratio. K = 3: 1 + α + α² = ratio
    ratio = {1: 1.0, 2: 1.3, 3: 1.75, 5: 6.0}
    run = run_of(lambda cell: ratio[cell.candidates], batch_sizes=(1,), candidates=(1, 2, 3, 5))
    found = break_even_alpha(run)[0, 0]
    assert found[1] == pytest.approx(0.3)
    assert found[2] == pytest.approx((-1 + math.sqrt(1 + 4 * 0.75)) / 2)
    assert np.isnan(found[[0, 3]]).all()  # nothing to gain at K = 1; five tokens never make up for six
    assert schedule_of(run).choices[0].break_even_alpha == pytest.approx(0.3)
    assert break_even_alpha(run.with_draft("0.2"))[0, 0, 1] == pytest.approx(0.5)


def test_what_costs_nothing_breaks_even_at_once():
    assert break_even_alpha(run_of(lambda cell: 1.0, batch_sizes=(1,)))[0, 0, 1:].tolist() == [0.0] * 3


# Sensitivity


def test_the_models_stand_side_by_side():
    run = run_of(cheap_up_to({1: 32}), batch_sizes=(1,))
    found = sensitivity(run, (LogFit(), Chain(alpha=0.3)))
    (row,) = found.rows
    log_fit, chain = row.answers
    assert log_fit.candidates == 32
    # where candidates are free more of them are better, if only by the last digit
    assert chain.candidates == 32
    assert chain.speedup.median == pytest.approx((1 - 0.3**32) / 0.7)
    dear = sensitivity(run_of(cheap_up_to({1: 16}), batch_sizes=(1,)), (LogFit(a=2.0), Chain(alpha=0.3)))
    assert [answer.candidates for answer in dear.rows[0].answers] == [16, 16]
    free = sensitivity(
        run_of(lambda c: 1 + 0.02 * c.candidates, batch_sizes=(1,)), (LogFit(), Chain(alpha=0.3))
    )
    assert [answer.candidates for answer in free.rows[0].answers] == [16, 8]
    assert not free.rows[0].agree
    assert log_fit.speedup.median == pytest.approx(1 + 0.477 * math.log(32))


@pytest.mark.parametrize("seed", range(30))
def test_within_the_range_the_answer_holds_and_just_outside_it_does_not(seed):
    random = np.random.default_rng(seed)
    tokens = np.concatenate([[1.0], 1 + np.sort(random.uniform(0.1, 3, size=6))])
    overhead = np.concatenate([[1.0], 1 + np.sort(random.uniform(0.0, 1.5, size=6))])
    best = int(np.argmax(tokens / overhead))
    low, high = gain_range(tokens, overhead, best)
    assert low <= 1 <= high

    def highest(factor: float) -> int:
        return int(np.argmax((1 + factor * (tokens - 1)) / overhead))

    inside = np.linspace(low, min(high, 20.0), 50)[1:-1]
    assert {highest(factor) for factor in inside} == {best}
    if low > 1e-6:
        assert highest(low * (1 - 1e-6)) != best
    if high < 20:
        assert highest(high * (1 + 1e-6)) != best


# One length, and one K per batch size


def test_one_length_alone_is_decided_as_among_others():
    limits = {1: 32, 4: 16, 16: 8}
    run = run_of(
        lambda cell: max(1.0, cell.candidates / limits[cell.batch_size] * (2 if cell.seq_len == 128 else 1)),
        seq_lens=(64, 128),
    )
    models = (LogFit(), Chain())
    for seq_len in (64, 128):
        alone = schedule_of(run, seq_len=seq_len)
        assert alone.choices == tuple(c for c in schedule_of(run).choices if c.seq_len == seq_len)
        assert alone.by_batch() == alone.by_batch(seq_len)
        rows = sensitivity(run, models, seq_len=seq_len).rows
        assert rows == tuple(row for row in sensitivity(run, models).rows if row.seq_len == seq_len)
    with pytest.raises(UsageProblem, match="seq_len 65 was not measured: this run holds 64 and 128"):
        schedule_of(run, seq_len=65)


def test_one_k_per_batch_size_does_not_flap_either():
    tokens = LogFit().expected_tokens(COUNTS)
    flat = {k: tokens[i] / tokens[2] if k >= 16 else 1.0 for i, k in enumerate(COUNTS)}
    sizes = tuple(range(1, 13))
    run = run_of(
        lambda cell: flat[cell.candidates], batch_sizes=sizes, seq_lens=(64, 128), noise=0.03, rounds=30
    )
    assert len(schedule_of(run, hysteresis=False).by_batch()) > 3  # or this test shows nothing
    assert len(schedule_of(run).by_batch()) <= 3
    single = run_of(lambda cell: flat[cell.candidates], batch_sizes=sizes, noise=0.03, rounds=30)
    decided = schedule_of(single)
    assert decided.by_batch() == decided.by_batch(64)


def test_one_k_per_batch_size_stays_where_all_its_lengths_keep_it():
    # at batch 1 32 candidates are best by far; at batch 2 16 and 32 are truly equal, and 16 came out higher
    tokens = LogFit().expected_tokens(COUNTS)
    equal = {1: 1.0, 8: 1.0, 16: 1.0, 32: tokens[3] / tokens[2]}
    run = run_of(
        lambda cell: 1.0 if cell.batch_size == 1 else equal[cell.candidates],
        batch_sizes=(1, 2), seq_lens=(64, 128), noise=0.03, rounds=30, seed=0,
    )  # fmt: skip
    schedule = schedule_of(run)
    assert [choice.highest for choice in schedule.choices] == [32, 32, 16, 16]  # or this test shows nothing
    assert [choice.candidates for choice in schedule.choices] == [32] * 4
    assert schedule.by_batch() == (BatchRange(1, None, 32, (1, 2)),)
    jumpy = schedule_of(run, hysteresis=False).by_batch()
    assert [one.candidates for one in jumpy] == [32, 16]


def test_acceptance_that_ends_below_every_measured_count_is_said():
    run = run_of(cheap_up_to({1: 32}), batch_sizes=(1,))
    with pytest.raises(
        UsageProblem, match=r"knows acceptance up to 3 candidates, and this run measured 8"
    ) as said:
        schedule_of(run, acceptance_from("positions:p=0.8/0.5"))
    assert "--candidates 1:3" in str(said.value)


# Refined rows and rows of several lengths


def test_a_count_that_refinement_added_to_one_row_is_chosen_there_and_nowhere_else():
    plan = plan_of(batch_sizes=(1, 4), seq_lens=(64, 128), candidates=COUNTS)
    plan = plan.with_added(Added(batch_size=1, seq_len=64, candidates=24))
    limits = {1: 24, 4: 16}  # beyond it twice as slow at once
    run = Run.of(
        record_of(plan, lambda cell: 10.0 * (1 + (cell.candidates > limits[cell.batch_size])), rounds=12)
    )
    schedule = schedule_of(run)
    chosen = {(c.batch_size, c.seq_len): c.candidates for c in schedule.choices}
    assert chosen == {(1, 64): 24, (1, 128): 16, (4, 64): 16, (4, 128): 16}
    assert schedule.one_for_all == 16
    loss = 1 - (1 + 0.477 * math.log(16)) / (1 + 0.477 * math.log(24))
    np.testing.assert_allclose(schedule.one_for_all_loss, [loss, 0, 0, 0], atol=1e-12)
    assert schedule.per_batch == ((1, 16), (4, 16))
    assert schedule_of(run, seq_len=64).per_batch == ((1, 24), (4, 16))


def test_each_length_keeps_its_own_count_from_the_batch_size_before():
    def overhead(cell):
        """At batch 1 one length wants 16 and the other 32, and at batch 4 both are as good."""
        tokens = 1 + 0.477 * math.log(cell.candidates)
        if cell.candidates < 16:
            return tokens
        wanted = {64: 16, 128: 32}[cell.seq_len]
        return tokens / (2.0 if cell.batch_size == 4 or cell.candidates == wanted else 1.5)

    run = run_of(overhead, batch_sizes=(1, 4), seq_lens=(64, 128), noise=0.02, rounds=20, seed=5)
    schedule = schedule_of(run)
    assert [c.candidates for c in schedule.choices if c.seq_len == 64] == [16, 16]
    assert [c.candidates for c in schedule.choices if c.seq_len == 128] == [32, 32]
    assert all({16, 32} <= set(c.as_good) for c in schedule.choices if c.batch_size == 4)


def test_the_models_beside_each_other_are_judged_at_the_draft_cost_that_is_asked_for():
    run = run_of(lambda cell: 1.0, batch_sizes=(1,))
    chain = Chain(alpha=0.8)
    for cost, best in ((0.0, 32), (0.2, 8)):
        (row,) = sensitivity(run.with_draft(str(cost)), (chain,)).rows
        (answer,) = row.answers
        assert answer is not None
        assert answer.candidates == best
        assert answer.speedup.median == pytest.approx(chain.expected_tokens(best) / (1 + cost * (best - 1)))


def test_what_rests_on_too_few_rounds_says_so():
    run = run_of(cheap_up_to({1: 32}), batch_sizes=(1,), rounds=1)
    (choice,) = schedule_of(run).choices
    assert not choice.pays
    assert choice.reason.endswith("32 with 2.65× in 1 round, too few to tell")
