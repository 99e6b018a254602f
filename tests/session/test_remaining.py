"""What is left to do for the child of a run that goes on."""

from __future__ import annotations

import pytest
from run.streams import Story, build_stream, reduce_all

from specprof.plan.plan import Cell
from specprof.run import events as ev
from specprof.run.reduce import Reduction
from specprof.session.remaining import remaining

ROW = [Cell(1, 128, k) for k in (1, 16, 64)]


def reduced(*, profiled: int, breakdown: bool = True) -> Reduction:
    """A run of one row that was measured, and broken off after so many profiles."""
    story = Story(seq_lens=(128,), profiled=breakdown)
    events = [event for event in build_stream(story) if not isinstance(event, ev.RunEnded)]
    profiles = [event for event in events if isinstance(event, ev.CellProfiled)]
    for left_out in profiles[profiled:]:
        events.remove(left_out)
    reduction = reduce_all(events)
    assert reduction.finished_cells() == set(ROW)
    return reduction


def test_cells_that_were_measured_and_not_profiled_are_still_to_be():
    job = remaining(reduced(profiled=1), 0.0, set())
    assert job.ended == ROW
    assert job.unprofiled == ROW[1:]


@pytest.mark.parametrize("breakdown", [True, False])
def test_where_all_is_profiled_or_nothing_shall_be_nothing_is_left(breakdown: bool):
    assert remaining(reduced(profiled=3, breakdown=breakdown), 0.0, set()).unprofiled == []


def test_a_child_that_may_have_died_of_its_profiler_is_followed_by_none_that_profiles_alone():
    assert remaining(reduced(profiled=1), 0.0, set(), after_loss=True).unprofiled == []


def test_a_run_goes_on_as_it_was_executed_before_and_without_what_a_child_died_of():
    job = remaining(reduced(profiled=1), 0.0, set(), without_modes=["compile"])
    assert job.built.execution == "eager"
    assert job.without_modes == ["compile"]


def test_before_the_first_sample_nothing_is_kept_of_how_it_was_executed():
    events = build_stream(Story(seq_lens=(128,)))
    first = next(at for at, event in enumerate(events) if isinstance(event, ev.SampleTaken))
    assert remaining(reduce_all(events[:first]), 0.0, set()).built is None
