"""The acceptance model changed live: another one, another parameter, another value within its range."""

from __future__ import annotations

import pytest

from specprof.analysis.acceptance import ACCEPTANCE_MODELS, PUBLISHED
from specprof.tui.state.acceptance_choice import AcceptanceChoice


def test_it_begins_with_the_published_model_and_comes_back_to_it_after_the_last():
    choice = AcceptanceChoice()
    assert choice.model == PUBLISHED
    names = []
    for _ in ACCEPTANCE_MODELS:
        names.append(choice.model.name)
        choice = choice.next_model()
    assert names == [model.name for model in ACCEPTANCE_MODELS]
    assert choice.model == PUBLISHED


def test_a_nudge_is_one_step_of_the_chosen_parameter():
    choice = AcceptanceChoice().nudged(1)
    assert choice.model.parameters == {"a": pytest.approx(0.487), "base": 1.0}
    choice = choice.next_parameter(1).nudged(-2)
    assert choice.model.parameters == {"a": pytest.approx(0.487), "base": pytest.approx(0.9)}


def test_a_model_keeps_what_was_changed_while_another_one_is_shown():
    choice = AcceptanceChoice().nudged(3)
    there_and_back = choice
    for _ in ACCEPTANCE_MODELS:
        there_and_back = there_and_back.next_model()
    assert there_and_back.model == choice.model


@pytest.mark.parametrize(("steps", "end"), [(1000, 2.0), (-1000, 0.0)])
def test_a_nudge_ends_at_the_end_of_the_range(steps, end):
    assert AcceptanceChoice().nudged(steps).model.parameters["a"] == end


def test_what_is_shown_marks_one_parameter_with_its_range():
    shown = AcceptanceChoice().next_parameter(1).shown
    assert (shown.name, shown.number, shown.of) == ("log-fit", 1, len(ACCEPTANCE_MODELS))
    assert [(one.name, one.value, one.bounds, one.chosen) for one in shown.parameters] == [
        ("a", "0.477", "0 … 2", False),
        ("base", "1", "0.1 … 2", True),
    ]
