"""The rounds of one row, with a scripted clock: nothing is timed, everything about order is checked."""

from __future__ import annotations

import itertools
import json
import os
import tempfile
import time

import pytest
import torch

from specprof.measure import capacity
from specprof.measure.bench import Bench, CancelledByUser
from specprof.measure.clock import Sample
from specprof.measure.row_sweep import RowSweep
from specprof.measure.speaker import ParentGone, Speaker
from specprof.measure.sweep import Sweep
from specprof.measure.verify_step import FullModel
from specprof.plan.plan import Cell, Row
from specprof.plan.stopping import StoppingRule
from specprof.run.job import Job

from .conftest import small_plan

CPU = torch.device("cpu")
ROW = Row(2, 24)


class ScriptedClock:
    """Gives K its own constant time, ms; raises what it is told for a K."""

    def __init__(self, times_ms, failing=None, seconds_per_sample=0.0):
        self.times_ms, self.failing, self.seconds = times_ms, failing or {}, seconds_per_sample
        self.wobble = itertools.cycle([1.0, 1.001, 0.999])

    def sample(self, step, *, with_head):
        candidates = step.run().shape[1]
        if candidates in self.failing:
            raise self.failing[candidates]
        time.sleep(self.seconds)
        total = self.times_ms[candidates] * next(self.wobble)
        return Sample(total, total / 4 if with_head else None)


class Stage:
    """A bench on the CPU whose events can be read back."""

    def __init__(self, clock, plan=None, cancelled=lambda: False):
        # a pipe would be full after a few hundred of them
        self._events = tempfile.TemporaryFile()  # noqa: SIM115
        self._heard = 0
        self.plan = plan or small_plan()
        speaker = Speaker(self._events.fileno(), time.monotonic())
        self.bench = Bench(
            self.plan, FullModel(self.plan, torch.float32, CPU), CPU, clock, speaker, None, cancelled
        )

    def said(self, kind=None):
        """What was said since it was last asked."""
        data = os.pread(self._events.fileno(), 1 << 26, self._heard)
        self._heard += len(data)
        events = [json.loads(line) for line in data.splitlines()]
        return [event for event in events if kind is None or event["event"] == kind]


EVEN = {1: 100.0, 7: 100.0, 16: 120.0}
STEEP = {1: 10.0, 7: 300.0, 16: 900.0}


def test_every_round_holds_every_candidate_count_once_in_changing_order():
    stage = Stage(ScriptedClock(EVEN))
    sweep = RowSweep(stage.bench, ROW, set(), 0)
    assert sweep.open()
    for _ in range(8):
        sweep.measure_round()
    orders = [event["order"] for event in stage.said("round_started")]
    assert all(sorted(order) == [1, 7, 16] for order in orders)
    assert len({tuple(order) for order in orders}) > 1


def test_the_order_of_a_round_depends_on_seed_and_round_only():
    orders = []
    for first_round in (0, 3):
        stage = Stage(ScriptedClock(EVEN))
        sweep = RowSweep(stage.bench, ROW, set(), first_round)
        assert sweep.open()
        for _ in range(6 - first_round):
            sweep.measure_round()
        orders.append({event["round"]: event["order"] for event in stage.said("round_started")})
    assert orders[1] == {number: orders[0][number] for number in (3, 4, 5)}


def test_a_cheap_baseline_is_sampled_more_often_and_a_dear_one_once():
    for times, most in ((EVEN, 1), (STEEP, 5)):
        stage = Stage(ScriptedClock(times, seconds_per_sample=0.0))
        sweep = RowSweep(stage.bench, ROW, set(), 0)
        assert sweep.open()
        sweep.measure_round()
        sweep.round_s = sum(times.values()) / 1e3
        sweep.measure_round()
        order = stage.said("round_started")[-1]["order"]
        assert order.count(1) == (most if times is STEEP else 1), order


def test_one_candidate_is_measured_plain_and_masked_in_every_round():
    stage = Stage(ScriptedClock(EVEN))
    sweep = RowSweep(stage.bench, ROW, set(), 0)
    sweep.open()
    sweep.measure_round()
    ones = [event["masked"] for event in stage.said("sample") if event["candidates"] == 1]
    assert sorted(ones) == [False, True]


def test_sliced_layers_come_with_their_head_and_full_depth_without():
    for measured, has_head in ((3, False), (2, True)):
        shape = small_plan().model.model_copy(update={"layers_measured": measured})
        stage = Stage(ScriptedClock(EVEN), small_plan(model=shape))
        sweep = RowSweep(stage.bench, ROW, set(), 0)
        sweep.open()
        sweep.measure_round()
        plain = [event for event in stage.said("sample") if not event["masked"]]
        assert all((event["head_ms"] is not None) == has_head for event in plain)


def test_cells_stop_at_the_target_and_the_baseline_last():
    stage = Stage(ScriptedClock(EVEN))
    Sweep(stage.bench, Job(plan=stage.plan, origin_s=0.0)).run()
    finished = stage.said("cell_finished")
    assert [event["stop_reason"] for event in finished] == ["target"] * 3
    assert finished[-1]["candidates"] == 1


def test_every_cell_is_said_to_be_prepared_before_any_is_warmed_up():
    stage = Stage(ScriptedClock(EVEN))
    assert RowSweep(stage.bench, ROW, set(), 0).open()
    said = [(event["event"], event.get("candidates")) for event in stage.said()]
    assert said[:4] == [("row_started", None), *(("cell_prepared", k) for k in (1, 7, 16))]
    assert said[4] == ("warmed_up", 1)


