"""What is being measured now, and why it goes on."""

from __future__ import annotations

from collections.abc import Iterable

from run.streams import Story, build_stream

from specprof.plan.plan import Cell
from specprof.run import events as ev
from specprof.run.reduce import Reduction
from specprof.session.position import Position
from specprof.tui.state.cells import RowNow, row_now, stage_of
from specprof.tui.state.digest import Digest

STORY = Story(seq_lens=(128, 512), candidates=(1, 16, 64), rounds=12)


def _after(events: Iterable[ev.EventModel]) -> tuple[Reduction, Position, Digest]:
    reduction = Reduction()
    position = Position(reduction)
    for event in events:
        reduction.apply(event)
        position.follow(event)
    return reduction, position, Digest(reduction)


def _until_samples(count: int) -> list[ev.EventModel]:
    """The story up to its `count`-th plain sample of K = 16."""
    events, seen = [], 0
    for event in build_stream(STORY):
        events.append(event)
        if isinstance(event, ev.SampleTaken) and event.candidates == 16:
            seen += 1
            if seen == count:
                break
    return events


def _cell(row: RowNow, candidates: int):
    return next(cell for cell in row.cells if cell.cell.candidates == candidates)


def test_there_is_no_row_before_one_has_begun():
    assert row_now(*_after(build_stream(STORY)[:1])) is None


def test_a_cell_has_its_samples_in_the_order_they_were_taken():
    events = _until_samples(3)
    taken = [e.measured_ms for e in events if isinstance(e, ev.SampleTaken) and e.candidates == 16]
    cell = _cell(row_now(*_after(events)), 16)
    assert cell.samples_ms == tuple(taken)
    assert cell.count == 3
    assert cell.stage == "running"


def test_below_the_least_number_of_samples_it_says_how_many_are_needed():
    assert _cell(row_now(*_after(_until_samples(3))), 16).why == "goes on: 3 of at least 10 samples"


def test_an_interval_too_wide_is_said_with_the_next_test():
    events = _until_samples(10)
    wide = [
        e.model_copy(update={"measured_ms": 100.0 if i % 2 else 200.0})
        if isinstance(e, ev.SampleTaken)
        else e
        for i, e in enumerate(events)
    ]
    why = _cell(row_now(*_after(wide)), 16).why
    assert why.startswith("goes on: ±")
    assert why.endswith("is wider than ±5.0 %; next test at 15 samples")


def test_finished_cells_say_how_they_ended():
    reduction, position, digest = _after(build_stream(STORY))
    row = row_now(reduction, position, digest)
    for cell in row.cells:
        assert cell.stage in ("done", "warn")
        assert not cell.why.startswith("goes on")


def test_a_cell_out_of_memory_is_failed_and_says_why():
    lost = Cell(1, 512, 64)
    reduction, position, digest = _after(build_stream(Story(oom=(lost,))))
    assert stage_of(reduction, lost, digest) == "failed"
    cell = _cell(row_now(reduction, position, digest), 64)
    assert "memory" in cell.why
    assert cell.latency_ms is None


def test_a_cell_predicted_not_to_fit_was_not_run_and_did_not_fail():
    left_out = Cell(1, 512, 64)
    reduction, _, digest = _after(build_stream(Story(predicted_not_to_fit=(left_out,))))
    assert stage_of(reduction, left_out, digest) == "dropped"
