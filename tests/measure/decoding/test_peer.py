"""transformers' own generation says the same tokens, and drafts as many as it is told."""

from __future__ import annotations

import pytest

from specprof.measure.decoding.drafts.noisy import noisy_copy
from specprof.measure.decoding.peer import generate

from .conftest import target_of
from .targets import PROMPT


class Passes:
    """Lengths of the inputs of each forward pass of a model."""

    def __init__(self, model) -> None:
        self.lengths: list[int] = []
        self._hook = model.model.embed_tokens.register_forward_pre_hook(self._note)

    def _note(self, _, inputs):
        self.lengths.append(inputs[0].shape[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._hook.remove()


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("way", ["plain", "assisted", "lookup"])
def test_its_tokens_are_those_of_plain_decoding(way, attention):
    target = target_of(2, 1)
    more = {
        "plain": {},
        "assisted": {"assistant": noisy_copy(target.model, 0.1, 1)},
        "lookup": {"lookup": True},
    }[way]
    with Passes(target.model) as passes:
        found = generate(target.model, target.prompts, 24, attention=attention, drafts=3, **more)
    assert found.tokens == [target.roots[0], *target.continuations[0][:23]]
    assert found.seconds > 0
    # it takes the prompt together with the first drafts where it drafts
    steps = passes.lengths[1:]
    if way == "plain":
        assert passes.lengths[0] == PROMPT
        assert steps == [1] * 23
    else:
        assert max(steps) == 4
        assert len(steps) < 23


def test_a_split_attention_that_a_decoder_left_is_put_back():
    target = target_of(2, 1)
    target.model.config._attn_implementation = "specprof_split"
    try:
        generate(target.model, target.prompts, 4)
        assert target.model.config._attn_implementation == "specprof_split"
    finally:
        target.model.config._attn_implementation = "sdpa"


def test_several_sequences_and_two_drafters_are_refused():
    target = target_of(2, 3)
    with pytest.raises(ValueError, match="one sequence, not 3"):
        generate(target.model, target.prompts, 4)
    with pytest.raises(ValueError, match="not both"):
        generate(target.model, target.prompts[:1], 4, assistant=target.model, lookup=True)
