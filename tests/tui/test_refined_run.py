"""A refined run on screen: a count that only some rows have is blank in the others, and never a failure."""

from __future__ import annotations

from run.refined import ADDED, EVENTS, RECORD, ROW
from run.streams import reduce_all

from specprof.analysis.acceptance import PUBLISHED
from specprof.analysis.opened import Run
from specprof.plan.plan import Cell, Row
from specprof.run import events as ev
from specprof.run.reduce import Reduction
from specprof.session.in_flight import InFlight
from specprof.session.position import Position
from specprof.tui.state.cells import row_now, stage_of
from specprof.tui.state.digest import Digest
from specprof.tui.state.result_rows import result_rows
from specprof.views.glyphs import ASCII
from specprof.views.tables.results import BatchTable

OTHER = Cell(1, 512, 40)


def test_arrays_are_nan_and_verdicts_empty_where_the_plan_has_no_cell() -> None:
    run = Run.of(RECORD)
    assert run.candidates == (1, 16, 40, 64)
    assert run.latency_ms().median[0, 0, 2] > 0
    assert not run.latency_ms().median[0, 1, 2] > 0
    assert run.verdicts()[0].tolist()[1][2] == ""
    assert "not_run" not in run.verdicts()
    curves = run.curves(PUBLISHED).curves
    assert [curve.candidates.tolist() for curve in curves] == [[1, 16, 40, 64], [1, 16, 64]]
    assert run.findings()


def test_tables_hold_the_plan_s_cells_only() -> None:
    run = Run.of(RECORD)
    curves = run.curves(PUBLISHED)
    shown = [(row.seq_len, row.candidates) for row in result_rows(run, curves, PUBLISHED, 1)]
    assert shown == [(cell.seq_len, cell.candidates) for cell in RECORD.plan.cells()]
    table = BatchTable(RECORD, PUBLISHED, curves, 1, ASCII)
    assert [line.value for line in table.candidates.lines] == ["1", "16", "40", "64", "1", "16", "64"]


def test_the_live_grid_gains_a_column_and_is_blank_where_a_row_has_no_cell() -> None:
    reduction, stages = Reduction(), []
    position, digest = Position(reduction), Digest(reduction)
    for event in EVENTS:
        reduction.apply(event)
        position.follow(event)
        found = row_now(reduction, position, digest)
        if isinstance(event, ev.CandidatesAdded):
            assert found is not None
            assert [cell.cell.candidates for cell in found.cells] == [1, 16, 40, 64]
            stages.append(stage_of(reduction, ADDED, digest))
        digest.run()
    assert stages == ["waiting"]
    assert stage_of(reduction, ADDED, digest) in ("done", "warn")
    assert stage_of(reduction, OTHER, digest) == "none"
    assert (position.cells_done, position.cells_total) == (7, 7)
    assert digest.run().record.plan == RECORD.plan


def test_a_child_that_dies_at_an_added_count_died_of_that() -> None:
    at = next(i for i, event in enumerate(EVENTS) if isinstance(event, ev.CandidatesAdded))
    reduction = reduce_all(EVENTS[: at + 1])
    flight = InFlight(reduction)
    flight.follow(ev.RowStarted(**ROW._asdict()))
    flight.follow(EVENTS[at])
    assert flight.blamed == ADDED
    flight.follow(EVENTS[at + 1])  # it is prepared: its warm-up comes
    assert flight.blamed == ADDED


def test_a_row_without_the_added_count_is_prepared_without_it() -> None:
    reduction = reduce_all(EVENTS[:1])
    reduction.apply(ev.CandidatesAdded(**ROW._asdict(), candidates=[40]))
    flight = InFlight(reduction)
    flight.follow(ev.RowStarted(**Row(1, 512)._asdict()))
    assert OTHER not in flight.cells
    assert Cell(1, 512, 16) in flight.cells
