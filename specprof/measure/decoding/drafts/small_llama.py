"""A small Llama that drafts a chain, token by token, over a cache of its own."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from specprof.measure.decoding.decoder import Decoder, Path, StepResult

_ALONE, _PAIR = (-1,), (-1, 0)


class LlamaDrafts:
    """`depth` greedy tokens of the drafting model behind each root, K = depth + 1.

    `decoder` is that model's, with as many sequences as the target's and about as many rows. After a step
    its cache holds all that was accepted but for the last draft of a chain that was accepted whole, which
    was proposed and never gone through: it goes through together with the next root.
    """

    def __init__(self, decoder: Decoder, depth: int) -> None:
        if depth < 1:
            raise ValueError("a chain without drafts needs no drafter")
        self.decoder = decoder
        self.depth = depth
        self.parents = tuple(node - 1 for node in range(depth + 1))
        self._left_out: torch.Tensor | None = None
        """Of a step in which some sequence accepted all, the last draft of each, `[B, 1]`."""
        self._owed = [False] * decoder.batch_size
        """Which sequences have that draft still to go through."""
        self._roots_at = [0] * decoder.batch_size

    def begin(self, prompt: torch.Tensor, last: StepResult, roots: Sequence[int]) -> None:
        self.decoder.reset(0)
        self.decoder.prefill(prompt)
        self._owed = [False] * self.decoder.batch_size

    def propose(self, roots: Sequence[int]) -> torch.Tensor:
        decoder = self.decoder
        root = torch.tensor(roots, device=decoder.device)[:, None]
        tokens = [root, self._first(root)]
        self._roots_at = [length - 1 for length in decoder.lengths]
        while len(tokens) <= self.depth:
            logits = decoder.step(tokens[-1], _ALONE).logits
            decoder.keep([[0]] * decoder.batch_size)
            tokens.append(logits.argmax(-1))
        return torch.cat(tokens, dim=1)

    def _first(self, root: torch.Tensor) -> torch.Tensor:
        """What follows the roots, `[B, 1]`; they and what was left out before them stand afterwards."""
        decoder = self.decoder
        if not any(self._owed):
            logits = decoder.step(root, _ALONE).logits
            decoder.keep([[0]] * decoder.batch_size)
            return logits.argmax(-1)
        owed = torch.tensor(self._owed, device=decoder.device)[:, None]
        # a sequence that owes nothing has its root first, and what comes behind that is forgotten
        pair = torch.cat((torch.where(owed, self._left_out, root), root), dim=1)
        found = decoder.step(pair, _PAIR).logits.argmax(-1)
        decoder.keep([[0, 1] if owes else [0] for owes in self._owed])
        return torch.where(owed, found[:, 1:], found[:, :1])

    def take(self, ids: torch.Tensor, paths: Sequence[Path], result: StepResult) -> None:
        """The drafter's cache goes back to what was accepted of its chain."""
        self._owed = [len(path) > self.depth for path in paths]
        self._left_out = ids[:, -1:]
        places = zip(self._roots_at, paths, strict=True)
        self.decoder.lengths = [place + min(len(path), self.depth) for place, path in places]
