"""A made-up run whose first row gained a count by refinement. For tests only: nothing here was measured."""

from __future__ import annotations

from specprof.plan.plan import Cell, Row
from specprof.plan.refinement import Refinement
from specprof.run import events as ev

from .streams import Story, build_stream, reduce_all

STORY = Story(seq_lens=(128, 512), candidates=(1, 16, 64))
ADDED = Cell(1, 128, 40)
ROW = Row(1, 128)


def sample(cell: Cell, number: int, t_s: float) -> ev.EventModel:
    return ev.SampleTaken(**cell._asdict(), t_s=t_s, round=number, measured_ms=20.0 + cell.candidates)


def added(t_s: float, *counts: int, row: Row = ROW) -> ev.CandidatesAdded:
    why = "latency rises by 30% between 16 and 64"
    return ev.CandidatesAdded(**row._asdict(), t_s=t_s, candidates=list(counts), why=why)


def refined_stream() -> list[ev.EventModel]:
    """The first row gains K = 40 between its own cells and the second row; its neighbours go along."""
    events = build_stream(STORY)
    header = events[0]
    assert isinstance(header, ev.RunStarted)
    plan = header.plan.model_copy(update={"refinement": Refinement(budget_s=20)})
    second = next(i for i, e in enumerate(events) if isinstance(e, ev.RowStarted) and e.seq_len == 512)
    t_s = events[second].t_s
    refining: list[ev.EventModel] = [added(t_s, 40), ev.CellPrepared(**ADDED._asdict(), t_s=t_s)]
    order = [16, 40, 1, 64]
    for number in range(100, 110):
        refining.append(ev.RoundStarted(**ROW._asdict(), t_s=t_s, round=number, order=order))
        refining += [sample(Cell(*ROW, k), number, t_s) for k in order]
    refining += [
        ev.CellFinished(**Cell(*ROW, k)._asdict(), t_s=t_s, stop_reason="target") for k in (40, 1, 16, 64)
    ]
    ending = ev.RunEnded(t_s=events[-1].t_s, cells_finished=7)
    started = header.model_copy(update={"plan": plan})
    return [started, *events[1:second], *refining, *events[second:-1], ending]


EVENTS = refined_stream()
RECORD = reduce_all(EVENTS).record()
