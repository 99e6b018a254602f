"""The record of a run that goes on is the reduction's own, made again only where something changed."""

from __future__ import annotations

import numpy as np
import pytest
from run.streams import Story, build_stream
from run.test_drafts import ROWS, with_drafts

from specprof.analysis.acceptance import PUBLISHED
from specprof.analysis.drafting import Fraction
from specprof.analysis.opened import Run
from specprof.run import events as ev
from specprof.run.reduce import Reduction
from specprof.tui.state.digest import Digest

STORIES = [
    Story(),
    Story(on_gpu=True),
    Story(sliced=True, masked_baseline=True),
    Story(cancelled_at=(1, 3)),
]


@pytest.mark.parametrize("story", STORIES, ids=["cpu", "gpu", "sliced", "cancelled"])
def test_at_every_moment_it_says_what_the_reduction_says(story: Story):
    reduction = Reduction()
    digest = None
    for number, event in enumerate(build_stream(story)):
        reduction.apply(event)
        digest = digest or Digest(reduction)
        if number % 37 == 0:
            assert digest.run().record.cells == reduction.record().cells
    assert digest is not None
    assert digest.run().record.cells == reduction.record().cells
    assert digest.run().record.status == reduction.status()


def test_one_more_sample_is_enough_to_judge_a_cell_anew():
    reduction = Reduction()
    digest = None
    for event in build_stream(Story(telemetry=False, rounds=6)):
        reduction.apply(event)
        digest = digest or Digest(reduction)
        if isinstance(event, ev.SampleTaken | ev.CellFinished):
            assert digest.cell(event.cell) == reduction.cell_record(event.cell)


def test_nothing_is_made_again_where_nothing_has_changed():
    reduction = Reduction()
    for event in build_stream(Story()):
        reduction.apply(event)
    digest = Digest(reduction)
    assert digest.run() is digest.run()
    assert digest.findings() is digest.findings()


def test_findings_of_a_run_in_progress_are_the_significant_ones_of_its_finished_cells():
    reduction = Reduction()
    for event in build_stream(Story(rounds=20)):
        reduction.apply(event)
    digest = Digest(reduction)
    expected = [f for f in Run.of(reduction.record()).findings() if f.certainty == "significant"]
    assert expected
    assert digest.findings() == expected


def test_without_a_finished_cell_there_is_no_finding():
    reduction = Reduction()
    events = build_stream(Story())
    for event in events[: len(events) // 4]:
        reduction.apply(event)
    assert not reduction.finished_cells()
    assert Digest(reduction).findings() == []


@pytest.mark.parametrize("failed", [None, ROWS[1]], ids=["drafted", "lost"])
def test_what_drafting_costs_is_in_the_curves_and_findings_of_a_run_in_progress(failed):
    reduction = Reduction()
    digest = None
    for number, event in enumerate(with_drafts(Story(rounds=20), failed=failed, suspended=7)):
        reduction.apply(event)
        digest = digest or Digest(reduction)
        if number % 37 == 0 or number < 60:
            assert digest.run().record.drafts == reduction.record().drafts
    assert digest is not None
    run, opened = digest.run(), Run.of(reduction.record())
    assert run.record.drafts == opened.record.drafts
    assert run.curves().draft_formula == "draft measured, eagle:5"
    np.testing.assert_array_equal(run.speedup().median, opened.speedup().median)
    assert digest.findings() == [f for f in opened.findings() if f.certainty == "significant"]
    assert digest.run() is run


def test_a_draft_cost_that_was_asked_for_stands_from_the_first_curve_on():
    reduction = Reduction()
    for event in build_stream(Story(rounds=20)):
        reduction.apply(event)
    digest, opened = Digest(reduction, Fraction(0.2)), Run.of(reduction.record()).with_draft("0.2")
    np.testing.assert_array_equal(digest.run().speedup().median, opened.speedup().median)
    assert digest.run().speedup().median[0, 0, 1] < Run.of(reduction.record()).speedup().median[0, 0, 1]
    assert digest.findings(PUBLISHED) == [f for f in opened.findings() if f.certainty == "significant"]
