"""The chain that one mean length means, and how many tokens it drafts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specprof.engines.metrics.chain_fit import chain_alpha, draft_tokens_of_rates


def test_one_draft_token_gives_alpha_itself():
    assert chain_alpha(1.7, 1) == pytest.approx(0.7)


def test_two_draft_tokens_give_the_root_of_a_quadratic():
    # α² + α = E − 1
    assert chain_alpha(2.0, 2) == pytest.approx((5**0.5 - 1) / 2)


def test_an_endless_chain_is_the_geometric_series():
    assert chain_alpha(4.0, None) == pytest.approx(0.75)
    assert chain_alpha(2.5, 200) == pytest.approx(chain_alpha(2.5, None))


def test_the_ends_are_all_and_nothing():
    assert chain_alpha(1.0, 5) == pytest.approx(0)
    assert chain_alpha(6.0, 5) == pytest.approx(1)


@given(st.floats(0, 1), st.integers(1, 40))
def test_alpha_comes_back_from_the_length_it_gives(alpha, draft_tokens):
    length = sum(alpha**power for power in range(draft_tokens + 1))
    fitted = chain_alpha(length, draft_tokens)
    assert fitted is not None
    assert sum(fitted**power for power in range(draft_tokens + 1)) == pytest.approx(length)


LENGTHS = (1.31, 1.86, 2.34, 2.71, 3.02)


@pytest.mark.parametrize("drafted", [3, 4, 5, 7])
def test_rounded_accept_rates_tell_the_draft_tokens_by_either_formula(drafted):
    present = [(length, round((length - 1) / drafted, 2)) for length in LENGTHS]
    former = [(length, round(length / (drafted + 1), 2)) for length in LENGTHS]
    found = draft_tokens_of_rates(present, 0.005)
    assert found is not None
    assert (found.draft_tokens, found.before_2026_04) == (drafted, False)
    found = draft_tokens_of_rates(former, 0.005)
    assert found is not None
    assert (found.draft_tokens, found.before_2026_04) == (drafted, True)


def test_figures_that_fit_both_formulas_are_read_by_the_present_one_and_say_so():
    # 0.5 = (2.5 − 1)/3 = 2.5/5
    assert draft_tokens_of_rates([(2.5, 0.5)], 1e-6) == (3, False, (4,))
    # 1.1 − 1 = 0.05 · 2, and 1.1 = 0.05 · 22, or 20 to 24 with what was rounded
    assert draft_tokens_of_rates([(1.1, 0.05)], 0.005) == (2, False, (19, 20, 21, 22, 23))


def test_figures_that_fit_no_number_or_several_tell_nothing():
    assert draft_tokens_of_rates([(2.5, 0.37)], 1e-6) is None
    assert draft_tokens_of_rates([(1.0, 0.0)], 0.005) is None
    assert draft_tokens_of_rates([(1.30, 0.02)], 0.005) is None
    assert draft_tokens_of_rates([], 0.005) is None
    # (3.6 − 1)/0.15 is 17 or 18: that the older formula means 23 alone decides nothing
    assert draft_tokens_of_rates([(3.6, 0.15)], 0.005) is None
