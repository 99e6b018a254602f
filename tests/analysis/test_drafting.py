"""What drafting costs, against numbers worked out by hand."""

from itertools import product

import numpy as np
import pytest

from specprof.analysis.acceptance import Chain, LogFit
from specprof.analysis.acceptance.trees import Medusa
from specprof.analysis.drafting import FREE, Fraction, MeasuredDraft, draft_from
from specprof.analysis.opened import Run
from specprof.analysis.quantities import QUANTITIES
from specprof.analysis.schedule import schedule_of
from specprof.errors import UsageProblem
from specprof.plan.plan import Cell, Row
from specprof.run.cell_record import DraftRecord, Interval
from specprof.run.record import RunRecord

from .published_figure import record as published
from .synthetic import plan_of, record_of, with_verdict

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
    np.testing.assert_array_equal(run.speedup().median, run.with_draft("0").speedup().median)
    assert run.curves().acceptance_formula == "1 + 0.477 ln K"


def test_a_chain_pays_its_draft_once_per_draft_as_in_leviathan():
    # α = 0.5, c = 0.1: E(5) = (1 − 0.5⁵)/0.5 = 1.9375; overhead 2.0 + 4 · 0.1 = 2.4
    run = Run.of(record()).with_draft("0.1")
    speedup = run.speedup(Chain(alpha=0.5))
    np.testing.assert_allclose(speedup.median[0, 0], [1.0, 1.5 / 1.35, 1.9375 / 2.4])
    assert run.curves(Chain(alpha=0.5)).acceptance_formula.endswith(", draft pass 0.1 T(1)")


def test_where_the_shape_is_not_known_a_fraction_is_paid_once():
    speedup = Run.of(record()).with_draft("0.5").speedup(LogFit())
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
        c for c in Run.of(record()).with_draft("0.1").curves(Chain(alpha=0.5)).curves if c.batch_size == 2
    )
    assert curve.compare(0, 2).median == pytest.approx(curve.speedup[2])
    assert curve.compare(1, 2).median == pytest.approx((1.9375 / 2.4) / (1.5 / 1.35))


def test_tokens_per_second_count_it():
    run = Run.of(record()).with_draft("0.5")
    found = QUANTITIES["tokens"].arrays(run, LogFit()).median[1, 0, 2]
    assert found == pytest.approx(2 * 1e3 * LogFit().expected_tokens(5) / (16 * 2.0 + 0.5 * 16))


def test_a_published_figure_counts_a_fraction_too():
    run = Run.of(published())
    plain, paid = run.speedup().median[0, 0], run.with_draft("0.2").speedup().median[0, 0]
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


def test_one_error_of_the_pass_enters_a_comparison_by_the_passes_of_each_point():
    # a pass of 0.05 to 0.45 T(1): 5 candidates take four, 2 take one, and nothing else scatters
    (wide,) = [draft.model_copy(update={"ratio": Interval(median=0.25, ci_low=0.05, ci_high=0.45)})
               for draft in drafted("eagle").drafts[:1]]  # fmt: skip
    run = Run.of(record().model_copy(update={"drafts": [wide]}))
    curve = next(c for c in run.curves(Chain(alpha=0.5)).curves if c.batch_size == 1)
    found = curve.compare(1, 2)
    gain = 1.9375 / 1.5
    assert found.median == pytest.approx(gain * (1.25 + 0.25) / (2.0 + 4 * 0.25))
    assert found.low == pytest.approx(gain * (1.25 + 0.45) / (2.0 + 4 * 0.45))
    assert found.high == pytest.approx(gain * (1.25 + 0.05) / (2.0 + 4 * 0.05))
    against_plain, speedup = curve.compare(0, 2), run.speedup(Chain(alpha=0.5))
    assert against_plain == pytest.approx(tuple(part[0, 0, 2] for part in speedup))


def test_a_throttled_pass_spoils_the_speedups_of_its_row_and_nothing_else():
    first = drafted("medusa").drafts[0]
    throttled = first.model_copy(update={"batch_size": 2, "verdict": "invalid"})
    run = Run.of(record().model_copy(update={"drafts": [first, throttled]}))
    assert [curve.trusted.tolist() for curve in run.curves().curves] == [[True] * 3, [True, False, False]]
    assert [choice.batch_size for choice in schedule_of(run).choices] == [1]
    for name in ("speedup", "tokens"):
        assert QUANTITIES[name].trusted(run)[:, 0].tolist() == [[True] * 3, [True, False, False]]
    assert QUANTITIES["latency"].trusted(run).all()
    (left_out,) = (finding for finding in run.findings() if finding.kind == "left-out")
    assert "2 and 5 candidates at seq_len 64" in left_out.text
    assert left_out.basis == "verdict invalid, of the cell or of its K = 1, or of the draft pass"
    free = run.with_draft("0.1")
    assert all(curve.trusted.all() for curve in free.curves().curves)
    assert QUANTITIES["speedup"].trusted(free).all()


def test_tokens_per_second_with_a_draft_rest_on_the_baseline():
    spoilt = Run.of(with_verdict(record(), {Cell(1, 64, 1)}, "invalid"))
    assert QUANTITIES["tokens"].trusted(spoilt)[0, 0].tolist() == [False, True, True]
    assert not QUANTITIES["tokens"].trusted(spoilt.with_draft("0.1"))[0, 0].any()


def test_a_drafter_that_goes_layer_by_layer_goes_down_a_tree_that_heads_propose_at_once():
    # one guess of 0.9 at each of five depths, a second of 0.05 at the first: 0.9, 0.81, … and then 0.05
    levels = ((0.9, 0.05), (0.9,), (0.9,), (0.9,), (0.9,))
    model = Medusa(levels=levels, heads=3.0, origin="", source="")
    eagle, medusa = drafted("eagle"), drafted("medusa")
    np.testing.assert_allclose(Run.of(eagle).draft.relative(eagle, model).median[0, 0], [0, 0.1, 0.3])
    np.testing.assert_allclose(Run.of(medusa).draft.relative(medusa, model).median[0, 0], [0, 0.1, 0.1])


def test_every_row_has_the_cost_that_was_measured_there():
    plan = plan_of(batch_sizes=(1, 2), seq_lens=(64, 128, 256), candidates=(1, 2))
    cost = {row: 0.01 * row.batch_size + 0.001 * row.seq_len for row in plan.rows()}
    drafts = [
        DraftRecord(
            drafter="medusa:3", kind="medusa", depth=3, width=1, **row._asdict(), verdict="valid",
            ratio=Interval(median=share, ci_low=share, ci_high=share),
        )
        for row, share in reversed(cost.items())
    ]  # fmt: skip
    run = Run.of(record_of(plan, lambda c: 10.0 * c.candidates).model_copy(update={"drafts": drafts}))
    found = run.draft.relative(run.record, LogFit()).median
    for (b, batch_size), (s, seq_len) in product(enumerate(plan.batch_sizes), enumerate(plan.seq_lens)):
        assert found[b, s].tolist() == [0.0, cost[Row(batch_size, seq_len)]]


def test_a_cost_that_is_asked_for_is_in_the_break_even_of_the_schedule_too():
    run = Run.of(record())
    # K = 2 pays from 1 + α ≥ 1.25 + c on, which is less than what K = 5 asks for
    for c, alpha in ((0.0, 0.25), (0.2, 0.45)):
        assert schedule_of(run.with_draft(str(c))).choices[0].break_even_alpha == pytest.approx(alpha)
