"""How a child may end at a moment when nobody thinks of it: before it measures, at a row's end, half gone."""

from __future__ import annotations

import time

from specprof.run import events as ev
from specprof.run.events import EventModel
from specprof.session import child as child_module
from specprof.session.lines import LATE_S
from specprof.session.live import LiveSession

from .stage import HEADER, Stage
from .test_live import SAMPLES_PER_ROW, of, only


def test_a_child_that_dies_between_finished_cells_costs_none_of_them_row_1(stage: Stage):
    # its last round was left early, with a sample of K = 1 to come
    started = 'say {"event":"round_started","batch_size":1,"seq_len":16,"round":9,"order":[1,4,8,1]}'
    stage.does((0, "round 4", started), (0, "warming 1 again", "kill"))
    session = stage.session()
    seen = stage.play(session)
    assert len(of(ev.CellFinished, seen[: seen.index(only(ev.ChildLost, seen))])) == 3
    # the next row had begun, and its first cell was warming up
    assert [(event.cell.seq_len, event.cell.candidates) for event in of(ev.CellFailed, seen)] == [(32, 1)]
    assert session.reduction.status() == "complete"


def test_a_child_that_dies_after_its_rows_last_cell_costs_none_row_1(stage: Stage):
    started = 'say {"event":"round_started","batch_size":1,"seq_len":16,"round":9,"order":[1,4,8,1]}'
    stage.does((0, "round 4", started), (0, "row", "kill"))
    session = stage.session()
    seen = stage.play(session)
    assert of(ev.CellFailed, seen) == []
    assert only(ev.ChildLost, seen).restarted
    assert session.reduction.status() == "complete"
    assert len(of(ev.SampleTaken, seen)) == 2 * SAMPLES_PER_ROW


def test_a_child_that_closes_its_pipe_and_does_not_end_is_killed_row_7(stage: Stage, monkeypatch):
    monkeypatch.setattr(child_module, "EXIT_TIMEOUT_S", 0.3)
    stage.does((0, "sample 5", "mute"))
    session = stage.session()
    seen = stage.play(session)
    assert "did not end" in only(ev.ChildLost, seen).reason
    assert session.reduction.status() == "complete"


def test_a_child_that_closes_its_pipe_when_all_is_done_does_not_hold_the_run_row_7(stage: Stage, monkeypatch):
    monkeypatch.setattr(child_module, "EXIT_TIMEOUT_S", 0.3)
    stage.does((0, "end", "mute"))
    session = stage.session()
    seen = stage.play(session)
    assert session.reduction.status() == "complete"
    assert of(ev.ChildLost, seen) == []


def test_a_run_stopped_before_its_child_starts_starts_none_row_3(stage: Stage):
    session = stage.session()
    session.stop("SIGTERM")
    seen = stage.play(session)
    assert only(ev.Cancelled, seen).reason == "SIGTERM"
    assert stage.pids() == []


def test_a_hard_stop_while_the_child_is_being_started_kills_it_row_3(stage: Stage):
    stage.does((0, "start", "deaf SIGINT SIGTERM"))
    session = stage.session()
    start = child_module.MeasuringChild.start

    async def stopped_meanwhile(child: child_module.MeasuringChild, job: object) -> None:
        session.stop("SIGINT")
        session.hard_stop()
        await start(child, job)
        stage.wait_for("hears nothing")

    child_module.MeasuringChild.start = stopped_meanwhile
    try:
        began = time.monotonic()
        stage.play(session)
        assert time.monotonic() - began < child_module.TERM_AFTER_S
    finally:
        child_module.MeasuringChild.start = start
    assert session.reduction.status() == "cancelled"


def test_a_session_that_was_itself_suspended_does_not_take_its_child_for_hung_rows_6_and_7(stage: Stage):
    asleep = False

    def sleep_once(event: EventModel, _: LiveSession) -> None:
        nonlocal asleep
        if isinstance(event, ev.SampleTaken) and event.round == 1 and not asleep:
            asleep = True
            time.sleep(LATE_S + 0.5)  # nothing of this process runs, and the child goes on

    stage.does((0, "sample 9", "sleep 0.2"))
    session = stage.session(sample_timeout_s=0.5)
    seen = stage.play(session, sleep_once)
    assert of(ev.ChildLost, seen) == []
    assert session.reduction.status() == "complete"


def test_a_run_is_stopped_by_its_header_and_its_stream_still_ends(stage: Stage):
    session = stage.session()
    seen = stage.play(session, lambda event, s: s.stop("SIGINT") if event is HEADER else None)
    assert seen == [HEADER, only(ev.Cancelled, seen)]