def test_a_cell_that_runs_out_of_memory_is_said_and_the_others_go_on():
    stage = Stage(ScriptedClock(EVEN, {16: torch.OutOfMemoryError("tried to allocate 1 GiB")}))
    Sweep(stage.bench, Job(plan=stage.plan, origin_s=0.0)).run()
    events = stage.said()
    failed = [event for event in events if event["event"] == "cell_failed"]
    assert [(event["candidates"], event["verdict"]) for event in failed] == [(16, "oom")]
    assert {event["candidates"] for event in events if event["event"] == "cell_finished"} == {1, 7}


def test_a_row_whose_baseline_cannot_be_measured_is_given_up():
    stage = Stage(ScriptedClock(EVEN, {1: torch.OutOfMemoryError("no")}))
    Sweep(stage.bench, Job(plan=stage.plan, origin_s=0.0)).run()
    failed = {event["candidates"]: event["verdict"] for event in stage.said("cell_failed")}
    assert failed == {1: "oom", 7: "not_run", 16: "not_run"}


def test_another_error_is_not_taken_for_memory():
    stage = Stage(ScriptedClock(EVEN, {16: RuntimeError("CUDA error: an illegal memory access")}))
    with pytest.raises(RuntimeError, match="illegal"):
        Sweep(stage.bench, Job(plan=stage.plan, origin_s=0.0)).run()


def test_a_cell_predicted_not_to_fit_is_never_tried(monkeypatch):
    real = capacity.why_not
    monkeypatch.setattr(
        capacity,
        "why_not",
        lambda plan, cell, device: "needs more" if cell.candidates == 16 else real(plan, cell, device),
    )
    stage = Stage(ScriptedClock(EVEN, {16: AssertionError("it was tried")}))
    Sweep(stage.bench, Job(plan=stage.plan, origin_s=0.0)).run()
    failed = stage.said("cell_failed")
    assert [(event["candidates"], event["verdict"]) for event in failed] == [(16, "not_run")]


def test_ended_cells_are_left_alone_but_the_baseline_is_measured_with_the_rest():
    stage = Stage(ScriptedClock(EVEN))
    ended = [Cell(*ROW, 1), Cell(*ROW, 7)]
    Sweep(stage.bench, Job(plan=stage.plan, origin_s=0.0, ended=ended, next_round={"2x24": 9})).run()
    samples = [event for event in stage.said("sample") if not event["masked"]]
    assert {event["candidates"] for event in samples} == {1, 16}
    assert min(event["round"] for event in samples) == 9


def test_the_longest_lengths_are_dropped_where_the_budget_is_too_small_for_all():
    rule = StoppingRule(target_ci=0.5, budget_s=1.0, min_rounds=5, drop_rows=True)
    plan = small_plan(seq_lens=(24, 32, 40, 48), stopping=rule)
    stage = Stage(ScriptedClock(EVEN, seconds_per_sample=0.02), plan)
    Sweep(stage.bench, Job(plan=plan, origin_s=0.0)).run()
    events = stage.said()
    dropped = [event for event in events if event["event"] == "rows_dropped"]
    assert len(dropped) == 1
    lengths = [row[1] for row in dropped[0]["rows"]]
    assert lengths == [24, 32, 40, 48][-len(lengths) :]
    assert 24 not in lengths
    notice = next(event for event in events if event["event"] == "notice")
    assert str(lengths[-1]) in notice["text"]


def test_a_grid_that_was_asked_for_is_never_cut():
    rule = StoppingRule(target_ci=0.5, budget_s=0.3, drop_rows=False)
    plan = small_plan(seq_lens=(24, 32, 40), stopping=rule)
    stage = Stage(ScriptedClock(EVEN, seconds_per_sample=0.02), plan)
    Sweep(stage.bench, Job(plan=plan, origin_s=0.0)).run()
    events = stage.said()
    assert not [event for event in events if event["event"] == "rows_dropped"]
    assert {event["seq_len"] for event in events if event["event"] == "cell_finished"} == {24, 32, 40}


def test_the_budget_ends_the_run_near_its_time():
    rule = StoppingRule(target_ci=0.0001, budget_s=0.6, min_samples=1000, max_samples=2000)
    stage = Stage(ScriptedClock(EVEN, seconds_per_sample=0.01), small_plan(stopping=rule))
    started = time.monotonic()
    Sweep(stage.bench, Job(plan=stage.plan, origin_s=0.0)).run()
    # a busy machine is given its time: without its budget the row would go on for 1000 rounds, 30 s at least
    assert 0.4 < time.monotonic() - started < 15
    assert {event["stop_reason"] for event in stage.said("cell_finished")} == {"budget"}


def test_a_cancel_is_heeded_between_two_samples():
    asked = iter([False] * 20 + [True] * 100)
    stage = Stage(ScriptedClock(EVEN), cancelled=lambda: next(asked))
    with pytest.raises(CancelledByUser):
        Sweep(stage.bench, Job(plan=stage.plan, origin_s=0.0)).run()


def test_warm_up_is_recorded_and_none_of_it_is_kept():
    stage = Stage(ScriptedClock(EVEN))
    sweep = RowSweep(stage.bench, ROW, set(), 0)
    sweep.open()
    warm = {event["candidates"]: event for event in stage.said("warmed_up")}
    assert warm[1]["settled"]
    assert len(warm[1]["discarded_ms"]) == 6
    assert len(warm[16]["discarded_ms"]) == 1
    assert not sweep.cells.active[1].ms


def test_a_child_nobody_listens_to_ends():
    stage = Stage(ScriptedClock(EVEN))
    read_end, write_end = os.pipe()
    stage.bench.speaker = Speaker(write_end, time.monotonic())
    os.close(read_end)
    with pytest.raises(ParentGone):
        Sweep(stage.bench, Job(plan=stage.plan, origin_s=0.0)).run()
