"""The published fit, against the values printed in the field's notes."""

import numpy as np
import pytest

from specprof.analysis.acceptance import PUBLISHED, LogFit, log_fit_from


@pytest.mark.parametrize(
    ("candidates", "tokens"), [(1, 1.0), (16, 2.32), (32, 2.65), (64, 2.98), (112, 3.25)]
)
def test_the_published_fit_gives_the_published_tokens(candidates: int, tokens: float) -> None:
    assert round(float(PUBLISHED.expected_tokens(candidates)), 2) == tokens


def test_expected_tokens_have_the_shape_of_the_candidates() -> None:
    assert PUBLISHED.expected_tokens([[1, 16], [32, 64]]).shape == (2, 2)


def test_a_formula_names_the_fit_that_wrote_it() -> None:
    assert log_fit_from(PUBLISHED.formula) == PUBLISHED
    assert log_fit_from("0.9 + 0.25 ln K") == LogFit(a=0.25, base=0.9)


@pytest.mark.parametrize(
    "formula",
    ["", "0.477 ln K", "1 + 0.477 log K", "1 + nan ln K", "0 + 1 ln K", "1 + 0.477 ln K; rm", "-1 + 2 ln K"],
)
def test_what_is_no_log_fit_names_none(formula: str) -> None:
    assert log_fit_from(formula) is None


def test_one_candidate_yields_the_base() -> None:
    np.testing.assert_array_equal(LogFit(a=3.0, base=1.0).expected_tokens([1]), [1.0])
