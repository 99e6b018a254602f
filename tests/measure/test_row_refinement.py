"""Refinement of a row with a scripted clock: which counts are added, and in which rounds they are taken."""

from __future__ import annotations

import pytest
import torch

from specprof.measure import capacity
from specprof.measure.bench import CancelledByUser
from specprof.measure.sweep import Sweep
from specprof.plan.plan import Cell
from specprof.plan.refinement import Added, Refinement
from specprof.plan.stopping import StoppingRule
from specprof.run.job import Job
from specprof.run.statistics import Estimate

from .conftest import small_plan
from .test_row_sweep import ROW, ScriptedClock, Stage

GRID = (1, 8, 24, 40)
RULE = StoppingRule(target_ci=0.5, min_time_s=0.0, min_samples=3, min_rounds=3)


class Steps(dict):
    """Flat at 100 ms, 60 more from each edge on."""

    def __init__(self, *edges):
        self.edges = edges

    def __missing__(self, candidates):
        return 100.0 + 60.0 * sum(candidates > edge for edge in self.edges)


def plan_of(**changes):
    return small_plan(**{"candidates": GRID, "stopping": RULE, "refinement": Refinement(), **changes})


def run(clock, plan, **job):
    stage = Stage(clock, plan)
    ended = Sweep(stage.bench, Job(plan=plan, origin_s=0.0, **job)).run()
    return ended, stage.said()


def added_in(events):
    return [k for event in events if event["event"] == "candidates_added" for k in event["candidates"]]


def of(kind, events):
    return [event for event in events if event["event"] == kind]


def test_a_grid_that_is_not_to_be_refined_is_all_that_is_measured():
    _, events = run(ScriptedClock(Steps(29)), plan_of(refinement=None))
    assert not added_in(events)
    assert {event["candidates"] for event in of("sample", events)} == set(GRID)


def test_the_cliff_is_measured_on_both_sides():
    ended, events = run(ScriptedClock(Steps(29)), plan_of())
    counts = added_in(events)
    assert {29, 30} <= set(counts)
    finished = {event["candidates"] for event in of("cell_finished", events)}
    assert finished == {*GRID, *counts}
    assert ended == len(GRID) + len(counts)


def test_a_new_count_is_measured_in_rounds_with_k_1_and_its_neighbours():
    _, events = run(ScriptedClock(Steps(29)), plan_of())
    first = next(i for i, event in enumerate(events) if event["event"] == "candidates_added")
    assert [event["event"] for event in events[first : first + 3]] == [
        "candidates_added",
        "cell_prepared",
        "warmed_up",
    ]
    new = events[first]["candidates"][0]
    rounds = []
    for event in events[first + 1 :]:
        if event["event"] == "candidates_added":
            break
        if event["event"] == "round_started":
            rounds.append(set(event["order"]))
    assert all(order == {1, 24, new, 40} for order in rounds)
    assert len(rounds) == RULE.min_samples  # the stopping rule of every cell


def test_rounds_go_on_being_counted_and_the_masked_diagnostic_is_left_out():
    _, events = run(ScriptedClock(Steps(29)), plan_of())
    numbers = [event["round"] for event in of("round_started", events)]
    assert numbers == list(range(len(numbers)))
    first = next(i for i, event in enumerate(events) if event["event"] == "candidates_added")
    assert any(event["masked"] for event in of("sample", events[:first]))
    assert not any(event["masked"] for event in of("sample", events[first:]))


def test_a_count_that_runs_out_of_memory_ends_its_gap_and_the_others_stand():
    failing = {k: torch.OutOfMemoryError("no") for k in range(25, 40)}
    _, events = run(ScriptedClock(Steps(29), failing), plan_of())
    failed = of("cell_failed", events)
    assert [event["verdict"] for event in failed] == ["oom"]
    assert 24 < failed[0]["candidates"] < 40
    assert set(GRID) <= {event["candidates"] for event in of("cell_finished", events)}


