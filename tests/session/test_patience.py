"""How long a child may be silent, and which cell is to blame where it dies. Rows are FAULTS.md's."""

from __future__ import annotations

import pytest

from specprof.plan.plan import Cell
from specprof.run import events as ev
from specprof.session.in_flight import InFlight
from specprof.session.patience import (
    BUILD_TIMEOUT_S,
    EXIT_TIMEOUT_S,
    ROW_TIMEOUT_S,
    SAMPLE_TIMEOUT_S,
    START_TIMEOUT_S,
    Patience,
)

from .stage import HEADER, PLAN, Stage
from .test_live import of, only, reduced
from .test_position import CPU

PLACE = {"batch_size": 1, "seq_len": 16}
BUILT = ev.ModelBuilt(build_s=1.0, weight_bytes=1, execution="eager")


def sample(candidates: int, measured_s: float) -> ev.SampleTaken:
    return ev.SampleTaken(**PLACE, candidates=candidates, round=0, measured_ms=1000 * measured_s)


def warm(candidates: int, *discarded_s: float) -> ev.WarmedUp:
    ms = [1000 * seconds for seconds in discarded_s]
    return ev.WarmedUp(**PLACE, candidates=candidates, discarded_ms=ms, settled=True)


def silence_after(*events: ev.EventModel, elapsed_s: float = 10_000.0) -> float:
    patience = Patience()
    for event in events:
        patience.follow(event, elapsed_s)
    return patience.silence_s


def test_each_stage_has_its_own_limit():
    assert silence_after() == START_TIMEOUT_S
    assert silence_after(ev.EnvironmentRead(environment=CPU)) == BUILD_TIMEOUT_S
    assert silence_after(ev.EnvironmentRead(environment=CPU), BUILT) == ROW_TIMEOUT_S
    assert silence_after(BUILT, sample(1, 0.5)) == SAMPLE_TIMEOUT_S
    for end in (ev.RunEnded(cells_finished=6), ev.Cancelled(reason="interrupted")):
        assert silence_after(BUILT, sample(1, 500.0), end, sample(1, 500.0)) == EXIT_TIMEOUT_S


def test_a_notice_changes_no_limit():
    notice = ev.Notice(level="info", text="")
    assert silence_after(BUILT, notice) == ROW_TIMEOUT_S
    assert silence_after(BUILT, sample(1, 20.0), notice) == 200.0


def test_the_slowest_step_so_far_counts_and_not_the_last_one_row_7():
    # K = 1 takes 7 s and the largest K 157 s: had the last one counted, K = 8 would be killed after 120 s
    assert silence_after(BUILT, sample(8, 157.0), sample(1, 7.0)) == pytest.approx(1570.0)


def test_what_was_discarded_teaches_too_but_shortens_nothing_row_7():
    assert silence_after(BUILT, warm(1, 7.0, 6.0)) == ROW_TIMEOUT_S
    assert silence_after(BUILT, warm(1, 7.0), warm(8, 157.0)) == pytest.approx(1570.0)
    assert silence_after(BUILT, warm(1, 7.0), warm(8, 157.0), sample(1, 7.0)) == pytest.approx(1570.0)


def test_a_pause_gives_the_limit_of_a_sample_row_7():
    assert silence_after(BUILT, sample(1, 20.0), ev.Paused(), ev.Continued()) == 200.0
    assert silence_after(BUILT, ev.Paused(), ev.Continued()) == SAMPLE_TIMEOUT_S


def test_no_step_took_longer_than_the_run_whatever_the_child_says():
    assert silence_after(BUILT, sample(1, 1e9), elapsed_s=30.0) == 300.0


# Whom to blame


def flying(device: str = "cpu") -> InFlight:
    plan = PLAN.model_copy(update={"device": device})
    return InFlight(reduced([HEADER.model_copy(update={"plan": plan})]))


@pytest.mark.parametrize(("device", "warmed"), [("cpu", [1, 8]), ("cuda", [1, 4, 8])])
def test_a_row_is_prepared_cell_by_cell_and_then_warmed_up_rows_1_and_16(device: str, warmed: list[int]):
    follower = flying(device)
    follower.follow(ev.RowStarted(**PLACE))
    blamed = []
    for k in (1, 4, 8):
        blamed.append(follower.blamed)
        follower.follow(ev.CellPrepared(**PLACE, candidates=k))
    for k in warmed:
        blamed.append(follower.blamed)
        follower.follow(warm(k, 0.1))
    assert blamed == [Cell(1, 16, k) for k in (1, 4, 8, *warmed)]
    assert follower.blamed is None


def test_a_cell_that_did_not_fit_is_neither_prepared_nor_warmed_up():
    follower = flying()
    follower.follow(ev.RowStarted(**PLACE))
    follower.follow(ev.CellFailed(**PLACE, candidates=8, verdict="not_run", reason="needs more"))
    follower.follow(ev.CellPrepared(**PLACE, candidates=1))
    # 4 is still to be prepared; then 1 and 4, which is the largest now, are warmed up
    assert follower.cells == [Cell(1, 16, 4), Cell(1, 16, 1), Cell(1, 16, 4)]


def test_a_cell_that_finished_before_the_pause_is_not_warmed_up_after_it():
    # the reduction knows nothing of it yet: the event is still in the queue
    follower = flying()
    follower.follow(ev.RowStarted(**PLACE))
    follower.follow(ev.CellFinished(**PLACE, candidates=8, stop_reason="target"))
    follower.follow(ev.Paused())
    assert follower.blamed is None
    follower.follow(ev.Continued())
    assert follower.cells == [Cell(1, 16, 1), Cell(1, 16, 4)]


@pytest.mark.parametrize("candidates", [1, 4, 8])
def test_a_child_killed_while_it_prepares_a_cell_fails_that_cell_rows_1_and_16(stage: Stage, candidates: int):
    # with CUDA graphs a kernel runs for the first time when it is captured
    stage.does((0, f"preparing {candidates}", "kill"))
    session = stage.session()
    seen = stage.play(session)
    assert only(ev.CellFailed, seen).cell == Cell(1, 16, candidates)
    assert only(ev.ChildLost, seen).restarted
    assert session.reduction.status() == "complete"
    assert len(of(ev.RowStarted, seen)) == 3
