"""Rates of counted acceptance, by hand, and how often their intervals hold the truth."""

from __future__ import annotations

import numpy as np
import pytest

from specprof.analysis.accepted.rates import accepted_rates


def test_rates_worked_out_by_hand():
    # two prompts, drafts of depth 2: 4 steps accepted none, 4 one, 2 both
    rates = accepted_rates([[3, 1, 0], [1, 3, 2]], seed=0)
    assert (rates.steps, rates.accepted) == (10, (6, 2))
    assert [rate.value for rate in rates.unconditional] == [0.6, 0.2]
    assert rates.conditional == (0.6, pytest.approx(1 / 3))
    assert rates.mean_length.value == pytest.approx(1.8)


def test_the_interval_of_two_prompts_is_that_of_drawing_either_twice():
    # of 4 equally likely draws one is the first twice, 1/4, and one the second twice, 5/6
    rates = accepted_rates([[3, 1, 0], [1, 3, 2]], seed=0)
    assert rates.unconditional[0].interval == (0.25, pytest.approx(5 / 6))
    assert rates.mean_length.interval == (1.25, pytest.approx(1 + 7 / 6))


def test_one_prompt_gives_no_interval():
    rates = accepted_rates([[3, 1, 0]], seed=0)
    assert [rate.interval for rate in (*rates.unconditional, rates.mean_length)] == [None] * 3


def test_where_no_step_came_to_a_position_there_is_no_conditional_rate():
    assert accepted_rates([[5, 0, 0], [2, 0, 0]], seed=0).conditional == (0.0, None)


def test_the_same_seed_gives_the_same_intervals_and_many_prompts_fit_in_memory():
    counts = np.random.default_rng(3).multinomial(20, [0.5, 0.3, 0.2], size=9000)
    first, again, other = (accepted_rates(counts, seed) for seed in (0, 0, 1))
    assert first == again
    assert first != other
    low, high = first.unconditional[0].interval
    assert low < 0.5 < high
    assert high - low < 0.01


def test_intervals_hold_the_truth_where_prompts_differ():
    # easy and hard prompts: a rate of 0.5 on average, and steps of one prompt that resemble each other
    random = np.random.default_rng(5)
    held = 0
    for trial in range(200):
        easy = random.beta(2, 2, size=30)
        taken = random.binomial(40, easy)
        low, high = accepted_rates(np.stack([40 - taken, taken], axis=1), trial).unconditional[0].interval
        held += low <= 0.5 <= high
    assert 0.88 <= held / 200 <= 0.99
