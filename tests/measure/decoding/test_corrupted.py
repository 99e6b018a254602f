"""What is accepted of a corrupted continuation is what its chances say; a noisy self-draft loses by noise."""

from __future__ import annotations

import math
import random

import pytest

from specprof.measure.decoding.candidates import Candidates
from specprof.measure.decoding.drafts.corrupted import Corrupted
from specprof.measure.decoding.drafts.noisy import noisy_copy

from .conftest import target_of
from .targets import COUNT, CPU, speculate
from .test_lossless import CHAIN, TREE, self_draft

STEPS = 3000


def expected(candidates):
    """1 for the root and the probability of every candidate."""
    reached = [1.0]
    for parent, chance in zip(candidates.parents[1:], candidates.chances[1:], strict=True):
        reached.append(reached[parent] * chance)
    return sum(reached)


def lengths_of(candidates, vocab_size):
    """Lengths of accepted paths, by a target that wants a random continuation whatever stands before it."""
    chance = random.Random(4)
    wants = [[chance.randrange(vocab_size) for _ in range(6 * STEPS)] for _ in range(2)]
    drafts = Corrupted(candidates, wants, vocab_size, 11, CPU)
    drafts.begin(None, None, [0, 0])
    depth = [0]
    for parent in candidates.parents[1:]:
        depth.append(depth[parent] + 1)
    at, roots, lengths = [0, 0], [0, 0], []
    for _ in range(STEPS):
        ids = drafts.propose(roots)
        paths = []
        for sequence, row in enumerate(ids.tolist()):
            wanted = [wants[sequence][at[sequence] + below] for below in depth]
            paths.append(candidates.agreeing(row, wanted))
            at[sequence] += len(paths[-1])
            roots[sequence] = wants[sequence][at[sequence] - 1]
        drafts.take(ids, paths, None)
        lengths += map(len, paths)
    return lengths


# with two tokens a wrong one that were drawn carelessly would be right every other time
@pytest.mark.parametrize(("candidates", "vocab_size"), [(CHAIN, 2), (CHAIN, 256), (TREE, 256)])
def test_acceptance_agrees_with_the_chances(candidates, vocab_size):
    lengths = lengths_of(candidates, vocab_size)
    mean = sum(lengths) / len(lengths)
    variance = sum((one - mean) ** 2 for one in lengths) / (len(lengths) - 1)
    assert abs(mean - expected(candidates)) < 4 * math.sqrt(variance / len(lengths))


def test_that_agreement_is_more_than_wide_margins():
    lengths = lengths_of(CHAIN, 256)
    mean = sum(lengths) / len(lengths)
    variance = sum((one - mean) ** 2 for one in lengths) / (len(lengths) - 1)
    close = Candidates(CHAIN.parents, (1, 0.75, 0.75, 0.75))
    assert abs(mean - expected(close)) > 4 * math.sqrt(variance / len(lengths))


def test_a_real_target_accepts_just_what_was_drawn():
    target = target_of(2, 3)
    for candidates in (CHAIN, TREE):
        drawn = random.Random(5)
        lengths = speculate(target, Corrupted(candidates, target.continuations, 256, 5, CPU)).lengths
        # the same draws: a path for each sequence, then a turn for each candidate, children or not
        again = []
        for _ in lengths:
            again.append(len(candidates.drawn(drawn)))
            for _ in candidates.parents:
                drawn.randrange(256)
        # behind the end of a continuation nothing is known; 32 tokens of at most 4 a step lie before it
        assert lengths == again


def test_the_same_seed_proposes_the_same():
    one, other, another = (
        Corrupted(TREE, [list(range(50))], 256, seed, CPU).propose([7]).tolist() for seed in (1, 1, 2)
    )
    assert one == other != another


def test_siblings_are_all_different():
    tree = Candidates((-1, *[0] * 7), (1, *[0.1] * 7))
    drafts = Corrupted(tree, [[3] * 100], 8, 0, CPU)
    for _ in range(50):
        proposed = drafts.propose([0])[0, 1:].tolist()
        assert len(set(proposed)) == 7


def test_more_noise_loses_more():
    target = target_of(2, 3)
    whole, some, little = (speculate(target, self_draft(target, sigma)).per_step for sigma in (0.0, 0.1, 1.0))
    assert whole == 5  # K = 5: all of it, in every step of every sequence
    assert whole > some > little >= 1


def test_noise_is_as_large_as_asked_and_leaves_the_target_alone():
    model = target_of(2, 1).model
    before = {name: tensor.clone() for name, tensor in model.named_parameters()}
    noisy = dict(noisy_copy(model, 0.25, 7).named_parameters())
    for name, tensor in model.named_parameters():
        assert tensor.equal(before[name])
        change = noisy[name] - tensor
        if name.endswith("norm.weight"):
            assert change.abs().max() == 0
        else:
            assert float(change.std() / tensor.std()) == pytest.approx(0.25, rel=0.03)
    again = dict(noisy_copy(model, 0.25, 7).named_parameters())
    assert all(again[name].equal(noisy[name]) for name in noisy)


def test_a_step_of_all_candidates_takes_as_many_tokens_as_are_left():
    lengths = speculate(target_of(2, 1), self_draft(target_of(2, 1), 0.0)).lengths
    assert len(lengths) == math.ceil(COUNT / 5)
