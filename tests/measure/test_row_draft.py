"""The draft pass in the rounds of its row, with a scripted clock: where it is taken, and what it may cost."""

from __future__ import annotations

import pytest
import torch

from specprof.measure import capacity, workbench
from specprof.measure.bench import CancelledByUser
from specprof.measure.clock import Sample
from specprof.measure.row_draft import RowDraft
from specprof.measure.row_sweep import RowSweep
from specprof.measure.sweep import Sweep
from specprof.measure.workbench import open_drafter
from specprof.plan.drafter import drafter_from
from specprof.plan.plan import Row
from specprof.plan.refinement import Refinement
from specprof.plan.stopping import StoppingRule
from specprof.run import events as ev
from specprof.run.job import Job
from specprof.run.reduce import Reduction

from .conftest import small_plan
from .test_row_sweep import EVEN, ROW, Stage

OUT_OF_MEMORY = torch.OutOfMemoryError("tried to allocate 1 GiB")
DRAFT_MS = 5.0


class DraftClock:
    """K takes its own constant time, the draft pass 5 ms. `failing` raises at so many draft passes."""

    def __init__(self, failing=None):
        self.failing = failing or {}
        self.passes = 0

    def sample(self, step, *, with_head):
        output = step.run()
        if output.shape == (2, 10, 64):  # what EAGLE gives; logits have 256 columns
            self.passes += 1
            if self.passes in self.failing:
                raise self.failing[self.passes]
            assert not with_head
            return Sample(DRAFT_MS, None)
        total = EVEN.get(output.shape[1], 110.0)
        return Sample(total, total / 4 if with_head else None)


def draft_plan(text="eagle:5", **changes):
    fields = {"stopping": StoppingRule(target_ci=0.5), **changes}
    return small_plan(drafter=drafter_from(text, {}.get) if text else None, **fields)


def stage_with(plan=None, clock=None, rows=None, **options):
    """A stage whose drafter is built."""
    stage = Stage(clock or DraftClock(), plan or draft_plan(), **options)
    open_drafter(stage.bench, stage.plan.rows() if rows is None else rows)
    return stage


def kinds(events):
    return [event["event"] for event in events]


def test_every_round_holds_one_draft_pass_at_changing_places():
    stage = stage_with()
    sweep = RowSweep(stage.bench, ROW, set(), 0)
    assert sweep.open()
    stage.said()
    places = set()
    for number in range(8):
        sweep.measure_round()
        said = stage.said()
        (draft,) = [event for event in said if event["event"] == "draft_sample"]
        assert (draft["round"], draft["measured_ms"]) == (number, DRAFT_MS)
        assert (draft["batch_size"], draft["seq_len"]) == ROW
        assert kinds(said).count("draft_started") == 1
        assert said[said.index(draft) - 1]["event"] == "draft_started"
        assert sorted(said[0]["order"]) == [1, 7, 16]
        places.add([kind for kind in kinds(said) if kind.endswith("sample")].index("draft_sample"))
    assert len(places) > 1


def test_its_ratio_is_paired_with_that_of_k_1_in_the_same_rounds():
    stage = stage_with()
    Sweep(stage.bench, Job(plan=stage.plan, origin_s=0.0)).run()
    reduction = Reduction()
    reduction.apply(
        ev.RunStarted(schema_version=1, run_id="r", created_at="", specprof_version="", plan=stage.plan)
    )
    said = stage.said()
    for event in said:
        reduction.apply(ev.event_from(event))
    (draft,) = reduction.record().drafts
    assert draft.ratio.median == pytest.approx(DRAFT_MS / EVEN[1])
    assert draft.pass_ms.median == DRAFT_MS
    rounds = [event["round"] for event in said if event["event"] == "round_started"]
    assert draft.pass_ms.rounds == rounds
    assert len(draft.discarded_ms) == 6


def test_it_is_warmed_up_behind_the_cells():
    stage = stage_with()
    assert RowSweep(stage.bench, ROW, set(), 0).open()
    said = kinds(stage.said())
    assert said[-3:] == ["warmed_up", "draft_started", "draft_warmed_up"]


def test_without_a_drafter_a_run_says_and_does_what_it_did():
    heard = []
    for plan in (draft_plan(None), draft_plan()):
        stage = Stage(DraftClock(), plan)
        if plan.drafter is None:
            open_drafter(stage.bench, plan.rows())
            assert stage.bench.drafter is None
        sweep = RowSweep(stage.bench, ROW, set(), 0)
        sweep.open()
        for _ in range(5):
            sweep.measure_round()
        heard.append([{**event, "t_s": 0} for event in stage.said()])
    assert heard[0] == heard[1]


@pytest.mark.parametrize("at", [1, 7, 9])
def test_a_drafter_that_runs_out_of_memory_is_lost_and_nothing_else(at):
    # at 1 it is being warmed up, from 7 on it is timed
    stage = stage_with(clock=DraftClock({at: OUT_OF_MEMORY}))
    Sweep(stage.bench, Job(plan=stage.plan, origin_s=0.0)).run()
    said = stage.said()
    (failed,) = [event for event in said if event["event"] == "draft_failed"]
    assert (failed["verdict"], failed["reason"]) == ("oom", "out of memory: tried to allocate 1 GiB")
    assert kinds(said).count("draft_sample") == max(0, at - 7)
    assert [event["stop_reason"] for event in said if event["event"] == "cell_finished"] == ["target"] * 3
    assert "cell_failed" not in kinds(said)


