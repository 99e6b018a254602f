"""The time line of a saved run: never back, no dead stretches, and what was changed is said."""

from __future__ import annotations

import pytest
from run.streams import Story, build_record

from specprof.analysis.opened import load
from specprof.run import events as ev
from specprof.run.record import RunRecord
from specprof.session.timeline import GAP_S, LONGEST_GAP_S, Timeline

STORY = Story(seq_lens=(128, 512), candidates=(1, 16, 64), rounds=8)


def shifted(record: RunRecord, after_s: float, by_s: float) -> RunRecord:
    """The record with all that happened later than a moment moved."""

    def moved(t_s: float) -> float:
        return t_s + by_s if t_s > after_s else t_s

    cells = []
    for cell in record.cells:
        changed = {}
        for name in ("measured_ms", "masked_ms", "head_ms"):
            series = getattr(cell, name)
            if series is not None:
                changed[name] = series.model_copy(
                    update={"sampled_at_s": [moved(t) for t in series.sampled_at_s]}
                )
        for name in ("started_at_s", "finished_at_s"):
            if getattr(cell, name) is not None:
                changed[name] = moved(getattr(cell, name))
        cells.append(cell.model_copy(update=changed))
    telemetry = [reading.model_copy(update={"t_s": moved(reading.t_s)}) for reading in record.telemetry]
    return record.model_copy(update={"cells": cells, "telemetry": telemetry})


def with_times(record: RunRecord, index: int, times_s: list[float]) -> RunRecord:
    cells = list(record.cells)
    series = cells[index].measured_ms.model_copy(update={"sampled_at_s": times_s})
    cells[index] = cells[index].model_copy(update={"measured_ms": series})
    return record.model_copy(update={"cells": cells})


def test_a_sound_run_is_played_in_its_own_time_from_nought():
    record = build_record(STORY)
    timeline = Timeline.of(record)
    assert timeline.flags == ()
    assert timeline.times_s[0] == 0.0
    assert list(timeline.times_s) == pytest.approx([event.t_s for event in timeline.events])


def test_every_cell_has_a_mark_at_its_end():
    record = build_record(STORY)
    marks = Timeline.of(record).marks
    assert {mark.cell for mark in marks} == {cell.cell for cell in record.cells}
    by_cell = {mark.cell: mark.t_s for mark in marks}
    for cell in record.cells:
        assert by_cell[cell.cell] == pytest.approx(cell.finished_at_s)


def test_row_45_a_gap_of_a_billion_seconds_is_shortened_and_said():
    record = build_record(STORY)
    middle = Timeline.of(record).duration_s / 2
    timeline = Timeline.of(shifted(record, middle, 1e9 - 1e3))
    assert timeline.duration_s <= Timeline.of(record).duration_s + GAP_S
    assert len(timeline.flags) == 1
    assert timeline.flags[0].startswith("a gap of 1e+09 s is played as 5 s")


def test_a_gap_that_people_wait_for_stays():
    record = build_record(STORY)
    timeline = Timeline.of(shifted(record, Timeline.of(record).duration_s / 2, LONGEST_GAP_S / 2))
    assert timeline.flags == ()
    assert timeline.duration_s == pytest.approx(Timeline.of(record).duration_s + LONGEST_GAP_S / 2)


def test_row_45_times_that_go_back_are_held_and_counted():
    record = build_record(STORY)
    index = next(i for i, cell in enumerate(record.cells) if len(cell.measured_ms.samples) > 4)
    times_s = list(record.cells[index].measured_ms.sampled_at_s)
    times_s[2] = times_s[3] = 0.0
    timeline = Timeline.of(with_times(record, index, times_s))
    assert timeline.flags == ("a time that goes back is held at the time before",)
    assert list(timeline.times_s) == sorted(timeline.times_s)
    cell = record.cells[index].cell
    taken = [e.measured_ms for e in timeline.events if isinstance(e, ev.SampleTaken) and e.cell == cell]
    assert taken == record.cells[index].measured_ms.samples


def test_a_published_figure_has_no_time_of_its_own():
    timeline = Timeline.of(load("medusa-llama-7b-bs4").record)
    assert timeline.events == ()
    assert timeline.duration_s == 0.0
    assert "no time of its own" in timeline.flags[0]
