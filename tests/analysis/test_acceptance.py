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
from specprof.errors import RunFileProblem, UsageProblem


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


# What was measured, and tables


class Read:
    """What a file of an engine's metrics yields."""

    def __init__(self, rates=(), table=(), fitted_alpha=None):
        self.source, self.rates, self.table, self.fitted_alpha = "a page", rates, table, fitted_alpha
        self.mean_length = 1 + sum(rates)


def test_measured_positions_add_up_and_end_where_they_were_measured():
    model = acceptance_from("positions:p=0.7/0.5/0.2")
    np.testing.assert_allclose(model.expected_tokens([1, 2, 3, 4]), [1, 1.7, 2.2, 2.4])
    assert np.isnan(model.expected_tokens([5, 100])).all()
    assert model.draft_depth([1, 4]).tolist() == [0, 3]
    assert model.expected_tokens([[1, 2], [3, 4]]).shape == (2, 2)


def test_a_table_is_linear_between_its_points_and_ends_with_them():
    for text in ("table:8=2.0/16=2.4", "table:1=1/16=2.4/8=2.0"):
        model = acceptance_from(text)
        np.testing.assert_allclose(model.expected_tokens([1, 8, 12, 16]), [1, 2, 2.2, 2.4])
        assert np.isnan(model.expected_tokens(17))
        assert np.isnan(model.draft_depth([8])).all()
    assert acceptance_from("table:4=2").expected_tokens(4) == 2


def test_files_go_through_their_reader():
    paths = []

    def reads(path):
        paths.append(path)
        return Read(rates=(0.6, 0.3))

    model = acceptance_from("positions:file=/tmp/a,b=c.json", reads)
    assert paths == ["/tmp/a,b=c.json"]
    assert model.text == "positions:file=/tmp/a,b=c.json"
    assert model.source == "a page"
    assert model.expected_tokens(3) == pytest.approx(1.9)
    assert acceptance_from("chain:file=x", lambda path: Read(fitted_alpha=0.5)) == Chain(alpha=0.5)
    table = acceptance_from("table:file=x", lambda path: Read(table=((1, 1.0), (4, 2.0))))
    assert table.expected_tokens(4) == 2
    assert acceptance_from("positions:file=x", lambda path: Read(table=((4, 2.0),))).expected_tokens(4) == 2


@pytest.mark.parametrize(
    ("text", "found", "says"),
    [
        ("positions:file=x", Read(), "only a mean length"),
        ("table:file=x", Read(rates=(0.5,)), "holds no table"),
        ("chain:file=x", Read(rates=(0.5,)), "more than a chain's one number"),
    ],
)
def test_a_file_that_does_not_hold_what_the_model_needs_is_said(text, found, says):
    with pytest.raises(RunFileProblem, match=says):
        acceptance_from(text, lambda path: found)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("positions", "wants one parameter"),
        ("positions:p=0.5/0.6", "never rise"),
        ("positions:p=1.5", "between 0 and 1"),
        ("positions:p=a", "not NAME=NUMBER"),
        ("positions:q=0.5", "no parameter 'q'"),
        ("positions:file=x", "no file can be read"),
        ("log-fit:file=x", "takes no file"),
        ("table", "wants one parameter"),
        ("table:8=9", "at most K tokens"),
        ("table:8=2/16=1.5", "falls from"),
        ("table:8=2/8=2.1", "two values"),
        ("table:1=1.5/8=2", "one candidate yields one token"),
        ("table:x=2", "no K=TOKENS"),
        ("table:8=nan", "not NAME=NUMBER"),
        ("medusa:model=70b", "no head accuracies of '70b'"),
        ("medusa:heads=0", "out of range"),
        ("medusa:p=0.5", "more than it takes"),
        ("sequoia:p=0.6/0.6", "sum to at most 1"),
        ("sequoia:depth=99", "out of range"),
        ("sequoia:p=0.5,model=7b", "more than it takes"),
    ],
)
def test_a_model_that_cannot_be_made_says_why(text, says):
    with pytest.raises(UsageProblem, match=says):
        acceptance_from(text)


def test_what_a_model_calls_itself_gives_it_again():
    texts = [
        "positions:p=0.7/0.5",
        "table:8=2.0/16=2.4",
        "medusa:model=13b,heads=2",
        "sequoia:p=0.5/0.2,depth=3",
    ]
    for model in [*ACCEPTANCE_MODELS, *map(acceptance_from, texts)]:
        assert acceptance_from(model.text) == model
