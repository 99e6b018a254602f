"""In float32 speculative decoding says what plain greedy decoding says, whoever drafts."""

from __future__ import annotations

import pytest
import torch

from measure.conftest import small_plan
from specprof.measure.decoding.candidates import Candidates, chain
from specprof.measure.decoding.drafts.corrupted import Corrupted
from specprof.measure.decoding.drafts.eagle import EagleDrafts
from specprof.measure.decoding.drafts.medusa import MedusaDrafts
from specprof.measure.decoding.drafts.ngram import PromptLookup
from specprof.measure.decoding.drafts.noisy import noisy_copy
from specprof.measure.decoding.drafts.random_tokens import RandomTokens
from specprof.measure.decoding.drafts.small_llama import LlamaDrafts
from specprof.measure.drafters.eagle import Eagle
from specprof.measure.drafters.medusa import Medusa
from specprof.measure.llama import build_llama
from specprof.plan.drafter import Drafter

from .conftest import target_of
from .targets import COUNT, CPU, PROMPT, ROWS, agree, speculate

CHAIN = Candidates((-1, 0, 1, 2), (1, 0.7, 0.7, 0.7))
TREE = Candidates((-1, 0, 0, 1, 1, 2, 3, 3, 5), (1, 0.4, 0.4, 0.5, 0.3, 0.8, 0.3, 0.4, 0.7))


def corrupted(target, candidates, seed=5):
    return Corrupted(candidates, target.continuations, target.shape.vocab_size, seed, CPU)


def self_draft(target, sigma, depth=4, seed=1):
    return LlamaDrafts(target.decoder(noisy_copy(target.model, sigma, seed)), depth)


def random_tokens(target):
    generator = torch.Generator().manual_seed(2)
    return RandomTokens(TREE.parents, target.shape.vocab_size, target.batch_size, generator)


def small_llama(target):
    shape = target.shape.model_copy(update={"layers_measured": 1, "layers_total": 1})
    model = build_llama(shape, attention=target.attention, dtype=torch.float32, device=CPU, seed=9)
    decoder = target.decoder(model)
    decoder.caches = decoder.caches[:1]
    return LlamaDrafts(decoder, 3)


def module(target, kind, depth):
    drafter = Drafter(text=f"{kind}:{depth}", kind=kind, depth=depth)
    plan = small_plan(target.attention, model=target.shape, drafter=drafter)
    if kind == "medusa":
        return Medusa(plan, torch.float32, CPU)
    return Eagle(plan, torch.float32, CPU, target.model)


def medusa(target):
    return MedusaDrafts(module(target, "medusa", 3), target.model.model.norm)


def eagle(target, depth=3):
    norm, size = target.model.model.norm, target.batch_size
    return EagleDrafts(module(target, "eagle", depth), norm, depth, size, ROWS, attention=target.attention)


DRAFTS = {
    "random": random_tokens,
    "chain": lambda target: corrupted(target, CHAIN),
    "tree": lambda target: corrupted(target, TREE),
    "lookup": lambda target: PromptLookup(5, CPU),
    "exact": lambda target: self_draft(target, 0.0),
    "noisy": lambda target: self_draft(target, 0.1),
    "llama": small_llama,
    "medusa": medusa,
    "eagle": eagle,
}

BY_CHANCE = ("random", "llama", "medusa", "eagle")
"""Hardly anything of theirs is accepted, and every token costs a step."""
FEW = 8


@pytest.mark.parametrize("name", DRAFTS)
def test_the_output_is_that_of_plain_greedy_decoding(target, name):
    count = FEW if name in BY_CHANCE else COUNT
    decoded = speculate(target, DRAFTS[name](target), count)
    assert agree(decoded.tokens, target.continuations, count)
    if name in ("chain", "tree", "exact", "noisy"):
        assert max(decoded.lengths) > 1
    if name == "tree":
        assert decoded.decoder.moved_rows > 0


def test_the_continuations_are_worth_comparing():
    """Constant ones would agree whatever the cache holds."""
    for kv_heads in (4, 2):
        found = target_of(kv_heads, 3).continuations
        assert all(len(set(tokens[:COUNT])) > 4 for tokens in found), found
        assert len({tuple(tokens) for tokens in found}) == 3


def test_a_wrong_position_in_the_cache_shows():
    """Candidates of a tree kept as though they were a chain: the same test fails."""

    class Unmoved(Corrupted):
        def take(self, ids, paths, result):
            super().take(ids, paths, result)
            self.broken = self.broken or any(list(path) != list(range(len(path))) for path in paths)

        broken = False

    target = target_of(2, 3)
    drafts = Unmoved(TREE, target.continuations, target.shape.vocab_size, 5, CPU)
    kept = type(target.plain)._move
    try:
        type(target.plain)._move = lambda *_: None
        decoded = speculate(target, drafts)
    finally:
        type(target.plain)._move = kept
    assert drafts.broken
    assert not agree(decoded.tokens, target.continuations)


@pytest.mark.parametrize("candidates", [CHAIN, TREE], ids=["chain", "tree"])
def test_the_cache_is_that_of_plain_decoding(target, candidates):
    decoder = speculate(target, corrupted(target, candidates)).decoder
    for sequence, length in enumerate(decoder.lengths):
        rows = min(length, PROMPT + COUNT)
        for found, expected in zip(decoder.caches, target.plain.caches, strict=True):
            for part in (0, 1):
                torch.testing.assert_close(
                    found[part][sequence, :, :rows], expected[part][sequence, :, :rows], rtol=1e-4, atol=2e-5
                )


def test_split_attention_refuses_prefixes_of_different_lengths():
    target = target_of(2, 3)
    decoder = target.decoder()
    decoder.attention = "split"
    decoder.lengths = [20, 21, 20]
    with pytest.raises(ValueError, match="one prefix for all"):
        decoder.step(torch.zeros(3, 1, dtype=torch.long), chain(1).parents)
