"""A drafter's own state follows what was accepted, however much of it that was."""

from __future__ import annotations

import pytest
import torch

from specprof.measure.decoding.decoder import Decoder, StepResult
from specprof.measure.decoding.drafts.eagle import EagleDrafts
from specprof.measure.decoding.drafts.ngram import History, PromptLookup
from specprof.measure.decoding.drafts.small_llama import LlamaDrafts

from .conftest import target_of
from .targets import CPU, PROMPT, ROWS
from .test_lossless import eagle, medusa, module

# what three sequences accept of a chain of 4: nothing, some, all, and all of it twice in a row
ACCEPTED = [(1, 2, 4), (4, 4, 4), (3, 1, 4), (1, 1, 1), (4, 2, 3)]


def fabricated(generator, shape):
    """A target's result of a step of 4 candidates, at random."""
    hidden = torch.randn((3, 4, shape.hidden_size), generator=generator)
    return StepResult(torch.empty(0), hidden)


def test_a_small_llama_drafts_what_it_would_say_behind_the_whole_text():
    target = target_of(2, 3)
    drafts = LlamaDrafts(target.decoder(), 3)
    texts, roots = target.prompts.tolist(), [5, 6, 7]
    drafts.begin(target.prompts, target.plain.step(target.prompts[:, :1], [-1]), roots)
    for turn, accepted in enumerate(ACCEPTED):
        ids = drafts.propose(roots)
        for text, root, proposed in zip(texts, roots, ids.tolist(), strict=True):
            said = [*text, root]
            for token in proposed[1:]:
                assert int(target.model(torch.tensor([said])).logits[0, -1].argmax()) == token
                said.append(token)
        paths = [range(length) for length in accepted]
        drafts.take(ids, paths, None)
        for text, proposed, path in zip(texts, ids.tolist(), paths, strict=True):
            text += [proposed[node] for node in path]
        roots = [40 + turn, 50 + turn, 60 + turn]


def test_medusa_drafts_from_the_state_behind_the_last_accepted():
    target = target_of(2, 3)
    drafts = medusa(target)
    generator = torch.Generator().manual_seed(0)
    last = StepResult(torch.empty(0), torch.randn((3, 1, 64), generator=generator))
    drafts.begin(target.prompts, last, [1, 2, 3])
    seen = last.hidden[:, 0]
    for accepted in ACCEPTED:
        ids = drafts.propose([1, 2, 3])
        x = target.model.model.norm(seen)
        for depth, (weight, bias, projection) in enumerate(drafts.medusa.heads, start=1):
            inner = x @ weight.T + bias
            expected = ((x + inner * torch.sigmoid(inner)) @ projection.T).argmax(-1)
            assert ids[:, depth].tolist() == expected.tolist()
        result = fabricated(generator, target.shape)
        drafts.take(ids, [range(length) for length in accepted], result)
        seen = torch.stack([result.hidden[b, length - 1] for b, length in enumerate(accepted)])


def test_eagle_drafts_from_the_features_of_all_that_was_accepted():
    target = target_of(2, 3)
    drafts = eagle(target)
    generator = torch.Generator().manual_seed(0)
    norm, shape = target.model.model.norm, drafts.decoder.shape
    last = StepResult(torch.empty(0), torch.randn((3, 1, 64), generator=generator))
    prefix = [tuple(part[b : b + 1].clone() for part in drafts.decoder.caches[0]) for b in range(3)]
    roots = [5, 6, 7]
    drafts.begin(target.prompts, last, roots)
    tokens = [[root] for root in roots]
    features = [[feature] for feature in norm(last.hidden)[:, 0]]
    for turn, accepted in enumerate(ACCEPTED):
        ids = drafts.propose(roots)
        for b in range(3):
            # all of the text in one pass, each token with the feature before it, and the drafts one by one
            cache = [tuple(part.clone() for part in prefix[b])]
            whole = Decoder(drafts.decoder.model, shape, cache)
            whole.reset(PROMPT - 1)
            inputs = drafts._joined(torch.tensor([tokens[b]]), torch.stack(features[b])[None])
            result = whole.step(inputs, [node - 1 for node in range(len(tokens[b]))])
            whole.keep([range(len(tokens[b]))])
            for depth in range(1, 4):
                token = result.logits[:, -1:].argmax(-1)
                assert ids[b, depth] == token
                result = whole.step(drafts._joined(token, result.hidden[:, -1:]), [-1])
                whole.keep([[0]])
        result = fabricated(generator, target.shape)
        drafts.take(ids, [range(length) for length in accepted], result)
        roots = [40 + turn, 50 + turn, 60 + turn]
        for b, length in enumerate(accepted):
            tokens[b] += [*ids[b, 1:length].tolist(), roots[b]]
            features[b] += list(norm(result.hidden[b, :length]))


# prompt lookup


def test_lookup_copies_what_stood_behind_the_longest_run():
    history = History([1, 2, 3, 9, 2, 3, 8, 1, 2], 3)
    # 1 2 3 stood at the beginning; 2 3 stands nearer, and is shorter
    assert history.behind(3, 4) == [9, 2, 3, 8]


def test_lookup_takes_the_last_of_equals():
    assert History([4, 5, 4, 6], 3).behind(4, 2) == [6, 4]


def test_lookup_goes_on_into_its_own_copy():
    assert History([1, 2, 1], 3).behind(2, 5) == [1, 2, 1, 2, 1]
    assert History([7], 3).behind(7, 3) == [7, 7, 7]


def test_lookup_of_what_never_stood_there_finds_nothing():
    assert History([1, 2, 3], 3).behind(4, 3) == []


def test_lookup_learns_what_was_accepted_of_each_sequence():
    drafts = PromptLookup(3, CPU)
    drafts.begin(torch.tensor([[1, 2, 3], [1, 2, 3]]), None, [1, 1])
    ids = drafts.propose([1, 1])
    assert ids.tolist() == [[1, 2, 3], [1, 2, 3]]
    drafts.take(ids, [[0, 1, 2], [0]], None)
    # the first one's text is 1 2 3 1 2 3, the other one's 1 2 3 1
    # the root alone where nothing is found for any, and copies of it for one beside another
    assert drafts.propose([9, 9]).tolist() == [[9], [9]]
    assert drafts.propose([9, 1]).tolist() == [[9, 9, 9], [1, 1, 1]]
    drafts.take(torch.tensor([[9, 0, 0], [9, 0, 0]]), [[0], [0]], None)
    assert drafts.propose([3, 1]).tolist() == [[3, 9, 3], [1, 9, 1]]


def test_a_chain_without_drafts_is_refused():
    target = target_of(2, 1)
    with pytest.raises(ValueError, match="needs no drafter"):
        LlamaDrafts(target.decoder(), 0)
    with pytest.raises(ValueError, match="needs no drafter"):
        EagleDrafts(module(target, "eagle", 1), target.model.model.norm, 0, 1, ROWS)