def test_a_row_that_lost_it_goes_without_and_the_next_one_has_it():
    plan = draft_plan(seq_lens=(24, 32))
    stage = stage_with(plan, DraftClock({1: OUT_OF_MEMORY}))
    Sweep(stage.bench, Job(plan=plan, origin_s=0.0)).run()
    said = stage.said()
    assert [event["seq_len"] for event in said if event["event"] == "draft_failed"] == [24]
    assert {event["seq_len"] for event in said if event["event"] == "draft_sample"} == {32}


@pytest.mark.parametrize(
    ("problem", "verdict"),
    [(RuntimeError("operation not permitted when stream is capturing"), "failed"), (MemoryError(), "oom")],
)
def test_a_pass_that_cannot_be_built_is_said_and_the_row_goes_on(monkeypatch, problem, verdict):
    stage = stage_with()

    def refuse(row):
        raise problem

    monkeypatch.setattr(stage.bench.drafter, "open_row", refuse)
    Sweep(stage.bench, Job(plan=stage.plan, origin_s=0.0)).run()
    said = stage.said()
    (failed,) = [event for event in said if event["event"] == "draft_failed"]
    assert failed["verdict"] == verdict
    assert kinds(said).count("cell_finished") == 3


def test_a_pass_that_is_predicted_not_to_fit_is_not_tried(monkeypatch):
    stage = stage_with()
    draft = RowDraft(stage.bench, ROW)
    monkeypatch.setattr(capacity, "free_bytes", lambda _: 1000)
    draft.open()
    assert not draft.ready
    (failed,) = stage.said()
    assert failed["verdict"] == "not_run"
    assert failed["reason"].endswith("1000 B free")


@pytest.mark.parametrize("verdict", ["not_run", "oom"])
def test_a_drafter_that_does_not_fit_is_lost_to_the_rows_still_to_come(monkeypatch, verdict):
    plan = draft_plan(seq_lens=(24, 32, 40))
    if verdict == "not_run":
        monkeypatch.setattr(capacity, "free_bytes", lambda _: 1000)
    else:

        def refuse(*_):
            raise OUT_OF_MEMORY

        monkeypatch.setattr(workbench, "build_drafter", refuse)
    stage = stage_with(plan, rows=[Row(2, 32), Row(2, 40)])
    assert stage.bench.drafter is None
    said = stage.said()
    assert [(event["verdict"], event["seq_len"]) for event in said] == [(verdict, 32), (verdict, 40)]


def test_a_child_that_goes_on_drafts_for_rows_with_cells_left_that_have_not_lost_it():
    plan = draft_plan(seq_lens=(24, 32, 40))
    ended = [cell for cell in plan.cells() if cell.seq_len == 32 or cell.candidates == 7]
    job = Job(plan=plan, origin_s=0.0, ended=ended, without_draft=[Row(2, 40)])
    assert job.rows_to_draft() == [Row(2, 24)]


def test_a_row_that_lost_it_before_is_not_tried_again():
    stage = stage_with()
    stage.bench.without_draft = {ROW}
    Sweep(stage.bench, Job(plan=stage.plan, origin_s=0.0)).run()
    assert not [kind for kind in kinds(stage.said()) if kind.startswith("draft")]


def test_refinement_takes_no_draft_passes():
    plan = draft_plan(candidates=(1, 16), refinement=Refinement(most_added=1))
    stage = stage_with(plan)
    Sweep(stage.bench, Job(plan=plan, origin_s=0.0)).run()
    said = stage.said()
    added = kinds(said).index("candidates_added")
    assert "draft_sample" in kinds(said[:added])
    assert "draft_sample" not in kinds(said[added:])


def test_a_cancel_is_heeded_before_a_draft_pass():
    asked = False
    stage = stage_with(cancelled=lambda: asked)
    draft = RowDraft(stage.bench, ROW)
    draft.open()
    asked = True
    with pytest.raises(CancelledByUser):
        draft.take(0)


def test_a_suspended_pass_is_marked(monkeypatch):
    stage = stage_with()
    draft = RowDraft(stage.bench, ROW)
    draft.open()
    monkeypatch.setattr(type(stage.bench.suspension), "since", lambda *_: True)
    stage.said()
    draft.take(3)
    assert [event.get("suspended") for event in stage.said()] == [None, True]


def test_layers_are_sliced_and_the_pass_is_not():
    shape = small_plan().model.model_copy(update={"layers_measured": 2})
    stage = stage_with(draft_plan(model=shape))
    sweep = RowSweep(stage.bench, ROW, set(), 0)
    sweep.open()
    sweep.measure_round()
    (draft,) = stage.said("draft_sample")
    assert draft["measured_ms"] == DRAFT_MS
    assert "head_ms" not in draft
