"""From acceptance models to what is decoded with."""

from __future__ import annotations

import random

import pytest

from specprof.analysis.acceptance import acceptance_from
from specprof.analysis.validation.settings import settings_for, settings_from
from specprof.errors import UsageProblem
from specprof.plan.decoding_drafts import DecodingDrafts
from specprof.plan.validation import Setting

MODELS = ["chain:alpha=0.7", "positions:p=0.8/0.5/0.2", "medusa:heads=3", "sequoia:p=0.6/0.2/0.1,depth=4"]


@pytest.mark.parametrize("text", MODELS)
@pytest.mark.parametrize("candidates", [2, 4])
def test_a_setting_expects_what_its_model_expects(text, candidates):
    model = acceptance_from(text)
    (setting,), left_out = settings_from([model], [1, candidates])
    assert not left_out
    assert setting.candidates == candidates
    assert setting.expected_tokens() == pytest.approx(float(model.expected_tokens(candidates)))


def drawn_tokens(setting: Setting, chance: random.Random) -> int:
    """Tokens of one step, by the chances as they are written."""
    node, tokens = 0, 1
    while True:
        children = [n for n, parent in enumerate(setting.parents) if parent == node]
        weights = [setting.chances[n] for n in children]
        node = chance.choices([*children, -1], [*weights, 1 - sum(weights)])[0]
        if node < 0:
            return tokens
        tokens += 1


@pytest.mark.parametrize("text", MODELS)
def test_what_is_drawn_by_the_chances_comes_to_that(text):
    (setting,), _ = settings_from([acceptance_from(text)], [4])
    chance, steps = random.Random(5), 20_000
    counts = [drawn_tokens(setting, chance) for _ in range(steps)]
    mean = sum(counts) / steps
    spread = (sum((count - mean) ** 2 for count in counts) / steps) ** 0.5
    assert abs(mean - setting.expected_tokens()) < 4 * spread / steps**0.5


def test_what_a_model_does_not_have_is_left_out_and_said():
    settings, left_out = settings_from([acceptance_from("positions:p=0.8/0.5")], [2, 3, 8])
    assert [one.candidates for one in settings] == [2, 3]
    assert left_out == ("positions:p=0.8/0.5 has no 8 candidates: left out",)


@pytest.mark.parametrize("text", ["log-fit", "table:1=1/4=2"])
def test_a_model_that_does_not_say_which_candidates_are_right_is_refused(text):
    with pytest.raises(UsageProblem, match="not which candidates are right"):
        settings_from([acceptance_from(text)], [4])


def test_nothing_but_one_candidate_is_refused():
    with pytest.raises(UsageProblem, match="nothing to decode with"):
        settings_from([acceptance_from("chain")], [1])


def test_a_real_drafter_says_itself_how_many_it_drafts():
    drafts = DecodingDrafts(text="noisy:0.1:3", kind="noisy", noise=0.1, depth=3)
    (setting,), _ = settings_for(drafts, [acceptance_from("chain")], [8], given=False)
    assert (setting.candidates, setting.chances, setting.is_chain) == (4, (), True)
    with pytest.raises(UsageProblem, match="--acceptance is of no use"):
        settings_for(drafts, [acceptance_from("chain")], [8], given=True)
