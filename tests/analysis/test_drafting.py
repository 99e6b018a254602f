"""What drafting costs, against numbers worked out by hand."""

import numpy as np
import pytest

from specprof.analysis.acceptance import Chain, LogFit
from specprof.analysis.drafting import FREE, Fraction, MeasuredDraft, draft_from
from specprof.analysis.opened import Run
from specprof.analysis.quantities import QUANTITIES
from specprof.errors import UsageProblem
from specprof.run.record import DraftRecord, Interval, RunRecord

from .published_figure import record as published
from .synthetic import plan_of, record_of

PLAN = plan_of(batch_sizes=(1, 2), seq_lens=(64,), candidates=(1, 2, 5))
RATIO = {1: 1.0, 2: 1.25, 5: 2.0}


def record() -> RunRecord:
    return record_of(PLAN, lambda c: 8.0 * c.batch_size * RATIO[c.candidates])


def drafted(kind: str, depth: int = 3, ratio: float = 0.1) -> RunRecord:
    """Batch 1 with a measured draft pass, batch 2 without."""
    interval = Interval(median=ratio, ci_low=ratio * 0.9, ci_high=ratio * 1.1)
    first = DraftRecord(
        drafter=f"{kind}:{depth}", kind=kind, depth=depth, width=1, batch_size=1, seq_len=64,
        ratio=interval, verdict="valid",
    )  # fmt: skip
    lost = first.model_copy(update={"batch_size": 2, "ratio": None, "verdict": "oom"})
    return record().model_copy(update={"drafts": [first, lost]})


def test_drafting_is_free_where_nothing_was_measured_and_nothing_is_said():
    run = Run.of(record())
    assert run.draft is FREE
    np.testing.assert_array_equal(run.speedup().median, run.speedup(draft=FREE).median)
    assert run.curves().acceptance_formula == "1 + 0.477 ln K"


def test_a_chain_pays_its_draft_once_per_draft_as_in_leviathan():
    # α = 0.5, c = 0.1: E(5) = (1 − 0.5⁵)/0.5 = 1.9375; overhead 2.0 + 4 · 0.1 = 2.4
    run = Run.of(record()).with_draft("0.1")
    speedup = run.speedup(Chain(alpha=0.5))
    np.testing.assert_allclose(speedup.median[0, 0], [1.0, 1.5 / 1.35, 1.9375 / 2.4])
    assert run.curves(Chain(alpha=0.5)).acceptance_formula.endswith(", draft pass 0.1 T(1)")


def test_where_the_shape_is_not_known_a_fraction_is_paid_once():
    speedup = Run.of(record()).speedup(LogFit(), Fraction(0.5))
    np.testing.assert_allclose(speedup.median[0, 0], [1.0, (1 + 0.477 * np.log(2)) / 1.75,
                                                      (1 + 0.477 * np.log(5)) / 2.5])  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "model", "passes"),
    [
        ("medusa", Chain(alpha=0.5), [0, 1, 1]),  # heads run at once
        ("medusa", LogFit(), [0, 1, 1]),
        ("eagle", Chain(alpha=0.5), [0, 1, 4]),  # the chain says how deep it goes
        ("eagle", LogFit(), [0, 1, 3]),  # the fit does not: as deep as the drafter was asked for
        ("llama", LogFit(), [0, 1, 3]),
    ],
)
def test_a_measured_pass_is_paid_as_often_as_the_candidates_are_deep(kind, model, passes):
    cost = Run.of(drafted(kind)).draft.relative(drafted(kind), model)
    np.testing.assert_allclose(cost.median[0, 0], 0.1 * np.array(passes))
    np.testing.assert_allclose(cost.low[0, 0], 0.09 * np.array(passes))
    np.testing.assert_allclose(cost.high[0, 0], 0.11 * np.array(passes))


def test_a_row_without_a_measured_pass_has_no_speedup_beyond_one_candidate():
    speedup = Run.of(drafted("eagle")).speedup()
    assert np.isnan(speedup.median[1, 0]).tolist() == [False, True, True]
    assert [curve.batch_size for curve in Run.of(drafted("eagle")).curves().curves if curve.size > 1] == [1]


def test_its_interval_is_in_the_speedup_s():
    run = Run.of(drafted("medusa"))
    speedup, tokens = run.speedup(), LogFit().expected_tokens(5)
    # latencies here do not scatter: all of the width comes from drafting
    assert speedup.low[0, 0, 2] == pytest.approx(tokens / 2.11)
    assert speedup.high[0, 0, 2] == pytest.approx(tokens / 2.09)


def test_points_are_compared_with_their_drafting():
    (curve,) = (
        c for c in Run.of(record()).curves(Chain(alpha=0.5), Fraction(0.1)).curves if c.batch_size == 2
    )
    assert curve.compare(0, 2).median == pytest.approx(curve.speedup[2])
    assert curve.compare(1, 2).median == pytest.approx((1.9375 / 2.4) / (1.5 / 1.35))


def test_tokens_per_second_count_it():
    run = Run.of(record()).with_draft("0.5")
    found = QUANTITIES["tokens"].arrays(run, LogFit()).median[1, 0, 2]
    assert found == pytest.approx(2 * 1e3 * LogFit().expected_tokens(5) / (16 * 2.0 + 0.5 * 16))


def test_a_published_figure_counts_a_fraction_too():
    run = Run.of(published())
    plain, paid = run.speedup().median[0, 0], run.speedup(draft=Fraction(0.2)).median[0, 0]
    own = LogFit().expected_tokens(run.candidates)
    np.testing.assert_allclose(paid[1:], (own / (own / plain + 0.2))[1:])


@pytest.mark.parametrize("text", ["-0.1", "nan", "inf", "much", "101", ""])
def test_what_is_no_fraction_is_refused(text):
    with pytest.raises(UsageProblem, match="fraction of a target step"):
        draft_from(text, record())


def test_what_the_text_means():
    assert draft_from("0", record()) is FREE
    assert draft_from("0.05", record()) == Fraction(0.05)
    assert draft_from(None, drafted("eagle")) == draft_from("measured", drafted("eagle"))
    assert draft_from("measured", drafted("eagle")) == MeasuredDraft("eagle:3")
    assert draft_from("0", drafted("eagle")) is FREE
    with pytest.raises(UsageProblem, match="measured no draft cost"):
        draft_from("measured", record())
