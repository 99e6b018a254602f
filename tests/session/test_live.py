"""A live session: the stream of a measuring child that runs, stops, dies, hangs and talks nonsense.

The child is a real process (fake_child.py) that says what the measuring one says. Rows are FAULTS.md's.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from typing import TypeVar

import pytest

from specprof.plan.plan import Cell
from specprof.run import events as ev
from specprof.run.events import EventModel
from specprof.run.reduce import Reduction
from specprof.session import child as child_module
from specprof.session import live, patience
from specprof.session.live import LiveSession

from .stage import HEADER, PLAN, Stage

_Event = TypeVar("_Event", bound=EventModel)

CELLS = PLAN.cells()
SAMPLES_PER_ROW = 4 * 3


def of(kind: type[_Event], seen: list[EventModel]) -> list[_Event]:
    return [event for event in seen if isinstance(event, kind)]


def only(kind: type[_Event], seen: list[EventModel]) -> _Event:
    (event,) = of(kind, seen)
    return event


def reduced(seen: list[EventModel]) -> Reduction:
    reduction = Reduction()
    for event in seen:
        reduction.apply(event)
    return reduction


def samples_of(cell: Cell, seen: list[EventModel]) -> list[float]:
    return [event.measured_ms for event in of(ev.SampleTaken, seen) if event.cell == cell]


# A run without a fault


def test_a_run_begins_with_its_header_and_ends_complete(stage: Stage):
    session = stage.session()
    seen = stage.play(session)
    assert seen[0] == HEADER
    assert len(of(ev.SampleTaken, seen)) == 2 * SAMPLES_PER_ROW
    assert only(ev.RunEnded, seen).cells_finished == len(CELLS)
    assert session.reduction.status() == "complete"
    assert of(ev.ChildLost, seen) == of(ev.Notice, seen) == []


def test_the_sessions_reduction_is_that_of_what_it_streamed(stage: Stage):
    session = stage.session()
    applied_before_it_comes: list[bool] = []

    def look(event: EventModel, live_session: LiveSession) -> None:
        if isinstance(event, ev.SampleTaken):
            series = live_session.reduction.cells[event.cell].plain
            applied_before_it_comes.append(series.ms[-1] == event.measured_ms)

    seen = stage.play(session, look)
    assert all(applied_before_it_comes)
    assert reduced(seen).record() == session.reduction.record()


def test_the_child_is_given_the_whole_plan_and_the_runs_clock(stage: Stage):
    session = stage.session()
    stage.play(session)
    job = stage.job(0)
    assert job["plan"] == PLAN.model_dump(mode="json")
    assert job["origin_s"] == session.origin_s
    assert job["ended"] == []


def test_times_count_from_the_runs_start_and_the_host_is_watched_meanwhile(stage: Stage):
    stage.does((0, "sample 5", "sleep 0.8"))
    began = time.monotonic()
    seen = stage.play()
    took_s = time.monotonic() - began
    samples = of(ev.SampleTaken, seen)
    assert [event.t_s for event in samples] == sorted(event.t_s for event in samples)
    assert 0.8 < samples[-1].t_s < took_s
    assert only(ev.TelemetryOpened, seen).telemetry.source == "host"
    readings = of(ev.TelemetryTaken, seen)
    assert readings
    assert all(0 < event.t_s < took_s for event in readings)


def test_what_the_child_says_after_the_end_is_not_lost(stage: Stage):
    stage.does((0, "end", "trail"))
    assert only(ev.Notice, stage.play()).text == "said after the end"


def test_a_session_either_begins_a_run_or_goes_on_with_one():
    with pytest.raises(ValueError, match="either"):
        LiveSession(None)
    with pytest.raises(ValueError, match="either"):
        LiveSession(HEADER, Reduction())


def test_the_child_has_its_own_group_no_terminal_and_an_empty_stdin(stage: Stage):
    found: dict[str, object] = {}

    def look(event: EventModel, _: LiveSession) -> None:
        if isinstance(event, ev.EnvironmentRead):
            pid = stage.pids()[0]
            found["group"] = os.getpgid(pid) == os.getsid(pid) == pid
            found["stdin"] = os.readlink(f"/proc/{pid}/fd/0")
            found["stdout"] = os.path.samefile(f"/proc/{pid}/fd/1", "/proc/self/fd/1")

    stage.does((0, "environment", "sleep 0.2"))
    stage.play(on=look)
    assert found == {"group": True, "stdin": "/dev/null", "stdout": False}


# Nonsense on the pipe


@pytest.mark.parametrize("deed", ["garbage", "long"])
def test_nonsense_on_the_pipe_is_left_out_and_said_once(stage: Stage, deed: str):
    stage.does((0, "sample 3", deed), (0, "sample 7", deed))
    session = stage.session()
    seen = stage.play(session)
    notice = only(ev.Notice, seen)
    assert notice.level == "warning"
    assert "left out" in notice.text
    assert len(of(ev.SampleTaken, seen)) == 2 * SAMPLES_PER_ROW
    assert session.reduction.status() == "complete"


def test_a_line_that_was_cut_off_is_no_event_and_its_cell_has_failed(stage: Stage):
    stage.does((0, "sample 5", "torn"))
    seen = stage.play()
    assert "cut off" in of(ev.Notice, seen)[0].text
    lost = only(ev.ChildLost, seen)
    assert "status 0" in lost.reason
    assert lost.restarted
    assert only(ev.CellFailed, seen).cell == Cell(1, 16, 8)


# A child that dies (row 1)


def test_a_child_killed_in_a_round_fails_its_cell_and_the_sweep_goes_on_row_1(stage: Stage):
    # rounds take the orders 1 4 8, 4 8 1, 8 1 4, …: sample 5 is the second of round 1
    stage.does((0, "sample 5", "kill"))
    session = stage.session()
    seen = stage.play(session)
    failed = only(ev.CellFailed, seen)
    assert failed.cell == Cell(1, 16, 8)
    assert failed.verdict == "failed"
    assert "signal 9" in failed.reason
    assert only(ev.ChildLost, seen).restarted
    assert "started again without batch 1, seq_len 16, 8 candidates" in of(ev.Notice, seen)[0].text
    assert session.reduction.status() == "complete"
    record = session.reduction.record()
    verdicts = {cell.cell: cell.verdict for cell in record.cells}
    assert [cell for cell, verdict in verdicts.items() if verdict == "failed"] == [Cell(1, 16, 8)]
    assert len(stage.pids()) == 2


def test_the_next_child_leaves_the_failed_cell_alone_and_numbers_its_rounds_anew(stage: Stage):
    stage.does((0, "sample 8", "kill"))
    seen = stage.play()
    job = stage.job(1)
    failed = only(ev.CellFailed, seen).cell
    assert job["ended"] == [list(failed)]
    assert job["next_round"] == {"1x16": 3, "1x32": 0}
    rounds = [event.round for event in of(ev.RoundStarted, seen) if event.row == (1, 16)]
    assert rounds == [0, 1, 2, 3, 4, 5, 6]


def test_samples_taken_before_a_kill_are_kept(stage: Stage):
    stage.does((0, "sample 5", "kill"))
    session = stage.session()
    seen = stage.play(session)
    for cell in CELLS:
        kept = session.reduction.cells[cell].plain.ms
        assert kept == samples_of(cell, seen)
    # two of the first child (K = 4), then four rounds of the second
    assert len(samples_of(Cell(1, 16, 4), seen)) == 2 + 4
    assert len(samples_of(Cell(1, 16, 8), seen)) == 1


def test_a_finished_row_is_not_measured_again_after_a_kill(stage: Stage):
    stage.does((0, f"sample {SAMPLES_PER_ROW + 2}", "kill"))
    session = stage.session()
    seen = stage.play(session)
    assert [event.row.seq_len for event in of(ev.RowStarted, seen)] == [16, 32, 32]
    assert len(samples_of(Cell(1, 16, 4), seen)) == 4
    assert session.reduction.status() == "complete"


def test_a_child_killed_between_rounds_costs_no_cell(stage: Stage):
    stage.does((0, "round 2", "kill"))
    session = stage.session()
    seen = stage.play(session)
    assert of(ev.CellFailed, seen) == []
    assert only(ev.ChildLost, seen).restarted
    assert session.reduction.status() == "complete"
    assert {cell.verdict for cell in session.reduction.record().cells} <= {"valid", "warn"}


@pytest.mark.parametrize("candidates", [1, 8])
def test_a_child_killed_while_a_cell_warms_up_fails_that_cell(stage: Stage, candidates: int):
    stage.does((0, f"warming {candidates}", "kill"))
    session = stage.session()
    seen = stage.play(session)
    assert only(ev.CellFailed, seen).cell == Cell(1, 16, candidates)
    assert session.reduction.status() == "complete"


def test_a_child_that_dies_before_it_measures_ends_the_run_with_its_last_words(stage: Stage):
    stage.does((0, "environment", "exit 7"))
    session = stage.session()
    seen = stage.play(session)
    lost = only(ev.ChildLost, seen)
    assert not lost.restarted
    assert lost.reason == "the measuring child ended with status 7: ValueError: the last word"
    fatal = only(ev.Fatal, seen)
    assert fatal.exit_code == 3
    assert "before it measured" in fatal.what
    assert seen[-1] == fatal
    assert session.reduction.status() == "failed"
    assert len(stage.pids()) == 1


def test_a_mode_whose_check_kills_the_child_is_left_out_by_the_next_one(stage: Stage):
    stage.does((0, "trying compile", "exit 7"))
    session = stage.session()
    seen = stage.play(session)
    assert session.reduction.status() == "complete"
    assert stage.job(0)["without_modes"] == []
    assert stage.job(1)["without_modes"] == ["compile"]
    said = [event.text for event in seen if isinstance(event, ev.Notice)]
    assert "the measuring child was started again without execution compile" in said


def test_the_next_child_is_told_how_the_one_before_executed(stage: Stage):
    stage.does((0, "sample 5", "exit 7"))
    stage.play()
    assert stage.job(0)["built"] is None
    assert stage.job(1)["built"]["execution"] == "eager"


def test_a_child_that_cannot_be_imported_ends_the_run_with_its_last_words(stage: Stage):
    stage.does((0, "start", "exit 1"))
    seen = stage.play()
    assert only(ev.Fatal, seen).exit_code == 3
    assert "the last word" in only(ev.ChildLost, seen).reason


def test_a_child_that_dies_again_and_again_is_given_up_and_what_was_finished_is_kept(stage: Stage):
    stage.does((0, f"sample {SAMPLES_PER_ROW + 1}", "kill"), *((n, "sample 1", "kill") for n in range(1, 9)))
    session = stage.session()
    seen = stage.play(session)
    assert len(stage.pids()) == live.MAX_RESTARTS + 1
    assert [event.restarted for event in of(ev.ChildLost, seen)] == [True] * live.MAX_RESTARTS + [False]
    assert only(ev.Fatal, seen).exit_code == 1
    assert session.reduction.status() == "failed"
    assert all(session.reduction.cells[Cell(1, 16, k)].measured for k in PLAN.candidates)


def test_what_the_child_itself_calls_fatal_ends_the_run_and_starts_no_other(stage: Stage):
    stage.does((0, "environment", "fatal"))
    session = stage.session()
    seen = stage.play(session)
    fatal = only(ev.Fatal, seen)
    assert (fatal.exit_code, fatal.what, fatal.remedy) == (3, "no memory", "buy some")
    assert of(ev.ChildLost, seen) == []
    assert session.reduction.status() == "failed"
    assert len(stage.pids()) == 1


def test_a_command_that_cannot_be_started_is_an_error_and_hangs_nobody(stage: Stage):
    session = LiveSession(HEADER, command=("/nonexistent/python",))
    with pytest.raises(FileNotFoundError):
        stage.play(session)


# A child that hangs (row 7)


def test_a_child_that_hangs_in_a_sample_is_killed_and_the_sweep_goes_on_row_7(stage: Stage):
    stage.does((0, "sample 5", "hang"))
    session = stage.session(sample_timeout_s=0.4)
    seen = stage.play(session)
    failed = only(ev.CellFailed, seen)
    assert failed.cell == Cell(1, 16, 8)
    assert "timeout" in failed.reason
    assert session.reduction.status() == "complete"


def test_a_sample_may_take_ten_times_as_long_as_the_one_before(stage: Stage):
    # a sample says 10 ms here, so 100 ms are allowed: more than the timeout given
    stage.does((0, "sample 5", "sleep 0.06"))
    assert of(ev.ChildLost, stage.play(stage.session(sample_timeout_s=0.04))) == []


@pytest.mark.parametrize(
    ("moment", "limit"),
    [("start", "START_TIMEOUT_S"), ("environment", "BUILD_TIMEOUT_S"), ("built", "ROW_TIMEOUT_S")],
)
def test_a_child_that_hangs_before_it_measures_ends_the_run(stage: Stage, monkeypatch, moment, limit):
    stage.does((0, moment, "hang"))
    monkeypatch.setattr(patience, limit, 0.5)
    seen = stage.play(stage.session(sample_timeout_s=0.1))
    assert "timeout" in only(ev.ChildLost, seen).reason
    assert only(ev.Fatal, seen).exit_code == 3


def test_a_child_that_hangs_after_its_end_does_not_spoil_the_run(stage: Stage, monkeypatch):
    stage.does((0, "end", "hang"))
    monkeypatch.setattr(patience, "EXIT_TIMEOUT_S", 0.3)
    session = stage.session()
    seen = stage.play(session)
    assert session.reduction.status() == "complete"
    assert of(ev.ChildLost, seen) == []
    assert len(stage.pids()) == 1


# A run that is stopped (rows 3 and 4)


def stop_at_sample(number: int, reason: str = "SIGINT", **options: float):
    """Stops the session when its n-th sample comes."""
    taken = 0

    def on(event: EventModel, session: LiveSession) -> None:
        nonlocal taken
        taken += isinstance(event, ev.SampleTaken)
        if isinstance(event, ev.SampleTaken) and taken == number:
            session.stop(reason, **options)

    return on


def test_a_stopped_child_sees_sigint_finishes_its_sample_and_the_run_is_cancelled_row_3(stage: Stage):
    session = stage.session()
    seen = stage.play(session, stop_at_sample(7))
    assert stage.log().count("SIGINT") == 1
    assert only(ev.Cancelled, seen).reason == "interrupted"
    assert session.reduction.status() == "cancelled"
    assert of(ev.CellFailed, seen) == of(ev.ChildLost, seen) == []
    # it went on until it saw the signal, and no further
    assert 7 <= len(of(ev.SampleTaken, seen)) < 2 * SAMPLES_PER_ROW
    assert seen[-1] == only(ev.Cancelled, seen)


@pytest.mark.parametrize(
    ("deaf_to", "noted"),
    [("SIGINT", ["ignored 2"]), ("SIGINT SIGTERM", ["ignored 2", "ignored 15"])],
    ids=["to SIGINT", "to SIGTERM too"],
)
def test_a_deaf_child_is_killed_and_the_run_is_cancelled(stage: Stage, monkeypatch, deaf_to, noted):
    monkeypatch.setattr(child_module, "KILL_AFTER_S", 0.3)
    stage.does((0, "sample 7", f"deaf {deaf_to}"))
    stop = stop_at_sample(6, "SIGTERM", term_after_s=0.4)

    def stop_when_deaf(event: EventModel, session: LiveSession) -> None:
        if isinstance(event, ev.SampleTaken) and (event.round, event.candidates) == (1, 1):
            stage.wait_for("hears nothing")
        stop(event, session)

    began = time.monotonic()
    seen = stage.play(on=stop_when_deaf)
    assert time.monotonic() - began < 5
    assert only(ev.Cancelled, seen).reason == "SIGTERM"
    assert [line for line in stage.log() if line.startswith("ignored")] == noted
    assert of(ev.CellFailed, seen) == []


def test_a_run_stopped_while_the_child_starts_ends_soon(stage: Stage):
    stage.does((0, "start", "sleep 0.5"))
    session = stage.session()
    began = time.monotonic()
    seen = stage.play(session, lambda event, s: s.stop("SIGINT") if event is HEADER else None)
    assert time.monotonic() - began < 4
    assert of(ev.SampleTaken, seen) == []
    assert session.reduction.status() == "cancelled"


def test_a_run_stopped_between_two_children_does_not_go_on(stage: Stage):
    stage.does((0, "sample 5", "kill"))

    def on(event: EventModel, session: LiveSession) -> None:
        if isinstance(event, ev.ChildLost):
            session.stop("SIGINT")

    session = stage.session()
    began = time.monotonic()
    seen = stage.play(session, on)
    assert time.monotonic() - began < 4
    assert session.reduction.status() == "cancelled"
    assert len(of(ev.SampleTaken, seen)) < SAMPLES_PER_ROW


def test_a_hard_stop_kills_the_child_at_once_and_the_run_is_cancelled_row_3(stage: Stage):
    def on(event: EventModel, session: LiveSession) -> None:
        if isinstance(event, ev.SampleTaken) and (event.round, event.candidates) == (1, 8):
            stage.wait_for("hears nothing")
            session.stop("SIGINT")
            session.hard_stop()

    stage.does((0, "sample 6", "deaf SIGINT SIGTERM"))
    session = stage.session()
    began = time.monotonic()
    stage.play(session, on)
    assert time.monotonic() - began < 2
    assert session.reduction.status() == "cancelled"


# A reader that leaves


async def _leave_at_first_sample(session: LiveSession) -> None:
    async with contextlib.aclosing(session.events()) as stream:
        async for event in stream:
            if isinstance(event, ev.SampleTaken):
                return


def test_closing_the_stream_early_leaves_no_orphan(stage: Stage):
    stage.does((0, "sample 2", "deaf SIGINT SIGTERM"))
    asyncio.run(asyncio.wait_for(_leave_at_first_sample(stage.session()), 10))
    stage.check_nobody_is_left()
    assert len(stage.pids()) == 1


def test_cancelling_the_reader_leaves_no_orphan(stage: Stage):
    stage.does((0, "sample 2", "hang"))

    async def read_until_cancelled() -> None:
        seen = asyncio.create_task(_read(stage.session()))
        while not any("hang" in line for line in stage.log()):
            await asyncio.sleep(0.02)
        seen.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await seen

    asyncio.run(asyncio.wait_for(read_until_cancelled(), 10))
    stage.check_nobody_is_left()


async def _read(session: LiveSession) -> None:
    async with contextlib.aclosing(session.events()) as stream:
        async for _ in stream:
            pass


def test_a_reader_that_raises_leaves_no_orphan(stage: Stage):
    def fail(event: EventModel, _: LiveSession) -> None:
        if isinstance(event, ev.SampleTaken):
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        stage.play(on=fail)
    stage.check_nobody_is_left()


def test_a_reader_far_behind_may_leave_all_the_same(stage: Stage):
    session = stage.session()
    session._queue = asyncio.Queue(maxsize=2)

    async def read_slowly() -> None:
        async with contextlib.aclosing(session.events()) as stream:
            async for event in stream:
                if isinstance(event, ev.SampleTaken):
                    await asyncio.sleep(0.3)
                    return

    asyncio.run(asyncio.wait_for(read_slowly(), 10))
    stage.check_nobody_is_left()


def test_a_reader_far_behind_gets_every_event(stage: Stage):
    session = stage.session()
    session._queue = asyncio.Queue(maxsize=2)
    seen = stage.play(session, lambda *_: time.sleep(0.002))
    assert len(of(ev.SampleTaken, seen)) == 2 * SAMPLES_PER_ROW
    assert session.reduction.status() == "complete"


# A run that goes on


def stopped_run(stage: Stage) -> Reduction:
    """The reduction of a run that was stopped in its second row."""
    seen = stage.play(on=stop_at_sample(SAMPLES_PER_ROW + 2))
    (stage.folder / "log").unlink()
    reduction = reduced(seen)
    assert reduction.status() == "cancelled"
    return reduction


def test_a_resumed_run_goes_on_where_it_stopped_and_is_complete(stage: Stage):
    earlier = stopped_run(stage)
    kept = {cell: list(state.plain.ms) for cell, state in earlier.cells.items()}
    session = stage.session(earlier)
    seen = stage.play(session)
    assert isinstance(seen[0], ev.Resumed)
    assert [event.row.seq_len for event in of(ev.RowStarted, seen)] == [32]
    assert session.reduction.status() == "complete"
    for cell, before in kept.items():
        assert session.reduction.cells[cell].plain.ms == before + samples_of(cell, seen)
    assert only(ev.RunEnded, seen).cells_finished == len(CELLS)


def test_a_resumed_run_never_reuses_a_round(stage: Stage):
    earlier = stopped_run(stage)
    used = max(earlier.cells[Cell(1, 32, k)].plain.rounds[-1] for k in (1, 4))
    seen = stage.play(stage.session(earlier))
    assert min(event.round for event in of(ev.SampleTaken, seen)) == used + 1
    assert stage.job(0)["next_round"] == {"1x16": 4, "1x32": used + 1}


def test_time_goes_on_where_the_earlier_process_left_it(stage: Stage):
    earlier = stopped_run(stage)
    left_at_s = earlier.last_t_s
    time.sleep(0.3)  # between two processes no run time passes
    seen = stage.play(stage.session(earlier))
    assert seen[0].t_s == pytest.approx(left_at_s, abs=0.1)
    assert min(event.t_s for event in seen) >= left_at_s
    spoken = [event.t_s for event in of(ev.SampleTaken, seen)]
    assert spoken == sorted(spoken)
    starts = earlier.cells[Cell(1, 32, 1)].plain.at_s
    assert starts == sorted(starts)


# The parent's own end (row 2): the real child's part is tested in tests/cli


def test_a_killed_child_is_fetched_and_leaves_no_zombie(stage: Stage):
    stage.does((0, "sample 5", "kill"))
    stage.play()
    for pid in stage.pids():
        with pytest.raises(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def test_a_child_killed_from_outside_is_noticed_within_a_moment_row_1(stage: Stage):
    stage.does((0, "sample 5", "hang"))
    killed_at = 0.0

    def on(event: EventModel, _: LiveSession) -> None:
        nonlocal killed_at
        if isinstance(event, ev.SampleTaken) and not killed_at and event.round == 1:
            killed_at = time.monotonic()
            stage.wait_for("hang at sample 5")
            os.kill(stage.pids()[0], signal.SIGKILL)
        if isinstance(event, ev.ChildLost):
            assert time.monotonic() - killed_at < 1

    assert len(of(ev.ChildLost, stage.play(on=on))) == 1
