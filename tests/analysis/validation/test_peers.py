"""specprof's loops beside transformers' own, of times that are known."""

from __future__ import annotations

import pytest
from run.decoded_run import CHAIN, PEER_STEP_MS, PLAIN_STEP_MS, STEP_MS, TREE, plan, record

from specprof.analysis.validation.peers import peer_results
from specprof.analysis.validation.results import validation_results
from specprof.plan.validation import Way

PEERS = plan(peer=True)
DRAFTED = plan(peer=True, verdict="greedy", drafts="ngram", depth=3)


def test_there_is_nothing_to_compare_where_nobody_asked():
    assert peer_results(record()) == []


def test_times_are_of_a_token_and_paired_by_round():
    (plain,) = peer_results(record(PEERS, drift=0.3))
    assert (plain.setting, plain.rounds) == (None, 10)
    assert (plain.own_tokens_per_step, plain.peer_tokens_per_step) == (1.0, 1.0)
    expected = PLAIN_STEP_MS / PEER_STEP_MS
    # the machine gets slower with each round, and their ratio does not
    assert plain.ratio == pytest.approx((expected,) * 3)
    assert plain.own_ms.high > 1.5 * plain.own_ms.low
    assert plain.unequal == 5


def test_a_drafter_that_transformers_has_is_compared_too():
    found = peer_results(record(DRAFTED, drift=0.0))
    assert [one.setting for one in found] == [None, CHAIN, TREE]
    assert found[1].ratio.mean == pytest.approx((STEP_MS / 1.8) / (PEER_STEP_MS / 1.2))


def test_the_prediction_is_of_our_loop_alone():
    with_peers, without = (validation_results(record(the_plan)) for the_plan in (PEERS, plan()))
    assert with_peers == without


def test_transformers_takes_one_sequence_and_drafts_by_lookup_or_with_a_model():
    assert {way.by for way in plan(peer=True, batch_size=2).validation.ways(2)} == {"specprof"}
    ours = [Way(None), Way(0), Way(1)]
    assert list(PEERS.validation.ways(1)) == [*ours, Way(None, "transformers")]
    assert list(DRAFTED.validation.ways(1)) == [*ours, *(Way(one.setting, "transformers") for one in ours)]
