"""A run that is paused: between rounds, as long as one likes, and nothing is lost whatever happens then."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable

import pytest

from specprof.plan.plan import Cell
from specprof.run import events as ev
from specprof.run.events import EventModel
from specprof.run.unfold import unfold
from specprof.session.live import LiveSession
from specprof.session.position import Position

from .stage import HEADER, PLAN, Stage
from .test_live import SAMPLES_PER_ROW, of, only, reduced

Do = Callable[[LiveSession], object]


def pausing(
    at_sample: int = 2, then: Do = lambda session: session.resume(), after_s: float = 0.0
) -> Callable[[EventModel, LiveSession], None]:
    """Pauses at the n-th sample; does `then` once the child has rested for `after_s`."""
    taken = 0

    def on(event: EventModel, session: LiveSession) -> None:
        nonlocal taken
        taken += isinstance(event, ev.SampleTaken)
        if isinstance(event, ev.SampleTaken) and taken == at_sample:
            session.pause()
        if isinstance(event, ev.Paused):
            asyncio.get_running_loop().call_later(after_s, then, session)

    return on


def check_complete(session: LiveSession, seen: list[EventModel]) -> None:
    assert session.reduction.status() == "complete"
    assert len(of(ev.SampleTaken, seen)) == 2 * SAMPLES_PER_ROW
    assert of(ev.CellFailed, seen) == of(ev.ChildLost, seen) == []


def test_a_paused_child_ends_its_round_and_rests_until_it_is_told_to_go_on(stage: Stage):
    session = stage.session()
    seen = stage.play(session, pausing(at_sample=2, after_s=0.1))
    check_complete(session, seen)
    at = seen.index(only(ev.Paused, seen))
    before = of(ev.SampleTaken, seen[:at])
    rounds = {event.round for event in before}
    assert len(before) == 3 * len(rounds), "whole rounds of K = 1, 4 and 8"
    resting = seen[at + 1 : seen.index(only(ev.Continued, seen))]
    assert {type(event) for event in resting} <= {ev.TelemetryTaken}
    # what comes next is a warm-up
    after = seen[seen.index(only(ev.Continued, seen)) + 1 :]
    told = [event for event in after if not isinstance(event, ev.TelemetryTaken)]
    assert isinstance(told[0], ev.WarmedUp)


def test_a_pause_is_asked_for_first_and_begun_later(stage: Stage):
    session = stage.session()
    position = Position(session.reduction)
    found: list[tuple[bool, bool, bool]] = []

    def look(event: EventModel, _: LiveSession) -> None:
        state = (session.paused, session.pausing, position.paused)
        if found[-1:] != [state]:
            found.append(state)
        on(event, session)

    on = pausing()
    stage.play(session, look)
    asked, resting = (True, True, False), (True, False, True)
    assert [state for state in found if state in (asked, resting)] == [asked, resting]
    assert found[0] == found[-1] == (False, False, False)


def test_to_pause_and_to_go_on_may_be_said_more_than_once(stage: Stage):
    def twice(session: LiveSession) -> None:
        session.pause()
        session.resume()
        session.resume()

    session = stage.session()
    seen = stage.play(session, pausing(then=twice))
    check_complete(session, seen)
    assert len(of(ev.Paused, seen)) == len(of(ev.Continued, seen)) == 1


def test_a_pause_may_be_asked_for_while_the_child_still_starts(stage: Stage):
    stage.does((0, "start", "sleep 0.2"))
    session = stage.session()
    seen = stage.play(session, lambda event, s: s.pause() if event is HEADER else on(event, s))
    check_complete(session, seen)
    at = seen.index(only(ev.Paused, seen))
    assert of(ev.SampleTaken, seen[:at]) == []


def on(event: EventModel, session: LiveSession) -> None:
    """Goes on at once."""
    if isinstance(event, ev.Paused):
        session.resume()


def test_a_pause_that_was_taken_back_in_time_never_begins(stage: Stage):
    stage.does((0, "start", "sleep 0.2"))

    def wavering(event: EventModel, session: LiveSession) -> None:
        if event is HEADER:
            session.pause()
            session.resume()
            session.pause()
            session.resume()

    session = stage.session()
    seen = stage.play(session, wavering)
    check_complete(session, seen)
    assert of(ev.Paused, seen) == []


def test_a_paused_child_may_be_silent_longer_than_a_measuring_one_row_7(stage: Stage):
    session = stage.session(sample_timeout_s=0.2)
    seen = stage.play(session, pausing(after_s=0.8))
    check_complete(session, seen)
    assert only(ev.Continued, seen).t_s - only(ev.Paused, seen).t_s > 0.5


def test_a_child_that_hangs_in_its_pause_is_killed_once_it_should_go_on_row_7(stage: Stage):
    stage.does((0, "paused", "hang"))
    session = stage.session(sample_timeout_s=0.3)
    seen = stage.play(session, pausing(after_s=0.6))
    lost = only(ev.ChildLost, seen)
    assert "timeout" in lost.reason
    assert lost.t_s - only(ev.Paused, seen).t_s > 0.8
    assert of(ev.CellFailed, seen) == []
    assert session.reduction.status() == "complete"


def test_a_paused_run_that_is_stopped_ends_soon_and_keeps_what_it_has_row_3(stage: Stage):
    session = stage.session()
    began = time.monotonic()
    seen = stage.play(session, pausing(then=lambda s: s.stop("SIGINT"), after_s=0.1))
    assert time.monotonic() - began < 4
    assert only(ev.Cancelled, seen).reason == "interrupted"
    record = session.reduction.record()
    assert record.status == "cancelled"
    assert sum(len(cell.measured_ms.samples) for cell in record.cells if cell.measured_ms) >= 3
    assert of(ev.CellFailed, seen) == []


def test_a_paused_run_may_be_stopped_hard(stage: Stage):
    session = stage.session()
    seen = stage.play(session, pausing(then=lambda s: s.hard_stop()))
    assert session.reduction.status() == "cancelled"
    assert of(ev.CellFailed, seen) == []


def test_a_paused_child_that_is_killed_costs_no_cell_and_the_next_one_pauses_too_row_1(stage: Stage):
    def kill_then_go_on(session: LiveSession) -> None:
        if len(stage.pids()) == 1:
            os.kill(stage.pids()[0], signal.SIGKILL)
        else:
            session.resume()

    # the round before the pause was left early
    left = 'say {"event":"round_started","batch_size":1,"seq_len":16,"round":0,"order":[1,4,8]}'
    stage.does((0, "round 1", left))
    session = stage.session()
    seen = stage.play(session, pausing(then=kill_then_go_on, after_s=0.1))
    assert only(ev.ChildLost, seen).restarted
    assert of(ev.CellFailed, seen) == []
    assert len(of(ev.Paused, seen)) == 2
    assert session.reduction.status() == "complete"


def test_a_child_killed_while_it_warms_up_after_a_pause_fails_the_cell_it_was_at(stage: Stage):
    stage.does((0, "warming 8 again", "kill"))
    session = stage.session()
    seen = stage.play(session, pausing())
    assert only(ev.CellFailed, seen).cell == Cell(1, 16, 8)
    assert session.reduction.status() == "complete"


def test_a_child_that_rests_though_nobody_asked_is_told_to_go_on(stage: Stage):
    stage.does((0, "round 1", 'say {"event":"paused"}'), (0, "round 2", "sleep 0.2"))
    session = stage.session()
    seen = stage.play(session)
    check_complete(session, seen)
    assert "wishes g" in stage.log()


def test_the_record_tells_of_the_pause_and_unfolds_into_it(stage: Stage):
    session = stage.session()
    seen = stage.play(session, pausing(after_s=0.2))
    (pause,) = session.reduction.record().pauses
    assert pause.until_s is not None
    assert (pause.t_s, pause.until_s) == (only(ev.Paused, seen).t_s, only(ev.Continued, seen).t_s)
    again = reduced(list(unfold(session.reduction.record())))
    assert again.record() == session.reduction.record()


@pytest.mark.parametrize("times", [1, 3])
def test_time_left_on_a_budget_stands_still_in_pauses(times: int):
    stopping = PLAN.stopping.model_copy(update={"budget_s": 80.0})
    header = HEADER.model_copy(update={"plan": PLAN.model_copy(update={"stopping": stopping})})
    # ten seconds of measuring, then so many pauses of ten seconds, and a last one of a hundred so far
    events: list[EventModel] = [header, ev.Paused(t_s=1.0), ev.Continued(t_s=4.0)]
    events += [ev.RowStarted(t_s=10.0, batch_size=1, seq_len=16)]
    for number in range(times):
        events += [ev.Paused(t_s=20.0 + 10 * number), ev.Continued(t_s=30.0 + 10 * number)]
    last_s = 20.0 + 10 * times
    events += [ev.Paused(t_s=last_s)]
    reduction = reduced([])
    position = Position(reduction)
    for event in events:
        reduction.apply(event)
        position.follow(event)
    assert position.paused
    assert position.left_s(last_s + 100) == pytest.approx(70.0)
