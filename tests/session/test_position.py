"""Where a live run stands: what the progress line and the screen say."""

from __future__ import annotations

import pytest

from specprof.plan.plan import Cell, Row
from specprof.run import events as ev
from specprof.run.environment import Device, Environment
from specprof.run.reduce import Reduction
from specprof.run.telemetry import TelemetrySample
from specprof.session.position import PHASES, Position

from .stage import HEADER, PLAN, Stage

CPU = Environment(
    host="h", os="o", python="p", torch="t", transformers="f", device=Device(kind="cpu", name="CPU")
)


class Run:
    """A reduction with a position beside it."""

    def __init__(self, header: ev.RunStarted = HEADER) -> None:
        self.reduction = Reduction()
        self.position = Position(self.reduction)
        self.take(header)

    def take(self, *events: ev.EventModel) -> None:
        for event in events:
            self.reduction.apply(event)
            self.position.follow(event)

    def sample(self, cell: Cell, ms: float, *, round_number: int = 0, masked: bool = False) -> None:
        self.take(ev.SampleTaken(**cell._asdict(), round=round_number, measured_ms=ms, masked=masked))

    def finish(self, row: Row) -> None:
        for k in PLAN.candidates:
            cell = Cell(*row, k)
            self.sample(cell, 1.0)
            self.take(ev.CellFinished(**cell._asdict(), stop_reason="target"))


def with_budget(budget_s: float) -> ev.RunStarted:
    stopping = PLAN.stopping.model_copy(update={"budget_s": budget_s})
    return HEADER.model_copy(update={"plan": PLAN.model_copy(update={"stopping": stopping})})


def test_a_run_goes_through_its_phases_in_order(stage: Stage):
    session = stage.session()
    position = Position(session.reduction)
    phases: list[str] = []

    def look(event: ev.EventModel, _: object) -> None:
        position.follow(event)
        if phases[-1:] != [position.phase]:
            phases.append(position.phase)

    stage.play(session, look)
    assert tuple(phases) == PHASES


def test_the_current_cell_is_that_of_the_last_sample_and_not_of_its_masked_form():
    run = Run()
    run.sample(Cell(1, 16, 4), 2.0)
    run.sample(Cell(1, 16, 4), 4.0, round_number=1)
    run.sample(Cell(1, 16, 1), 9.0, masked=True)
    assert run.position.cell == Cell(1, 16, 4)
    assert run.position.samples == 2
    latency = run.position.latency_ms()
    assert latency is not None
    assert latency.median == pytest.approx(3.0)


def test_before_the_first_sample_nothing_is_known():
    run = Run()
    assert run.position.cell is None
    assert run.position.samples == 0
    assert run.position.latency_ms() is None
    assert run.position.achieved_ci() is None
    assert run.position.left_s(0.0) is None


def test_the_interval_shown_is_the_widest_of_the_row():
    run = Run()
    run.take(ev.RowStarted(batch_size=1, seq_len=16))
    for number, ms in enumerate((10.0, 10.0, 10.0)):
        run.sample(Cell(1, 16, 1), ms, round_number=number)
    for number, ms in enumerate((10.0, 20.0, 30.0)):
        run.sample(Cell(1, 16, 4), ms, round_number=number)
    achieved = run.position.achieved_ci()
    assert achieved is not None
    assert achieved == pytest.approx(run.reduction.latency(Cell(1, 16, 4)).relative_half_width)
    assert achieved > 0.1


def test_a_single_sample_has_no_interval():
    run = Run()
    run.take(ev.RowStarted(batch_size=1, seq_len=16))
    run.sample(Cell(1, 16, 1), 10.0)
    assert run.position.achieved_ci() is None


def test_on_a_budget_the_time_left_is_what_the_budget_has_left():
    run = Run(with_budget(80))
    run.take(ev.RowStarted(t_s=10.0, batch_size=1, seq_len=16))
    assert run.position.left_s(40.0) == pytest.approx(50.0)
    assert run.position.left_s(1000.0) == 0.0


def test_without_a_budget_the_time_left_follows_from_the_rows_done():
    run = Run()
    run.take(ev.RowStarted(t_s=10.0, batch_size=1, seq_len=16))
    assert run.position.left_s(20.0) is None
    run.finish(Row(1, 16))
    assert run.position.left_s(40.0) == pytest.approx(30.0)
    assert (run.position.cells_done, run.position.cells_total) == (3, 6)


def test_nothing_is_left_once_every_cell_is_done():
    run = Run(with_budget(80))
    run.take(ev.RowStarted(t_s=10.0, batch_size=1, seq_len=16))
    run.finish(Row(1, 16))
    run.finish(Row(1, 32))
    assert run.position.left_s(20.0) == 0.0


def test_a_dropped_row_takes_no_time_in_the_estimate():
    run = Run()
    run.take(ev.RowStarted(t_s=0.0, batch_size=1, seq_len=16))
    run.take(ev.RowsDropped(rows=[Row(1, 32)], reason="budget"))
    assert run.position.left_s(10.0) is None
    run.finish(Row(1, 16))
    assert run.position.left_s(10.0) == 0.0


def test_the_gpus_utilisation_goes_before_the_hosts():
    run = Run()
    host = TelemetrySample(t_s=1.0, source="host", utilization_pct=30.0)
    gpu = TelemetrySample(t_s=1.0, source="nvml", utilization_pct=90.0)
    run.take(ev.TelemetryTaken(sample=host))
    assert (run.position.utilisation_pct, run.position.utilisation_of) == (30.0, "host CPU")
    run.take(ev.TelemetryTaken(sample=gpu), ev.TelemetryTaken(sample=host))
    assert (run.position.utilisation_pct, run.position.utilisation_of) == (90.0, "GPU")
