"""How long a plan will take: never a number that nothing stands behind."""

from __future__ import annotations

from run.streams import Story, build_stream, reduce_all

from specprof.plan.asked import Asked
from specprof.plan.assemble import assemble
from specprof.tui.state.plan_time import Took, time_words, took

DEFAULT = assemble(Asked(), "cpu").plan
ON_GPU = assemble(Asked(), "cuda").plan


def run(plan, *, seconds=95.0, start_s=14.6, device="EPYC", whole=True, when="today 20:54", cells=24):
    return Took(when, plan, device, seconds, start_s, cells, whole)


def test_a_budget_without_any_run_is_the_budget_and_a_start_up_of_unknown_length():
    found = time_words(DEFAULT, "EPYC", [])
    assert found == ("1 min 20 s at most", "the budget; start-up comes before", True)


def test_the_start_up_is_that_of_the_newest_run_with_this_model_here():
    other = assemble(Asked(candidates="1,8"), "cpu").plan
    earlier = run(other, start_s=99.0, when="24 Nov 10:00")
    found = time_words(DEFAULT, "EPYC", [run(other, start_s=14.6), earlier])
    assert found.words == "about 1 min 35 s at most"  # 80 + 14.6
    assert found.basis == "the budget, and 15 s to start as in the run of today 20:54"


def test_on_a_budget_the_same_plan_takes_as_long_as_it_took_and_the_budget_at_most():
    found = time_words(DEFAULT, "EPYC", [run(DEFAULT, seconds=31, start_s=14.6)])
    assert found.words == "about 31 s, 1 min 35 s at most"
    assert found.basis == "as the run of today 20:54 took; the budget"
    cut_short = time_words(DEFAULT, "EPYC", [run(DEFAULT, seconds=31, start_s=14.6, whole=False)])
    assert cut_short.words == "about 1 min 35 s at most"


def test_a_run_on_another_device_or_of_another_model_says_nothing():
    other = assemble(Asked(model="tiny"), "cpu").plan
    assert time_words(DEFAULT, "Xeon", [run(DEFAULT)]) == time_words(DEFAULT, "EPYC", [])
    assert time_words(DEFAULT, "EPYC", [run(other)]) == time_words(DEFAULT, "EPYC", [])
    sliced = assemble(Asked(layers="4"), "cpu").plan
    assert time_words(DEFAULT, "EPYC", [run(sliced)]) == time_words(DEFAULT, "EPYC", [])


def test_without_a_budget_the_same_plan_takes_as_long_as_it_took():
    found = time_words(ON_GPU, "H100", [run(ON_GPU, seconds=185, device="H100")])
    assert found == ("about 3 min 05 s", "as the run of today 20:54 took", True)


def test_without_a_budget_another_grid_is_told_and_not_scaled():
    other = assemble(Asked(candidates="1,8"), "cuda").plan
    found = time_words(ON_GPU, "H100", [run(other, seconds=50, device="H100", cells=14)])
    assert found.words == "not known before the first round"
    assert not found.known
    assert found.basis == "the run of today 20:54 took 50 s for 14 cells, another plan"


def test_a_run_that_did_not_come_to_its_end_is_no_measure_of_a_whole_one():
    found = time_words(ON_GPU, "H100", [run(ON_GPU, device="H100", whole=False)])
    assert found == ("not known before the first round", "no run of this model here yet", False)


def test_a_run_took_from_its_start_to_its_last_cell():
    record = reduce_all(build_stream(Story(rounds=12))).record()
    found = took(record, "today")
    assert found.cells == len(record.cells)
    assert found.whole
    assert found.seconds == max(cell.finished_at_s for cell in record.cells)
    assert found.start_s == min(cell.started_at_s for cell in record.cells)
    paused = record.model_copy(update={"pauses": [_pause(0.5, 0.75)]})
    assert found.seconds - took(paused, "today").seconds == 0.25


def test_nothing_measured_and_published_figures_took_no_time():
    record = reduce_all(build_stream(Story(rounds=12))).record()
    assert took(record.model_copy(update={"cells": []}), "today") is None
    assert took(record.model_copy(update={"environment": None}), "today") is None


def _pause(t_s, until_s):
    from specprof.run.record import PauseRecord

    return PauseRecord(t_s=t_s, until_s=until_s)
