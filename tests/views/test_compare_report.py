"""What a comparison says on stdout."""

from __future__ import annotations

import io

import pytest
from analysis.synthetic import plan_of, record_of, with_verdict

from specprof.analysis.acceptance import PUBLISHED
from specprof.analysis.compare.comparison import compare
from specprof.analysis.opened import Run, load
from specprof.plan.plan import Cell
from specprof.views.compare.report import print_comparisons
from specprof.views.glyphs import ASCII, UNICODE
from specprof.views.terminal import Surface

PLAN = plan_of(batch_sizes=(1, 4), seq_lens=(128,), candidates=(1, 16, 64))


def run(factor=lambda cell: 1.0, plan=PLAN, seed=1, **how) -> Run:
    record = record_of(
        plan,
        lambda cell: (10 + cell.candidates / 8) * factor(cell),
        noise=0.01,
        seed=seed,
        **{"rounds": 20, **how},
    )
    return Run.of(record.model_copy(update={"run_id": f"run-{seed}"}))


def said(base: Run, *others: Run, width: int = 120, ascii_only: bool = False, force: bool = False) -> str:
    surface = Surface(width, 40, False, None, ASCII if ascii_only else UNICODE, "dark")
    stream = io.StringIO()
    compared = [compare(base, other, force=force) for other in others]
    print_comparisons(surface, compared, PUBLISHED, stream)
    return stream.getvalue()


SLOW = run(lambda cell: {16: 1.1, 64: 1.3}.get(cell.candidates, 1.0), seed=2)


def test_what_changed_comes_first_the_biggest_of_it_at_the_top_and_the_rest_is_counted():
    shown = said(run(), SLOW)
    assert "Latency: 4 of 6 cells changed, 4 slower in B; 2 within noise" in shown
    assert "Speedup: 4 of 4 cells changed, 4 lower in B" in shown
    lines = [line.split() for line in shown.splitlines() if line.startswith(UNICODE.significant)]
    assert [line[3] for line in lines] == ["64", "64", "16", "16"]
    assert "Holm" in shown


def test_an_unchanged_run_claims_nothing_and_says_what_chance_does():
    shown = said(run(), run(seed=9))
    assert "no change beyond chance in 6 cells" in shown
    assert not any(line.startswith(UNICODE.significant) for line in shown.splitlines())


def test_each_run_has_its_letter_and_its_own_section():
    shown = said(run(), SLOW, run(seed=9))
    assert "B against A" in shown
    assert "C against A" in shown
    assert shown.index("B against A") < shown.index("4 slower in B") < shown.index("C against A")


def test_what_differs_in_plan_and_environment_is_listed():
    base = load("llama-7b-cpu-bs1")
    other = Run.of(
        base.record.model_copy(
            update={
                "run_id": "another",
                "plan": base.record.plan.model_copy(update={"attention": "eager", "seed": 5}),
                "environment": base.record.environment.model_copy(update={"torch": "2.6.0\x1b[31m"}),
            }
        )
    )
    shown = said(base, other)
    lines = [line.split() for line in shown.splitlines()]
    assert ["attention", "sdpa", "eager"] in lines
    assert ["seed", "0", "5"] in lines
    assert ["torch", base.record.environment.torch, "2.6.0[31m"] in lines
    assert "\x1b" not in shown
    assert "full depth is an estimate from 2 of 32 layers" in shown


def test_what_was_forced_stands_above_the_numbers():
    plan = PLAN.model_copy(update={"dtype": "bfloat16"})
    shown = said(run(), run(plan=plan, seed=4), force=True)
    assert "not comparable, compared with --force: dtype float32 against bfloat16" in shown
    assert shown.index("--force") < shown.index("Latency:")


def test_invalid_and_missing_cells_are_said_and_not_counted():
    spoilt = Run.of(with_verdict(SLOW.record, [Cell(1, 128, 64)], "invalid"))
    shown = said(run(), spoilt)
    assert "3 of 5 cells changed" in shown
    assert "Left out, invalid in one of the runs: batch 1, seq_len 128, 64 candidates" in shown
    lost = run(seed=3, missing=[Cell(4, 128, 64)])
    assert "Measured in A only: 1 cell (in the other: 1 oom)" in said(run(), lost)


def test_rounds_too_few_for_an_interval_are_said_and_carry_no_claim():
    shown = said(run(), run(lambda cell: 3.0, seed=2, rounds=5))
    assert "6 of 6 cells rest on fewer than 6 rounds in a run" in shown
    assert "no change beyond chance in 6 cells; 6 may have changed" in shown


def test_the_published_figure_is_compared_by_shape_across_batch_sizes_and_says_so():
    shown = said(load("llama-7b-cpu-bs1"), load("medusa-llama-7b-bs4"))
    assert "The batch sizes differ, 1 and 4: this compares shapes across batch sizes." in shown
    assert "Cliff: none in A, 64 to 80 in B" in shown
    assert "Best K: the same, or not to be told apart, in 0 of 3 curves" in shown
    assert "Latency:" not in shown
    assert "◇ B, batch 4" in shown  # laid over the curves


def test_the_published_figure_against_itself_agrees_in_everything():
    published = load("medusa-llama-7b-bs4")
    shown = said(published, published)
    assert "Cliff: at the same place, 64 to 80" in shown
    assert "the same at 7 of 7 candidate counts; 147 of 147 pairs" in shown
    assert "batch sizes differ" not in shown


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_no_line_of_a_table_is_wider_than_the_terminal(width):
    shown = said(run(), SLOW, width=width)
    assert max(map(len, shown.splitlines())) <= width


def test_ascii_is_ascii():
    assert said(run(), SLOW, load("llama-7b-cpu-bs1"), ascii_only=True, force=True).isascii()
    shapes = said(load("medusa-llama-7b-bs4"), load("llama-7b-cpu-bs1"), ascii_only=True)
    assert shapes.isascii()
    assert "r rho" in shapes
