"""A tiny target whose greedy continuations do not soon repeat themselves, and a loop that speculates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import torch

from specprof.measure.decoding.candidates import Candidates
from specprof.measure.decoding.decoder import Decoder, empty_caches
from specprof.measure.decoding.drafts.drafts import Drafts
from specprof.measure.llama import build_llama
from specprof.plan.presets import PRESETS

from .plain import greedy

CPU = torch.device("cpu")
COUNT = 32
PROMPT = 20
ROWS = 256


class Target:
    """A model with its prompts `[B, 20]` and what it says behind them when nobody speculates."""

    def __init__(
        self, kv_heads: int = 2, batch_size: int = 1, attention: str = "sdpa", seed: int = 3
    ) -> None:
        self.shape = PRESETS["tiny"].model_copy(
            update={"num_key_value_heads": kv_heads, "layers_measured": 2, "layers_total": 2}
        )
        self.attention = attention
        self.batch_size = batch_size
        self.model = build_llama(self.shape, attention=attention, dtype=torch.float32, device=CPU, seed=seed)
        generator = torch.Generator().manual_seed(seed)
        size = (batch_size, PROMPT)
        self.prompts = torch.randint(0, self.shape.vocab_size, size, generator=generator)
        self.plain = self.decoder()
        last = self.plain.prefill(self.prompts)
        self.roots = last.logits[:, 0].argmax(-1).tolist()
        self.continuations = greedy(self.plain, self.roots, COUNT + 16)

    def decoder(self, model=None) -> Decoder:
        """With an empty cache; `model` is another of the same shape."""
        caches = empty_caches(self.shape, self.batch_size, ROWS, torch.float32, CPU)
        return Decoder(model or self.model, self.shape, caches, attention=self.attention)


class Decoded(NamedTuple):
    """Tokens of each sequence behind its root, the lengths of all accepted paths, and the cache's decoder."""

    tokens: list[list[int]]
    lengths: list[int]
    decoder: Decoder

    @property
    def per_step(self) -> float:
        return sum(self.lengths) / len(self.lengths)


def speculate(target: Target, drafts: Drafts, count: int = COUNT) -> Decoded:
    """Decodes until each sequence has `count` tokens behind its root, by what the target wants."""
    decoder = target.decoder()
    last = decoder.prefill(target.prompts)
    roots = last.logits[:, 0].argmax(-1).tolist()
    drafts.begin(target.prompts, last, roots)
    got: list[list[int]] = [[] for _ in roots]
    lengths = []
    while min(map(len, got)) < count:
        ids = drafts.propose(roots)
        assert ids.shape in ((len(roots), len(drafts.parents)), (len(roots), 1))
        assert ids[:, 0].tolist() == roots
        candidates = Candidates(drafts.parents[: ids.shape[1]])
        result = decoder.step(ids, candidates.parents)
        wanted, proposed = result.logits.argmax(-1).tolist(), ids.tolist()
        paths = [candidates.agreeing(*both) for both in zip(proposed, wanted, strict=True)]
        decoder.keep(paths)
        drafts.take(ids, paths, result)
        for sequence, path in enumerate(paths):
            accepted = [proposed[sequence][node] for node in path[1:]]
            got[sequence] += [*accepted, wanted[sequence][path[-1]]]
        roots = [tokens[-1] for tokens in got]
        lengths += map(len, paths)
    return Decoded(got, lengths, decoder)


def agree(found: Iterable[list[int]], expected: Iterable[list[int]], count: int = COUNT) -> bool:
    """Whether the first `count` tokens of each sequence are the same."""
    both = zip(found, expected, strict=True)
    return all(len(a) >= count <= len(b) and a[:count] == b[:count] for a, b in both)
