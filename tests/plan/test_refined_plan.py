"""A plan that is refined: its options, and the counts that single rows have on top of the grid."""

from __future__ import annotations

from typing import Any

import pytest

from specprof.errors import UsageProblem
from specprof.plan.asked import Asked
from specprof.plan.assemble import assemble
from specprof.plan.differences import differences
from specprof.plan.plan import Cell, Plan, Row
from specprof.plan.refinement import Added, Refinement

ASKED = Asked(model="tiny", seq_len="32,64", candidates="1,16,32", refine=True)


def plan_with(*added: tuple[int, int, int]) -> Plan:
    plan = assemble(ASKED, "cpu").plan
    return plan.with_added(*(Added(batch_size=b, seq_len=s, candidates=k, why="w") for b, s, k in added))


def test_nothing_is_refined_unless_it_is_asked_for() -> None:
    assert assemble(Asked(), "cpu").plan.refinement is None
    assert assemble(Asked(), "cpu").plan.added == ()


def test_refinement_gets_a_quarter_of_the_budget_and_no_more_than_the_budget_is_used() -> None:
    plan = assemble(Asked(refine=True), "cpu").plan
    assert plan.stopping.budget_s == 80.0
    assert plan.refinement == Refinement(budget_s=20.0)
    assert assemble(Asked(refine=True, budget_s=200), "cpu").plan.refinement == Refinement(budget_s=50.0)


def test_without_a_budget_refinement_has_none_unless_it_is_named() -> None:
    assert assemble(Asked(refine=True), "cuda").plan.refinement == Refinement()
    named = assemble(Asked(refine=True, refine_budget_s=30), "cuda").plan
    assert (named.stopping.budget_s, named.refinement) == (None, Refinement(budget_s=30))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Asked(refine_budget_s=5), "no use without --refine"),
        (Asked(refine=True, refine_budget_s=80), "leaves nothing of the 80 s"),
        (Asked(refine=True, refine_budget_s=0), "out of range"),
        (Asked(refine=True, refine_budget_s=float("nan")), "out of range"),
    ],
)
def test_seconds_that_make_no_sense_are_refused(asked: Asked, said: str) -> None:
    with pytest.raises(UsageProblem, match=said):
        assemble(asked, "cpu")


def test_an_added_count_is_one_of_its_row_only() -> None:
    plan = plan_with((1, 64, 24), (1, 32, 17), (1, 64, 17))
    assert plan.candidates == (1, 16, 17, 24, 32)
    assert plan.grid_candidates == (1, 16, 32)
    assert plan.counts(Row(1, 32)) == (1, 16, 17, 32)
    assert plan.counts(Row(1, 64)) == (1, 16, 17, 24, 32)
    assert Cell(1, 32, 24) not in plan.cells()
    assert len(plan.cells()) == 9
    assert plan.without_added() == assemble(ASKED, "cpu").plan


def test_a_refined_plan_comes_back_from_its_json_as_it_was() -> None:
    plan = plan_with((1, 64, 24), (1, 32, 17))
    assert Plan.model_validate_json(plan.model_dump_json()) == plan


@pytest.mark.parametrize(
    "added",
    [(1, 32, 16), (1, 32, 32), (1, 32, 33), (2, 32, 24), (1, 33, 24), (1, 32, 1), (1, 32, 1 << 21)],
    ids=["of the grid", "its last", "beyond it", "no such batch", "no such length", "one", "too large"],
)
def test_a_count_that_cannot_be_added_is_refused(added: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match=r"added|less than or equal|greater than"):
        plan_with(added)


def test_a_count_is_added_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        plan_with((1, 32, 24), (1, 32, 24))


def test_a_file_cannot_name_an_added_count_that_is_not_among_the_candidates() -> None:
    fields: dict[str, Any] = plan_with((1, 32, 24)).model_dump()
    fields["candidates"] = (1, 16, 32)
    with pytest.raises(ValueError, match="not among"):
        Plan.model_validate(fields)


def test_more_cells_than_a_run_may_have_cannot_be_added() -> None:
    wide = assemble(Asked(model="tiny", seq_len="1:1000:1", candidates="1:10:1", refine=True), "cpu").plan
    assert len(wide.cells()) == 10_000
    narrow = wide.model_copy(update={"candidates": (1, 2, 3, 4, 5, 6, 7, 8, 10)})
    narrow.with_added(Added(batch_size=1, seq_len=5, candidates=9))
    narrower = wide.model_copy(update={"candidates": (1, 2, 3, 4, 5, 6, 7, 8, 9, 12)})
    with pytest.raises(ValueError, match="11000 cells"):
        narrower.with_added(Added(batch_size=1, seq_len=5, candidates=10))


def test_going_on_is_refused_for_another_refinement_only() -> None:
    recorded = plan_with((1, 64, 24))
    assert differences(recorded, Asked()) == []
    assert differences(recorded, Asked(refine=True, candidates="1,16,32")) == []
    assert differences(recorded, Asked(refine_budget_s=20)) == []
    assert differences(recorded, Asked(refine_budget_s=7)) == ["--refine-budget 7, the run has 20"]
    plain = assemble(Asked(model="tiny"), "cpu").plan
    assert differences(plain, Asked(refine=True)) == ["--refine, the run is without"]
