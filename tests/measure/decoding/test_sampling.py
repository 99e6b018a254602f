"""Tokens of speculative sampling are distributed as the target's own, by chi-square on 8 tokens."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from specprof.measure.decoding import sampling
from specprof.measure.decoding.candidates import Candidates, chain
from specprof.measure.decoding.sampling import drawn_token, probabilities, sampled_path

VOCAB = 8
DRAWS = 6000
CRITICAL = {7: 24.32, 63: 103.44}
"""Of chi-square with so many degrees of freedom, exceeded with probability 0.001 (published tables)."""
CHAIN = chain(3)
TREE = Candidates((-1, 0, 0, 0, 1, 1, 2))


class Language:
    """Target and draft: what follows hangs on the last token alone, `[vocab, vocab]`."""

    def __init__(self) -> None:
        made = torch.Generator().manual_seed(1)
        logits = torch.randn((2, VOCAB, VOCAB), generator=made)
        self.target = probabilities(logits[0], 0.9)
        self.draft = probabilities(logits[0] + logits[1], 1.2)


def proposed(language, candidates, root, how, generator):
    """Candidates' tokens and the distributions they were drawn from: `again` lets siblings be equal,
    `apart` draws them without replacement, `best` takes the likeliest ones and has no distribution."""
    ids, draws = [root] * candidates.count, torch.zeros(candidates.count, VOCAB)
    for parent, children in enumerate(candidates.children):
        left = language.draft[ids[parent]].clone()
        for rank, child in enumerate(children):
            draws[child] = left
            ids[child] = (
                int(left.argsort(descending=True)[rank]) if how == "best" else drawn_token(left, generator)
            )
            if how == "apart":
                left[ids[child]] = 0
                left = left / left.sum()
    return ids, None if how == "best" else draws


def chi_squares(candidates, how):
    """Of the first token behind the root, and of the first two together."""
    language, generator = Language(), torch.Generator().manual_seed(2)
    root, counts = 3, np.zeros((VOCAB, VOCAB))
    for _ in range(DRAWS):
        ids, draft = proposed(language, candidates, root, how, generator)
        target = language.target[torch.tensor(ids)]
        path, following = sampled_path(candidates, ids, target, draft, generator)
        told = [*(ids[node] for node in path[1:]), following]
        if len(told) < 2:  # the next step's affair, which has the same distribution
            told.append(drawn_token(language.target[told[0]], generator))
        counts[told[0], told[1]] += 1
    first = language.target[root].double().numpy()
    both = first[:, None] * language.target.double().numpy()
    return statistic(counts.sum(1), first), statistic(counts, both)


def statistic(counts, expected):
    expected = expected / expected.sum() * counts.sum()
    return float(((counts - expected) ** 2 / expected).sum())


WAYS = [(CHAIN, "again"), (CHAIN, "best"), (TREE, "again"), (TREE, "apart"), (TREE, "best")]
NAMES = ["chain", "chain-of-best", "tree", "tree-without-replacement", "tree-of-best"]


@pytest.mark.parametrize(("candidates", "how"), WAYS, ids=NAMES)
def test_what_is_said_is_distributed_as_the_target_says(candidates, how):
    first, both = chi_squares(candidates, how)
    assert first < CRITICAL[7]
    assert both < CRITICAL[63]


@pytest.mark.parametrize(("candidates", "how"), WAYS, ids=NAMES)
def test_without_the_residual_the_same_test_fails(monkeypatch, candidates, how):
    monkeypatch.setattr(sampling, "_without", lambda target, draft: target)
    first, both = chi_squares(candidates, how)
    assert first > CRITICAL[7]
    assert both > CRITICAL[63]


def test_siblings_without_replacement_that_claim_to_be_independent_fail(monkeypatch):
    apart = proposed

    def mistaken(language, candidates, root, how, generator):
        ids, _ = apart(language, candidates, root, "apart", generator)
        parents = torch.tensor([ids[max(parent, 0)] for parent in candidates.parents])
        return ids, language.draft[parents]

    monkeypatch.setitem(chi_squares.__globals__, "proposed", mistaken)
    assert chi_squares(Candidates((-1, 0, 0, 0)), "apart")[0] > CRITICAL[7]


def test_the_same_seed_says_the_same():
    target = torch.full((3, VOCAB), 1 / VOCAB)
    found = [
        [sampled_path(CHAIN, [0, 1, 2], target, None, generator) for _ in range(20)]
        for generator in (torch.Generator().manual_seed(seed) for seed in (1, 1, 2))
    ]
    assert found[0] == found[1] != found[2]


def test_without_temperature_it_is_greedy():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn((TREE.count, VOCAB), generator=generator)
    target = probabilities(logits, 0)
    for ids in torch.randint(0, VOCAB, (200, TREE.count), generator=generator).tolist():
        wanted = logits.argmax(-1).tolist()
        path = TREE.agreeing(ids, wanted)
        assert sampled_path(TREE, ids, target, None, generator) == (path, wanted[path[-1]])


def test_a_draft_that_is_the_target_is_always_accepted():
    target = Language().target
    generator = torch.Generator().manual_seed(0)
    for _ in range(200):
        first = drawn_token(target[3], generator)
        ids = [3, first, drawn_token(target[first], generator)]
        draft = target[torch.tensor([0, 3, first])]
        assert sampled_path(CHAIN, ids, target[torch.tensor(ids)], draft, generator)[0] == [0, 1, 2]


def test_temperature_flattens_and_is_never_negative():
    logits = torch.tensor([0.0, np.log(4.0)])
    torch.testing.assert_close(probabilities(logits, 1), torch.tensor([0.2, 0.8]))
    torch.testing.assert_close(probabilities(logits, 2), torch.tensor([1 / 3, 2 / 3]))
    for wrong in (-1, float("nan")):
        with pytest.raises(ValueError, match="0 or more"):
            probabilities(logits, wrong)
