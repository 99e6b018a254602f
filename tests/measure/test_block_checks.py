"""The published block's modes are held to eager execution, and to no attention."""

from __future__ import annotations

import torch

from specprof.measure.choose_mode import choose_mode
from specprof.measure.mode_checks import BlockChecks
from specprof.measure.paper_block import PaperBlock

from .conftest import small_plan
from .test_mode_checks import CPU, FasterWhenWrong, spoil
from .test_row_sweep import EVEN, Stage


def stage() -> Stage:
    made = Stage(FasterWhenWrong(EVEN), small_plan(workload="paper-block"))
    made.bench.workload = PaperBlock(made.plan, torch.float32, CPU)
    return made


def test_a_replay_that_differs_is_dropped(monkeypatch):
    spoil(monkeypatch, "graph", lambda step: step.run() * 1.01)
    staged = stage()
    checks = BlockChecks(staged.bench, ["eager", "graph"]).run()
    assert [check.attention for check in checks] == [None, None]
    assert checks[0].error is None
    assert "differ from eager execution by 1.0e-02" in checks[1].dropped
    assert choose_mode(staged.bench, checks) == "eager"


def test_the_faster_of_two_that_agree_is_used(monkeypatch):
    spoil(monkeypatch, "graph", lambda step: step.run())
    staged = stage()
    checks = BlockChecks(staged.bench, ["eager", "graph"]).run()
    assert checks[1].error == 0
    assert choose_mode(staged.bench, checks) == "graph"


def test_nothing_is_left_open():
    staged = stage()
    assert BlockChecks(staged.bench, ["eager"]).run()[0].dropped is None
    assert staged.bench.workload._row is None
