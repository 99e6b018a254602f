"""The real measuring child, with a tiny model: stopped and continued in a sample, paused, stopped in a pause.

It imports torch, which takes seconds: one run answers all questions. Rows are FAULTS.md's.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from specprof.plan.plan import Cell
from specprof.plan.stopping import StoppingRule
from specprof.run import events as ev
from specprof.run.events import EventModel
from specprof.session.live import LiveSession
from specprof.session.position import Position

from .stage import HEADER, PLAN, Stage
from .test_live import of, only

SLOW = PLAN.model_copy(
    update={
        "seq_lens": (16,),
        "candidates": (1, 256),
        "stopping": StoppingRule(target_ci=1e-6, min_samples=2000, max_samples=2000),
    }
)
STOPPED_S = 0.5
STOPS = 20


def stop_and_continue(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)
    while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        time.sleep(0.002)
    time.sleep(STOPPED_S)
    os.kill(pid, signal.SIGCONT)


@dataclass
class Driver:
    """Lets the child measure, stops it until a stop has hit a sample, pauses it, and ends the run."""

    session: LiveSession
    position: Position
    rounds: int = 0
    stops: int = 0
    paused_states: list[bool] = field(default_factory=list)

    def on(self, event: EventModel, session: LiveSession) -> None:
        self.position.follow(event)
        hit = any(state.suspended_rounds for state in session.reduction.cells.values())
        self.rounds += isinstance(event, ev.RoundStarted)
        if isinstance(event, ev.RoundStarted) and self.rounds >= 3 and not hit and self.stops < STOPS:
            self.stops += 1
            assert session._child is not None
            assert session._child._process is not None
            stop_and_continue(session._child._process.pid)
        elif self.stops == STOPS and not hit:
            session.stop("no stop has hit a sample")
        elif hit and isinstance(event, ev.SampleTaken) and not session.paused and not self.paused_states:
            session.pause()
            self.paused_states.append(self.position.paused)
        loop = asyncio.get_running_loop()
        if isinstance(event, ev.Paused):
            self.paused_states.append(self.position.paused)
            again = len(self.paused_states) > 3
            loop.call_later(0.3, session.stop if again else session.resume, *["SIGINT"] * again)
        if isinstance(event, ev.Continued):
            self.paused_states.append(self.position.paused)
            session.pause()


@pytest.fixture(scope="module")
def driven(tmp_path_factory: pytest.TempPathFactory) -> tuple[Driver, list[EventModel]]:
    session = LiveSession(HEADER.model_copy(update={"plan": SLOW}))
    driver = Driver(session, Position(session.reduction))
    stage = Stage(tmp_path_factory.mktemp("stage"))
    return driver, stage.play(session, driver.on, within_s=180)


def test_a_sample_in_which_the_child_was_stopped_is_kept_and_marked_row_6(driven):
    driver, seen = driven
    marked = [event for event in of(ev.SampleTaken, seen) if event.suspended]
    assert marked, f"{driver.stops} stops hit no sample"
    # only what held a stop is marked
    assert all(event.measured_ms >= 1000 * STOPPED_S for event in marked), marked
    (first, *_) = marked
    state = driver.session.reduction.cells[first.cell]
    assert first.masked or first.measured_ms in state.plain.ms


def test_its_cell_is_invalid_and_the_others_are_not_row_6(driven):
    driver, seen = driven
    marked = {event.cell for event in of(ev.SampleTaken, seen) if event.suspended and not event.masked}
    record = driver.session.reduction.record()
    for cell in record.cells:
        assert (cell.verdict == "invalid") == (cell.cell in marked)
        assert cell.reasons[0].startswith("suspended while it was measured") == (cell.cell in marked)


def test_the_pause_came_between_two_rounds_and_the_row_was_warmed_up_after_it(driven):
    _, seen = driven
    at = seen.index(of(ev.Paused, seen)[0])
    begun = max(n for n, event in enumerate(seen[:at]) if isinstance(event, ev.RoundStarted))
    round_ = seen[begun]
    assert isinstance(round_, ev.RoundStarted)
    taken = [event.candidates for event in of(ev.SampleTaken, seen[begun:at]) if not event.masked]
    assert taken == round_.order
    went_on = seen.index(only(ev.Continued, seen))
    assert of(ev.SampleTaken, seen[at:went_on]) == []
    after = [event for event in seen[went_on + 1 :] if not isinstance(event, ev.TelemetryTaken)]
    assert [type(event) for event in after[:3]] == [ev.Notice, ev.WarmedUp, ev.WarmedUp]
    assert after[0].text.endswith(f"after round {round_.round} of batch 1, seq_len 16")
    assert of(ev.WarmedUp, after)[0].cell == Cell(1, 16, 1)


def test_stopped_in_its_second_pause_the_run_ends_at_once_and_keeps_what_it_has(driven):
    driver, seen = driven
    assert driver.paused_states == [False, True, False, True]
    cancelled = only(ev.Cancelled, seen)
    assert cancelled.reason == "interrupted"
    assert cancelled.t_s - of(ev.Paused, seen)[-1].t_s < 3
    record = driver.session.reduction.record()
    assert record.status == "cancelled"
    assert all(cell.measured_ms for cell in record.cells)
    assert [pause.until_s is not None for pause in record.pauses] == [True, True]
