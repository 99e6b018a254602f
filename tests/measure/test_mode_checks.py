"""Execution modes against the float32 reference: what is right is used, what is wrong is dropped and said."""

from __future__ import annotations

import pytest
import torch

from specprof.errors import EnvironmentProblem
from specprof.measure import mode_checks
from specprof.measure import truth as truth_module
from specprof.measure.attention import flex
from specprof.measure.choose_mode import choose_mode
from specprof.measure.clock import Sample
from specprof.measure.mode_checks import ModeChecks, modes_of
from specprof.measure.reference import reference_logits
from specprof.measure.step import Form, Step
from specprof.measure.truth import Truth, counts_to_check, rows_to_check, truths
from specprof.measure.verify_step import FullModel
from specprof.plan.draft_tree import parents
from specprof.plan.memory import cell_bytes
from specprof.plan.plan import Cell, Row
from specprof.run.mode_check import ModeCheck

from .conftest import small_plan
from .test_row_sweep import EVEN, ScriptedClock, Stage

CPU = torch.device("cpu")
ROW = Row(2, 24)


class FasterWhenWrong(ScriptedClock):
    """Every step takes as long as it is told, by whether its logits were spoiled."""

    def sample(self, step, *, with_head):
        return Sample(1.0 if getattr(step, "spoiled", False) else 2.0, None)


def test_the_reference_equals_the_step_in_every_attention(workload):
    workload.open_row(ROW)
    for candidates in (1, 7, 16):
        ids, tree = workload.random_ids(candidates), parents(candidates)
        found = workload.step_of(ids, tree, Form(candidates > 1, workload.plan.attention)).run()
        expected = reference_logits(
            workload.model, workload.plan.model, ids, tree, ROW.seq_len, workload.caches
        )
        assert float((found - expected).norm() / expected.norm()) < 2e-6


def test_what_is_right_without_a_mask_is_too_far_from_the_truth():
    workload = FullModel(small_plan(), torch.float32, CPU)
    workload.open_row(ROW)
    truth = truths(workload, [1, 7])[-1]
    place = (workload.model, workload.plan.model, truth.ids, truth.tree, ROW.seq_len, workload.caches)
    assert truth.error(reference_logits(*place)) <= truth.tolerance
    assert truth.error(reference_logits(*place, blind=True)) > truth.tolerance
    assert truth.error(torch.full_like(truth.logits, float("nan"))) == float("inf")


def test_no_tolerance_however_wide_lets_a_missing_mask_pass(monkeypatch):
    workload = FullModel(small_plan(), torch.float32, CPU)
    workload.open_row(ROW)
    monkeypatch.setitem(truth_module.TOLERANCES, "float32", 10.0)
    truth = truths(workload, [1, 7])[-1]
    place = (workload.model, workload.plan.model, truth.ids, truth.tree, ROW.seq_len, workload.caches)
    assert truth.error(reference_logits(*place, blind=True)) > truth.tolerance


def test_eager_execution_is_checked_and_chosen():
    stage = Stage(ScriptedClock(EVEN), small_plan(attention_beside="eager"))
    checks = ModeChecks(stage.bench, ["eager"]).run()
    assert [(check.execution, check.attention, check.dropped) for check in checks] == [
        ("eager", "sdpa", None),
        ("eager", "eager", None),
    ]
    assert all(0 < check.error < 1e-5 for check in checks)
    assert choose_mode(stage.bench, checks) == "eager"
    assert stage.bench.beside == "eager"
    assert stage.bench.workload.row is None


def spoil(monkeypatch, mode, wrong):
    """Makes steps of one mode give other logits, and of all others their own."""
    real = mode_checks.prepared

    def prepared(bench, ran_as, step, **kwargs):
        if ran_as != mode:
            return real(bench, ran_as, step, **kwargs)
        made = Step(lambda: wrong(step))
        made.spoiled = True
        return made

    monkeypatch.setattr(mode_checks, "prepared", prepared)


def test_a_faster_mode_with_wrong_logits_is_not_used_and_that_is_said(monkeypatch):
    spoil(monkeypatch, "graph", lambda step: step.run() * 1.01)
    stage = Stage(FasterWhenWrong(EVEN), small_plan())
    checks = ModeChecks(stage.bench, ["eager", "graph"]).run()
    assert choose_mode(stage.bench, checks) == "eager"
    graph = checks[1]
    assert graph.error == pytest.approx(0.01, rel=0.01)
    notices = [event["text"] for event in stage.said("notice")]
    assert len(notices) == 1
    said = "execution graph with attention sdpa was dropped: its logits differ from float32 by 1.0e-02"
    assert said in notices[0]
    assert notices[0] == graph.why_dropped


def test_the_error_that_is_kept_is_that_nearest_to_its_tolerance(monkeypatch):
    truths = [
        Truth(torch.empty(0), [0], False, torch.full((4,), 100.0), tolerance)
        for tolerance in (0.1, 0.025)
    ]  # fmt: skip
    found = iter((torch.full((4,), 103.0), torch.full((4,), 102.0)))
    spoil(monkeypatch, "graph", lambda step: next(found))
    checks = ModeChecks(Stage(ScriptedClock(EVEN), small_plan()).bench, ["graph"])
    monkeypatch.setattr(checks, "_step", lambda *_: None)
    before = ModeCheck(execution="graph", attention="sdpa", tolerance=0.1)
    changed = checks._measured("graph", "sdpa", truths, before, timed=False)
    assert (changed["error"], changed["tolerance"]) == (pytest.approx(0.02), 0.025)


