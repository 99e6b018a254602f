"""The published fit, against the values printed in the field's notes."""

import numpy as np
import pytest

from specprof.analysis.acceptance import (
    ACCEPTANCE_MODELS,
    PUBLISHED,
    Chain,
    LogFit,
    acceptance_from,
    log_fit_from,
)
from specprof.errors import UsageProblem


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


def test_a_chain_yields_what_its_series_sums_to() -> None:
    # K = 5 counts the root: 1 + 0.5 + 0.25 + 0.125 + 0.0625
    assert Chain(alpha=0.5).expected_tokens([1, 2, 5]) == pytest.approx([1.0, 1.5, 1.9375])
    # (1 − 0.8^8) / 0.2
    assert Chain(alpha=0.8).expected_tokens(8) == pytest.approx(4.1611392)


def test_a_chain_stays_exact_towards_its_ends() -> None:
    assert Chain(alpha=1.0).expected_tokens([1, 7]) == pytest.approx([1.0, 7.0])
    assert Chain(alpha=0.0).expected_tokens([1, 7]) == pytest.approx([1.0, 1.0])
    assert Chain(alpha=1 - 1e-12).expected_tokens(100) == pytest.approx(100.0, rel=1e-9)


def test_one_candidate_yields_one_token_under_every_model() -> None:
    for model in ACCEPTANCE_MODELS:
        assert model.expected_tokens(1) == pytest.approx(1.0)


def test_parameters_are_changed_within_their_ranges() -> None:
    chain = Chain(alpha=0.8).with_parameter("alpha", 0.3)
    assert chain == Chain(alpha=0.3)
    with pytest.raises(UsageProblem, match="between 0 and 1"):
        chain.with_parameter("alpha", 1.5)
    with pytest.raises(UsageProblem, match="no parameter 'beta'"):
        chain.with_parameter("beta", 1.0)
    kind = chain.parameter_kinds[0]
    assert kind.nudged(0.3, 2) == pytest.approx(0.32)
    assert kind.nudged(0.995, 5) == 1.0


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("log-fit", LogFit()),
        ("log-fit:a=0.5", LogFit(a=0.5)),
        ("log-fit:a=0.5,base=1.1", LogFit(a=0.5, base=1.1)),
        ("chain:alpha=0.7", Chain(alpha=0.7)),
    ],
)
def test_a_model_is_named_with_its_parameters(text: str, model: object) -> None:
    assert acceptance_from(text) == model


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("magic", "there is no acceptance model 'magic': choose log-fit, chain"),
        ("chain:alpha", "'alpha' is not NAME=NUMBER: write chain:alpha=0.8"),
        ("chain:alpha=much", "is not NAME=NUMBER"),
        ("chain:alpha=nan", "is not NAME=NUMBER"),
        ("chain:alpha=2", "out of range"),
        ("chain:a=0.5", "no parameter 'a'"),
        ("chain:alpha=0.5, alpha=0.6", "'alpha' is given twice"),
    ],
)
def test_a_model_that_is_none_is_refused_in_one_line(text: str, said: str) -> None:
    with pytest.raises(UsageProblem) as refused:
        acceptance_from(text)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
