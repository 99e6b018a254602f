"""A second attention in the same rounds, and the profiles that come after all samples."""

from __future__ import annotations

import torch

from specprof.measure import capacity, profile_pass
from specprof.measure.profile.recording import ProfileFailed
from specprof.measure.row_sweep import RowSweep
from specprof.measure.sweep import Sweep
from specprof.plan.memory import cell_bytes
from specprof.plan.plan import Cell
from specprof.run.job import Job

from .conftest import small_plan
from .test_row_sweep import EVEN, ROW, ScriptedClock, Stage


def swept(**changes):
    plan = small_plan(**changes)
    stage = Stage(ScriptedClock(EVEN), plan)
    stage.bench.beside = plan.attention_beside
    Sweep(stage.bench, Job(plan=plan, origin_s=0.0)).run()
    return stage.said()


def test_every_round_holds_each_count_under_both_attentions():
    stage = Stage(ScriptedClock(EVEN), small_plan(attention_beside="eager"))
    stage.bench.beside = "eager"
    sweep = RowSweep(stage.bench, ROW, set(), 0)
    assert sweep.open()
    for _ in range(3):
        sweep.measure_round()
    samples = [event for event in stage.said("sample") if not event["masked"]]
    for number in range(3):
        here = [event for event in samples if event["round"] == number]
        own = sorted(event["candidates"] for event in here if event["attention"] is None)
        # a busy machine takes K = 1 several times a round
        assert sorted(set(own)) == [1, 7, 16]
        assert own == sorted(event["candidates"] for event in here if event["attention"] == "eager")


def test_without_a_second_attention_no_sample_names_one():
    assert all(event["attention"] is None for event in swept() if event["event"] == "sample")


def test_the_second_attention_really_runs():
    stage = Stage(ScriptedClock(EVEN), small_plan(attention_beside="eager"))
    stage.bench.beside = "eager"
    sweep = RowSweep(stage.bench, ROW, set(), 0)
    assert sweep.open()
    model = stage.bench.workload.model
    sweep.cells.active[7].beside.run()
    assert model.config._attn_implementation == "eager"
    sweep.cells.active[7].step.run()
    assert model.config._attn_implementation == "sdpa"


def test_each_measured_cell_is_profiled_once_and_after_the_last_sample():
    events = swept(breakdown=True)
    kinds = [event["event"] for event in events]
    profiled = [event["candidates"] for event in events if event["event"] == "cell_profiled"]
    assert profiled == [1, 7, 16]
    last_sample = len(kinds) - 1 - kinds[::-1].index("sample")
    assert kinds.index("cell_profiled") > last_sample
    assert all(event["breakdown"]["linear_ms"] > 0 for event in events if event["event"] == "cell_profiled")
    assert "cell_profiled" not in [event["event"] for event in swept()]


def test_a_profiler_that_does_not_work_costs_the_breakdown_only(monkeypatch):
    def fails(*_, **__):
        raise ProfileFailed("no profiler here")

    monkeypatch.setattr(profile_pass, "profile_step", fails)
    events = swept(breakdown=True)
    assert [e["text"] for e in events if e["event"] == "notice"] == ["no breakdown: no profiler here"]
    assert {e["candidates"] for e in events if e["event"] == "cell_finished"} == {1, 7, 16}


def test_cells_measured_before_are_profiled_too():
    plan = small_plan(breakdown=True)
    ended = [Cell(*row, k) for row in plan.rows() for k in plan.candidates]
    stage = Stage(ScriptedClock(EVEN), plan)
    Sweep(stage.bench, Job(plan=plan, origin_s=0.0, ended=ended, unprofiled=ended[1:])).run()
    assert [event["candidates"] for event in stage.said("cell_profiled")] == [7, 16]
    assert stage.said("sample") == []


class NoMemoryFor(ScriptedClock):
    """Memory ends for what runs in one attention."""

    def __init__(self, times_ms, attention):
        super().__init__(times_ms)
        self.attention, self.model = attention, None

    def sample(self, step, *, with_head):
        taken = super().sample(step, with_head=with_head)
        if self.model.config._attn_implementation == self.attention:
            raise torch.OutOfMemoryError("no more")
        return taken


def test_a_second_attention_without_memory_costs_no_cell():
    clock = NoMemoryFor(EVEN, "eager")
    stage = Stage(clock, small_plan(attention_beside="eager"))
    stage.bench.beside, clock.model = "eager", stage.bench.workload.model
    sweep = RowSweep(stage.bench, ROW, set(), 0)
    assert sweep.open()
    for _ in range(2):
        sweep.measure_round()
    assert stage.said("cell_failed") == []
    assert sorted(sweep.cells.active) == [1, 7, 16]
    assert all(measured.beside is None for measured in sweep.cells.active.values())


def test_a_second_attention_that_will_not_fit_is_not_tried(monkeypatch):
    plan = small_plan(attention_beside="eager")
    stage = Stage(ScriptedClock(EVEN), plan)
    stage.bench.beside = "eager"
    free = cell_bytes(plan, Cell(*ROW, 16), "eager") - 1
    monkeypatch.setattr(capacity, "free_bytes", lambda device: free)
    sweep = RowSweep(stage.bench, ROW, set(), 0)
    assert sweep.open()
    assert sweep.cells.active[7].beside is not None
    assert sweep.cells.active[16].beside is None
    assert ["without attention eager: predicted not to fit" in e["text"] for e in stage.said("notice")] == [
        True
    ]
