"""Profiles as JSON: ModelOpt's, and those of a few keys."""

from __future__ import annotations

import json

import pytest

from .pages import short


def modelopt(**changed: object) -> str:
    """100 steps: 40 of length 1, 30 of length 2, none of 3, 30 of 4, so 60, 30, 30 accepted by position."""
    profile: dict[str, object] = {
        "schema_version": "1.0",
        "measured": True,
        "method": "eagle3",
        "draft_checkpoint": None,
        "target_model": {"id": "meta-llama/Llama-3.1-8B"},
        "num_speculative_tokens": 3,
        "verification_method": "longest_prefix",
        "conditional_accept_rates": [0.6, 0.5, 1.0],
        "marginal_accept_rates": [0.6, 0.3, 0.3],
        "mean_accept_length": 2.2,
        "acceptance_length_histogram": {"1": 40, "2": 30, "4": 30},
        **changed,
    }
    return json.dumps({key: value for key, value in profile.items() if value is not ...}, indent=2)


def test_a_histogram_of_lengths_counts_the_bonus_token(read):
    found = read(modelopt())
    assert (found.drafts, found.accepted) == (100, (60, 30, 30))
    assert found.rates == (0.6, 0.3, 0.3)
    # (40·1 + 30·2 + 30·4)/100
    assert found.mean_length == pytest.approx(2.2)
    assert found.source == "speculation profile, target model meta-llama/Llama-3.1-8B, 100 drafts"
    assert found.notes == ()


def test_positions_never_reached_are_there_with_nothing_accepted(read):
    found = read(modelopt(marginal_accept_rates=[0.6, 0.3, 0.3, 0.0, 0.0]))
    assert found.rates == (0.6, 0.3, 0.3, 0.0, 0.0)


def test_rates_that_contradict_their_histogram_are_spoken_of(read):
    found = read(modelopt(marginal_accept_rates=[0.6, 0.0, 0.3]))
    assert found.rates == (0.6, 0.3, 0.3)
    assert "differ from the histogram by up to 0.3" in found.notes[0]


def test_without_a_histogram_the_marginal_rates_count(read):
    found = read(modelopt(acceptance_length_histogram=None))
    assert (found.rates, found.drafts, found.accepted) == ((0.6, 0.3, 0.3), None, None)


def test_conditional_rates_are_multiplied_up(read):
    found = read(modelopt(acceptance_length_histogram=..., marginal_accept_rates=...))
    assert found.rates == pytest.approx((0.6, 0.3, 0.3))
    assert found.notes == ("Conditional rates were multiplied up.",)


def test_escape_sequences_in_a_name_do_not_reach_the_terminal(read):
    assert read(modelopt(target_model="a\x1b]52;c;cm0=\x07b")).source.isprintable()
    assert read('{"acceptance_rates": [0.5], "source": "\\u001b[31mred\\u202e"}').source == "[31mred"


def test_block_verification_is_spoken_of(read):
    assert "not by longest prefix" in read(modelopt(verification_method="block")).notes[0]


def test_a_block_drafters_profile_is_spoken_of(read):
    assert (
        "only at the number of draft tokens" in read(modelopt(accept_length_model="measured_per_k")).notes[0]
    )


def test_counts_of_ones_own(read):
    found = read('{"accepted_per_position": [800, 500], "drafts": 1000}')
    assert (found.rates, found.accepted, found.drafts) == ((0.8, 0.5), (800, 500), 1000)


def test_rates_of_ones_own(read):
    found = read('{"acceptance_rates": [0.8, 0.5]}')
    assert (found.rates, found.drafts, found.accepted) == ((0.8, 0.5), None, None)
    assert found.mean_length == pytest.approx(2.3)


def test_a_table_of_ones_own_is_sorted(read):
    found = read('{"table": [[4, 2.1], [1, 1.0]]}')
    assert (found.table, found.rates, found.mean_length) == (((1, 1.0), (4, 2.1)), (), 2.1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (modelopt(measured=False), "nothing was measured"),
        (modelopt(acceptance_length_histogram={"0": 3}), "'0' is not a length of 1 to 1025"),
        (modelopt(acceptance_length_histogram={"9999999999": 3}), "'9999999999' is not a length"),
        (modelopt(acceptance_length_histogram={"01": 3}), "'01' is not a length"),
        (modelopt(acceptance_length_histogram={"1": 1e300}), "1 is not a count"),
        (modelopt(acceptance_length_histogram={"1": 0}), "no drafts were counted"),
        (modelopt(acceptance_length_histogram=[1]), "is not an object"),
        ('{"accepted_per_position": [800], "drafts": 0}', "no drafts were counted"),
        ('{"accepted_per_position": [800]}', "drafts is not a count"),
        ('{"accepted_per_position": [800.5], "drafts": 1000}', "accepted_per_position[0] is not a count"),
        ('{"accepted_per_position": [], "drafts": 1000}', "there are no positions"),
        ('{"acceptance_rates": [0.5, 0.6]}', "the rate rises from 0.5 at position 0 to 0.6 at 1"),
        ('{"acceptance_rates": [1.5]}', "the rate at position 0 is 1.5"),
        ('{"acceptance_rates": [-0.5]}', "the rate at position 0 is -0.5"),
        ('{"acceptance_rates": [0.5, NaN]}', "acceptance_rates[1]: NaN is not a number"),
        ('{"acceptance_rates": [1e999]}', "acceptance_rates[0]: 1e999 is not a finite number"),
        ('{"acceptance_rates": [true]}', "acceptance_rates[0] is not a number"),
        ('{"acceptance_rates": [0.5], "acceptance_rates": [0.6]}', "the key is given twice"),
        ('{"acceptance_rates": []}', "the profile holds no acceptance"),
        ('{"table": [[4, 5.0]]}', "5 expected tokens of 4 candidates"),
        ('{"table": [[4, 2.0], [4, 2.1]]}', "4 candidates are given twice"),
        ('{"table": [[4]]}', "table[0] is not [candidates, expected tokens]"),
        ('{"table": [[0, 1.0]]}', "0 candidates"),
        ('{"fitted_alpha": 0.5}', "mean_length is not a number"),
    ],
    ids=short,
)
def test_a_profile_that_cannot_be_true_is_refused(refusal, text, said):
    assert said in refusal(text)