def test_a_short_row_of_the_largest_batch_is_checked_too():
    stage = Stage(ScriptedClock(EVEN), small_plan(batch_sizes=(1, 2, 3), seq_lens=(24, 200)))
    assert rows_to_check(stage.bench.workload) == [Row(1, 24), Row(3, 24), Row(1, 200)]


def test_the_fastest_of_the_right_modes_is_used(monkeypatch):
    spoil(monkeypatch, "graph", lambda step: step.run())
    stage = Stage(FasterWhenWrong(EVEN), small_plan())
    checks = ModeChecks(stage.bench, ["eager", "graph"]).run()
    assert [check.step_ms for check in checks] == [4.0, 2.0]
    assert choose_mode(stage.bench, checks) == "graph"


def test_a_mode_that_raises_is_dropped_with_its_first_line(monkeypatch):
    def fail(step):
        raise RuntimeError("cannot capture\nand much more")

    spoil(monkeypatch, "graph", fail)
    stage = Stage(FasterWhenWrong(EVEN))
    checks = ModeChecks(stage.bench, ["eager", "graph"]).run()
    assert checks[1].dropped == "RuntimeError: cannot capture"
    assert checks[1].error is None


def test_each_mode_is_named_before_it_is_tried(monkeypatch):
    spoil(monkeypatch, "graph", lambda step: step.run())
    stage = Stage(FasterWhenWrong(EVEN))
    ModeChecks(stage.bench, ["eager", "graph"]).run()
    assert [event["execution"] for event in stage.said("mode_tried")] == ["eager", "graph"]


def test_memory_that_does_not_hold_the_longest_row_costs_its_check_and_no_mode(monkeypatch):
    plan = small_plan(seq_lens=(24, 200))
    stage = Stage(ScriptedClock(EVEN), plan)
    monkeypatch.setattr(mode_checks.capacity, "free_bytes", lambda device: cell_bytes(plan, Cell(2, 200, 7)))
    (check,) = ModeChecks(stage.bench, ["eager"]).run()
    assert check.dropped is None
    (notice,) = stage.said("notice")
    assert "not checked at batch 2, seq_len 200: memory does not hold the check" in notice["text"]


def test_memory_that_ends_in_the_check_of_the_longest_row_drops_no_mode(monkeypatch):
    seen = []

    def fails_behind_the_long_prefix(step):
        seen.append(step)
        if stage.bench.workload.row.seq_len == 200:
            raise torch.OutOfMemoryError("no more")
        return step.run()

    spoil(monkeypatch, "eager", fails_behind_the_long_prefix)
    stage = Stage(ScriptedClock(EVEN), small_plan(seq_lens=(24, 200)))
    (check,) = ModeChecks(stage.bench, ["eager"]).run()
    assert (check.dropped, check.error) == (None, pytest.approx(0, abs=1e-5))
    assert len(seen) > 4


def test_the_most_candidates_are_checked_on_a_short_row():
    plan = small_plan(candidates=(1, 4, 7, 16))
    assert counts_to_check(plan, Row(2, 24)) == [1, 4, 16]
    assert counts_to_check(plan, Row(2, 4096)) == [1, 4]


def test_where_no_mode_is_right_nothing_is_measured(monkeypatch):
    spoil(monkeypatch, "eager", lambda step: torch.zeros_like(step.run()))
    stage = Stage(ScriptedClock(EVEN))
    with pytest.raises(EnvironmentProblem, match="attention sdpa gives no right logits here"):
        choose_mode(stage.bench, ModeChecks(stage.bench, ["eager"]).run())


def test_auto_on_a_cpu_tries_eager_and_where_there_is_a_compiler_compile(monkeypatch):
    plan = small_plan(execution="auto")
    monkeypatch.setattr(mode_checks, "compiler_missing", lambda device: None)
    assert modes_of(plan, CPU) == ["eager", "compile"]
    monkeypatch.setattr(mode_checks, "compiler_missing", lambda device: EnvironmentProblem("none", ""))
    assert modes_of(plan, CPU) == ["eager"]
    assert modes_of(small_plan(), CPU) == ["eager"]


@pytest.mark.parametrize("candidates", [7, 16])
def test_the_block_mask_of_flex_attention_is_the_tree_mask(candidates):
    """Uncompiled, which is all that a CPU can do of it."""
    tree, prefix = parents(candidates), 24
    mask = flex.block_mask(tree, prefix, CPU)
    random = torch.Generator().manual_seed(1)
    query = torch.randn(2, 4, candidates, 16, generator=random)
    key, value = (torch.randn(2, 2, prefix + candidates, 16, generator=random) for _ in range(2))
    found, _ = flex.flex_attention_forward(None, query, key, value, mask, scaling=0.25)
    dense = torch.zeros(1, 1, candidates, prefix + candidates)
    from specprof.measure.attention.tree_mask import tree_mask

    dense = tree_mask(tree, prefix, torch.float32, CPU)
    expected = torch.nn.functional.scaled_dot_product_attention(
        query, key, value, attn_mask=dense, scale=0.25, enable_gqa=True
    )
    assert torch.allclose(found.transpose(1, 2), expected, atol=1e-5)
    with pytest.raises(ValueError, match="tree mask"):
        flex.flex_attention_forward(None, query, key, value, None)
