"""transformers' own generation says the same tokens, and drafts as many as it is told."""

from __future__ import annotations

import pytest
import torch

from specprof.measure.decoding.drafts.ngram import PromptLookup
from specprof.measure.decoding.drafts.noisy import noisy_copy
from specprof.measure.decoding.drafts.random_tokens import RandomTokens
from specprof.measure.decoding.peer import _Steps, generate, known_cache
from specprof.measure.decoding.peer_block import peer_block

from .conftest import target_of
from .targets import CPU, PROMPT


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
    expected = [target.roots[0], *target.continuations[0]]
    assert found.tokens == expected[: len(found.tokens)]
    assert 24 <= sum(found.counts) < 24 + 4
    assert sum(count * tokens for tokens, count in enumerate(found.accepted, start=1)) == sum(found.counts)
    assert found.seconds > 0
    # it takes the prompt together with the first drafts where it drafts
    steps = passes.lengths[1:]
    if way == "plain":
        assert passes.lengths[0] == PROMPT
        assert steps == found.counts == [1] * 24
    else:
        assert max(steps) == 4
        assert len(steps) == len(found.counts) < 24


def test_whoever_asks_of_candidates_before_a_step_has_asked_of_no_step():
    """As assisted generation of transformers 5.17 does."""
    target = target_of(2, 1)
    steps = _Steps(target.prompts, 3)
    with steps.through(target.model):
        for length in (1, 3, 4):
            ids = target.prompts[:, :length]
            assert not steps(torch.cat((ids, ids), dim=1), None).any()  # candidates: nothing went through
            target.model(input_ids=ids)
            assert steps(ids, None).all() == (length == 4)
    assert steps.reached == [1, 3, 4]
    target.model(input_ids=target.prompts)
    assert not steps(target.prompts, None).any()  # nobody looks any more


def test_plain_decoding_goes_on_from_a_cache_that_is_known():
    target = target_of(2, 1)
    whole = generate(target.model, target.prompts, 8)
    decoder = target.decoder()
    decoder.prefill(target.prompts)
    known = known_cache(decoder.caches, PROMPT - 1)
    with Passes(target.model) as passes:
        found = generate(target.model, target.prompts, 8, known=known)
    assert found.tokens == whole.tokens
    assert passes.lengths == [1] * 9
    # the decoder's own rows are not written to
    assert known.get_seq_length() == PROMPT + 8
    with pytest.raises(ValueError, match="a cache of its own"):
        generate(target.model, target.prompts, 8, known=known, lookup=True)


def test_a_block_has_the_tokens_behind_the_root_and_no_parts():
    target = target_of(2, 1)
    decoder = target.decoder()
    decoder.prefill(target.prompts)
    for drafts in (None, PromptLookup(4, CPU)):
        decoded = peer_block(decoder, target.prompts, 12, drafts)
        block = decoded.block(3, suspended=False, unequal=0)
        assert decoded.tokens[0] == target.continuations[0][: len(decoded.tokens[0])]
        assert (block.parts, block.round, block.sequences) == (None, 3, 1)
        assert block.tokens >= 12
    with pytest.raises(TypeError, match="drafts nothing as"):
        peer_block(decoder, target.prompts, 12, RandomTokens((-1, 0), 256, 1, torch.Generator()))


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
