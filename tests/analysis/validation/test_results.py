"""Predicted against real speedup, of times that are known."""

from __future__ import annotations

import math

import pytest
from run.decoded_run import CHAIN, FOUR_MS, ONE_MS, PLAIN_STEP_MS, STEP_MS, VERIFY_MS, block, plan, record

from specprof.analysis.validation.peers import peer_results
from specprof.analysis.validation.results import BOUND, validation_results


def test_real_and_simulated_speedup_are_those_of_the_times():
    result, _ = validation_results(record())
    assert result.setting == CHAIN
    assert (result.tokens, result.steps, result.rounds) == (180, 100, 10)
    assert result.realised == pytest.approx(1.8)
    assert result.simulated.mean == pytest.approx(1.8 / (FOUR_MS / ONE_MS))
    assert result.real.mean == pytest.approx(1.8 / (STEP_MS / PLAIN_STEP_MS))
    expected = (FOUR_MS / ONE_MS) / (STEP_MS / PLAIN_STEP_MS) - 1
    assert result.error.mean == pytest.approx(expected)
    assert result.within_bound == (abs(expected) <= BOUND)


def test_a_drift_of_the_machine_is_no_difference():
    drifting, steady = (validation_results(record(drift=drift))[0] for drift in (0.5, 0.0))
    assert drifting.error == pytest.approx(steady.error)
    assert drifting.real.high == pytest.approx(drifting.real.low)


def test_the_parts_of_the_difference_add_up_to_it():
    result = validation_results(record(drift=0.0))[0]
    assert result.gap.together == pytest.approx(math.log(result.real.mean / result.simulated.mean))
    assert result.gap.baseline == pytest.approx(math.log(PLAIN_STEP_MS / ONE_MS))
    assert result.gap.verify == pytest.approx(-math.log(VERIFY_MS / FOUR_MS))
    # draft 0.1, accept 0.5, keep 0.2 and 0.4 of nobody share what a step takes beyond the verify step
    beyond = -math.log(STEP_MS / VERIFY_MS)
    shares = [part / beyond for part in result.gap[2:]]
    assert shares == pytest.approx([0.1 / 1.2, 0.5 / 1.2, 0.2 / 1.2, 0.4 / 1.2])


def test_drafting_that_takes_time_is_in_the_prediction():
    free = validation_results(record())[0]
    slow = {"draft": 40.0, "verify": VERIFY_MS * 10, "accept": 5.0, "keep": 2.0}
    dear = validation_results(record(drift=0.0, parts=slow, total_ms=205.0))[0]
    assert free.predicted == free.simulated
    assert dear.predicted.mean == pytest.approx(1.8 / ((FOUR_MS + 4.0) / ONE_MS))
    assert dear.simulated.mean == pytest.approx(free.simulated.mean)


def test_the_standard_error_is_that_of_independent_steps():
    result = validation_results(record(rounds=10))[0]
    # 50, 30, 10, 10 steps of 1, 2, 3, 4 tokens
    variance = (50 * 0.8**2 + 30 * 0.2**2 + 10 * 1.2**2 + 10 * 2.2**2) / 99
    assert result.realised_error == pytest.approx(math.sqrt(variance / 100))


def test_blocks_in_which_the_process_stood_still_are_left_out_and_counted():
    whole = record()
    first = whole.validation[1]
    blocks = [one.model_copy(update={"suspended": n == 3}) for n, one in enumerate(first.blocks)]
    blocks[3] = blocks[3].model_copy(update={"total_ms": 1e6})
    validation = [
        whole.validation[0], first.model_copy(update={"blocks": blocks}), *whole.validation[2:]
    ]  # fmt: skip
    result = validation_results(whole.model_copy(update={"validation": validation}))[0]
    assert (result.rounds, result.suspended) == (9, 1)
    assert result.error.mean == pytest.approx(validation_results(whole)[0].error.mean)


def test_plain_blocks_of_one_round_are_taken_together():
    whole = record(drift=0.0)
    plain, *others = whole.validation
    slower = [one.model_copy(update={"total_ms": one.total_ms * 1.2}) for one in plain.blocks]
    both = [pair for pairs in zip(plain.blocks, slower, strict=True) for pair in pairs]
    validation = [plain.model_copy(update={"blocks": both}), *others]
    result = validation_results(whole.model_copy(update={"validation": validation}))[0]
    assert result.rounds == validation_results(whole)[0].rounds
    assert result.real.mean == pytest.approx(1.8 / (STEP_MS / (PLAIN_STEP_MS * 1.1)))


def test_tokens_that_differ_from_plain_decoding_are_counted():
    assert validation_results(record())[0].unequal is None
    assert validation_results(record(unequal=2))[0].unequal == 20


def test_a_step_for_which_there_was_nothing_to_draft_is_predicted_as_a_plain_one():
    whole = validation_results(record(drift=0.0))[0]
    half = validation_results(record(drift=0.0, plain_steps=5))[0]
    assert (whole.plain_share, half.plain_share) == (0.0, 0.5)
    assert half.simulated.mean == pytest.approx(1.8 / ((ONE_MS + FOUR_MS) / 2 / ONE_MS))
    assert half.real == whole.real
    assert half.gap.together == pytest.approx(math.log(half.real.mean / half.simulated.mean))


def test_batches_count_tokens_of_each_sequence():
    several = validation_results(record(plan(batch_size=3)))[0]
    one = validation_results(record())[0]
    assert several.realised == pytest.approx(one.realised)
    assert several.tokens == 3 * one.tokens
    assert several.real.mean == pytest.approx(one.real.mean)


@pytest.mark.filterwarnings("error")
def test_times_of_next_to_nothing_come_to_nothing_finite_and_to_no_warning():
    whole = record(plan(peer=True))
    decoded = [
        one.model_copy(
            update={"blocks": [part.model_copy(update={"total_ms": 5e-324}) for part in one.blocks]}
        )
        for one in whole.validation
    ]
    nothing = whole.model_copy(update={"validation": decoded})
    assert not math.isfinite(validation_results(nothing)[0].error.mean)
    assert not math.isfinite(peer_results(nothing)[0].ratio.mean)


def test_nothing_comes_of_a_run_without_whole_rounds():
    nothing = record(rounds=0)
    assert validation_results(nothing) == []
    assert block(0).tokens == 18
