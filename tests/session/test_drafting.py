"""A session whose plan has a drafter: a child that dies in a draft pass costs that and no cell."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from specprof.plan.drafter import drafter_from
from specprof.plan.plan import Cell, Row
from specprof.run import events as ev
from specprof.run.reduce import Reduction
from specprof.session.in_flight import InFlight
from specprof.session.live import LiveSession
from specprof.session.patience import Patience

from .stage import HEADER, PLAN, Stage
from .test_live import of, only

DRAFTER = drafter_from("eagle:5", lambda _: PLAN.model)
DRAFTED = HEADER.model_copy(update={"plan": PLAN.model_copy(update={"drafter": DRAFTER})})
PLACE = {"batch_size": 1, "seq_len": 16}
ROW = Row(**PLACE)


def said(event: str, **fields: object) -> str:
    return json.dumps({"event": event, **PLACE, **fields})


def session_of(stage: Stage, earlier: Reduction | None = None) -> LiveSession:
    script = str(Path(__file__).with_name("fake_child.py"))
    command = (sys.executable, "-S", script, str(stage.folder))
    return LiveSession(None if earlier else DRAFTED, earlier, command=command)


def flying() -> InFlight:
    reduction = Reduction()
    reduction.apply(DRAFTED)
    return InFlight(reduction)


def test_no_cell_is_to_blame_while_a_draft_pass_is_in_progress() -> None:
    follower = flying()
    follower.follow(ev.RoundStarted(**PLACE, round=0, order=[4, 1, 8]))
    follower.follow(ev.SampleTaken(**PLACE, candidates=4, round=0, measured_ms=1))
    follower.follow(ev.DraftStarted(**PLACE))
    assert (follower.drafting, follower.blamed) == (ROW, None)
    assert follower.lost == "the draft pass at batch 1, seq_len 16"
    follower.follow(ev.DraftSampleTaken(**PLACE, round=0, measured_ms=1))
    assert (follower.drafting, follower.blamed) == (None, Cell(1, 16, 1))
    assert follower.lost == str(Cell(1, 16, 1))


@pytest.mark.parametrize("moment", ["warmed", "sample 5"])
def test_a_child_killed_in_a_draft_pass_costs_the_rows_draft_and_no_cell(stage: Stage, moment: str) -> None:
    stage.does((0, moment, "kill after " + said("draft_started")))
    session = session_of(stage)
    seen = stage.play(session)
    failed = only(ev.DraftFailed, seen)
    assert (failed.row, failed.verdict) == (ROW, "failed")
    assert of(ev.CellFailed, seen) == []
    assert only(ev.ChildLost, seen).restarted
    assert "without the draft pass at batch 1, seq_len 16" in only(ev.Notice, seen).text
    assert stage.job(1)["without_draft"] == [list(ROW)]
    record = session.reduction.record()
    assert record.status == "complete"
    assert [draft.verdict for draft in record.drafts] == ["failed", "not_run"]


def test_a_run_that_goes_on_leaves_out_what_failed_and_begins_behind_the_rounds_of_drafts(
    stage: Stage,
) -> None:
    earlier = Reduction()
    earlier.apply(DRAFTED)
    earlier.apply(ev.SampleTaken(**PLACE, candidates=1, round=2, measured_ms=1))
    earlier.apply(ev.DraftSampleTaken(**PLACE, round=6, measured_ms=1))
    earlier.apply(ev.DraftFailed(batch_size=1, seq_len=32, verdict="oom", reason="out of memory"))
    stage.play(session_of(stage, earlier))
    assert stage.job(0)["without_draft"] == [[1, 32]]
    assert stage.job(0)["next_round"] == {"1x16": 7, "1x32": 0}


def test_what_a_child_says_of_a_drafter_that_nobody_asked_for_is_left_out(stage: Stage) -> None:
    stage.does((0, "sample 5", "say " + said("draft_sample", round=0, measured_ms=1.0)))
    session = stage.session()
    assert "does not have" in only(ev.Notice, stage.play(session)).text
    assert session.reduction.status() == "complete"


def test_a_slow_draft_pass_teaches_patience() -> None:
    patience = Patience()
    patience.follow(ev.DraftSampleTaken(**PLACE, round=0, measured_ms=30_000), elapsed_s=1000)
    assert patience.silence_s == 300