def test_a_neighbour_that_fails_when_it_is_measured_again_keeps_its_result():
    class Later(ScriptedClock):
        begun = False

        def sample(self, step, *, with_head):
            candidates = step.run().shape[1]
            self.begun = self.begun or candidates not in GRID
            if self.begun and candidates == 40:
                raise torch.OutOfMemoryError("fragmented")
            return super().sample(step, with_head=with_head)

    _, events = run(Later(Steps(29)), plan_of())
    assert not of("cell_failed", events)
    assert any("its result stands" in event["text"] for event in of("notice", events))
    assert {29, 30} <= set(added_in(events))


def test_a_count_predicted_not_to_fit_is_said_and_never_tried(monkeypatch):
    real = capacity.why_not
    monkeypatch.setattr(
        capacity,
        "why_not",
        lambda plan, cell, device: (
            real(plan, cell, device) if cell.candidates in GRID else "predicted not to fit: needs more"
        ),
    )
    _, events = run(ScriptedClock(Steps(29), {32: AssertionError("it was tried")}), plan_of())
    failed = of("cell_failed", events)
    assert failed
    assert {event["verdict"] for event in failed} == {"not_run"}
    assert {event["candidates"] for event in failed} == set(added_in(events))


def test_nothing_is_added_that_its_seconds_do_not_reach_for():
    """Three rounds of a new count and its neighbours take more than a second here: half of one is there."""
    rule = RULE.model_copy(update={"budget_s": 600.0})
    for seconds, some in ((0.5, False), (500.0, True)):
        stage = Stage(ScriptedClock(Steps(29)), plan_of(stopping=rule))
        sweep, now_s = Sweep(stage.bench, Job(plan=stage.plan, origin_s=0.0)), stage.bench.pause.now_s
        ends = now_s() + 100, now_s() + seconds
        sweep._deadlines = lambda rows_after, ends=ends: ends
        sweep.run()
        assert bool(added_in(stage.said())) is some


def test_the_budget_holds_for_grid_and_refinement_together():
    rule = StoppingRule(target_ci=0.5, min_time_s=0.0, budget_s=80.0)
    plan = plan_of(seq_lens=(24, 32, 40, 48), stopping=rule, refinement=Refinement(budget_s=20.0))
    stage = Stage(ScriptedClock(Steps()), plan)
    now = [1000.0]
    stage.bench.pause.now_s = lambda: now[0]
    sweep = Sweep(stage.bench, Job(plan=plan, origin_s=0.0))
    assert sweep._deadlines(3) == (1015.0, 1020.0)
    now[0] = 1008.0  # what one row leaves goes to all that follow
    assert sweep._deadlines(2) == pytest.approx((1008 + 24 - 20 / 3, 1032))


def test_a_cancel_is_heeded_while_a_count_is_added():
    clock = ScriptedClock(Steps(29))
    stage = Stage(clock, plan_of())
    stage.bench.cancelled = lambda: stage.bench.plan.added != ()
    with pytest.raises(CancelledByUser):
        Sweep(stage.bench, Job(plan=stage.plan, origin_s=0.0)).run()


def test_a_child_that_goes_on_refines_rows_that_were_measured_before_it():
    plan = plan_of().with_added(Added(batch_size=2, seq_len=24, candidates=32))
    ended = [Cell(*ROW, k) for k in plan.counts(ROW)]
    latencies = Steps(29)
    known = [
        (cell, Estimate(*(latencies[cell.candidates] / 100 * part for part in (1, 0.99, 1.01))))
        for cell in ended
    ]
    _, events = run(ScriptedClock(latencies), plan, ended=ended, known=known, next_round={"2x24": 70})
    counts = added_in(events)
    assert counts[0] in range(25, 32)  # the cliff's gap is 24 to 32 by now
    assert {29, 30} <= set(counts)
    assert 32 not in counts
    rounds = [event["round"] for event in of("round_started", events)]
    assert rounds[0] == 70


def test_a_row_with_nothing_to_refine_is_not_opened_again():
    plan = plan_of(candidates=(1, 2))
    ended = [Cell(*ROW, 1), Cell(*ROW, 2)]
    known = [(cell, Estimate(1.0, 1.0, 1.0)) for cell in ended]
    stage = Stage(ScriptedClock(Steps()), plan)
    assert Sweep(stage.bench, Job(plan=plan, origin_s=0.0, ended=ended, known=known)).run() == 2
    assert stage.said() == []
