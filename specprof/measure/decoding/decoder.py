"""A model that decodes over one key-value cache: steps of one token or of a tree of candidates, of which
some are kept.

Each sequence of the batch has a prefix length of its own. While all are equal a step is done exactly as the
verify step that `specprof run` times, on the same slice of the cache; where they differ (sequences accept
different counts) keys and values are written to different rows and the mask says who sees what.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import torch

from specprof.measure.attention.choice import implementation, mask_for
from specprof.measure.attention.tree_mask import tree_positions, who_sees_whom
from specprof.measure.decoding.ragged import ragged_layer_step, ragged_mask, ragged_positions
from specprof.measure.layer_step import LayerStep, layer_step
from specprof.plan.draft_tree import depths
from specprof.plan.model import ModelShape

PREFILL_CHUNK = 128
"""Tokens that one step of a prefill takes: their scores against a long prefix stay small."""

Path = Sequence[int]
"""Candidates that are kept of one sequence's step, the root first, each the parent of the next."""


class StepResult(NamedTuple):
    """Of each candidate: `logits` `[B, K, vocab]` and the last layer's `hidden` states, before the norm,
    `[B, K, hidden]`."""

    logits: torch.Tensor
    hidden: torch.Tensor


class Through(NamedTuple):
    """How a layer is gone through: while all prefixes are equally long, and while they are not."""

    even: LayerStep = layer_step
    ragged: LayerStep = ragged_layer_step


class Decoder:
    """`model` over `caches`: keys and values of each layer, `[B, kv_heads, rows, head_dim]`.

    `lengths` says how many rows of each sequence stand; what lies behind them is overwritten. A step needs
    room for its candidates behind the longest.
    """

    def __init__(
        self,
        model: Any,
        shape: ModelShape,
        caches: Sequence[tuple[torch.Tensor, torch.Tensor]],
        *,
        attention: str = "sdpa",
        through: Through | None = None,
        kernels: Callable[[bool], AbstractContextManager[Any]] = lambda masked: nullcontext(),
    ) -> None:
        self.model = model
        self.shape = shape
        self.caches = caches
        self.attention = attention
        self.implementation = implementation(attention)
        self.through = through or Through()
        self.kernels = kernels
        keys = caches[0][0]
        self.batch_size, _, self.rows, _ = keys.shape
        self.dtype, self.device = keys.dtype, keys.device
        self.lengths = [0] * self.batch_size
        self.moved_rows = 0
        """Rows of one layer's cache that were moved so far because accepted ones were not adjacent."""

    @property
    def even(self) -> bool:
        """Whether all sequences have the same prefix length."""
        return min(self.lengths) == max(self.lengths)

    def reset(self, length: int) -> None:
        """Goes back to a prefix of the first `length` rows of each sequence."""
        self.lengths = [length] * self.batch_size

    def step(self, ids: torch.Tensor, tree: Sequence[int], *, last: bool = False) -> StepResult:
        """Runs candidates `ids` `[B, K]` in `tree` (the parent of each, −1 for the root) behind the prefixes.

        Their keys and values lie behind the prefixes after that; `keep` says which of them stand. Where only
        the `last` one's logits are wanted the head is spared the others.
        """
        count = len(tree)
        if max(self.lengths) + count > self.rows:
            raise ValueError(f"no room for {count} candidates behind {max(self.lengths)} of {self.rows} rows")
        inner = self.model.model
        # split attention has nothing to do for an empty prefix: torch's flash kernel divides by zero there
        first = self.attention == "split" and not max(self.lengths)
        self.model.config._attn_implementation = "sdpa" if first else self.implementation
        masked = count > 1 or not self.even
        mask, positions, through, more, end = self._placed(list(tree))
        hidden = inner.embed_tokens(ids)
        cos, sin = inner.rotary_emb(hidden, positions)
        with self.kernels(masked):
            for layer, (keys, values) in zip(inner.layers, self.caches, strict=True):
                seen = keys[:, :, :end], values[:, :, :end]
                hidden = through(layer, hidden, *seen, mask, cos, sin, positions, *more)
        hidden = hidden[:, -1:] if last else hidden
        return StepResult(self.model.lm_head(inner.norm(hidden)), hidden)

    def _placed(self, tree: list[int]) -> tuple[Any, torch.Tensor, LayerStep, tuple[torch.Tensor, ...], int]:
        """Mask, positions, the layer's function and what more it takes, and the rows it sees."""
        count, longest = len(tree), max(self.lengths)
        end = longest + count
        if self.even:
            place = (tree, longest, self.batch_size)
            mask = mask_for(self.attention, *place, self.dtype, self.device) if count > 1 else None
            return mask, tree_positions(*place, self.device), self.through.even, (), end
        if self.attention in ("split", "flex"):
            raise ValueError(f"{self.attention} attention has one prefix for all sequences: {self.lengths}")
        lengths = torch.tensor(self.lengths, device=self.device)
        rows = lengths[:, None] + torch.arange(count, device=self.device)
        mask = ragged_mask(who_sees_whom(tree).to(self.device), lengths, end, self.dtype)
        positions = ragged_positions(torch.tensor(depths(tree), device=self.device), lengths)
        return mask, positions, self.through.ragged, (rows,), end

    def keep(self, paths: Sequence[Path]) -> None:
        """Lets these candidates of each sequence stand, in this order, and forgets all others of the step.

        Rows of a tree's accepted candidates are moved together; those of a chain lie so already.
        """
        for sequence, path in enumerate(paths):
            moved = [(start, node) for start, node in enumerate(path) if start != node]
            if moved:
                self._move(sequence, moved)
        self.lengths = [length + len(path) for length, path in zip(self.lengths, paths, strict=True)]

    def _move(self, sequence: int, moved: list[tuple[int, int]]) -> None:
        begin = self.lengths[sequence]
        source = torch.tensor([begin + node for _, node in moved], device=self.device)
        target = torch.tensor([begin + place for place, _ in moved], device=self.device)
        for layer in self.caches:
            for part in layer:
                rows = part[sequence]
                # the right side is a copy: a row may be overwritten before it is read elsewhere
                rows[:, target] = rows[:, source]
        self.moved_rows += len(moved)

    def prefill(self, ids: torch.Tensor) -> StepResult:
        """Takes tokens `[B, n]`, n ≥ 1, into the prefixes. The result is the last one's, `[B, 1, …]`."""
        found: StepResult | None = None
        for some in ids.split(PREFILL_CHUNK, dim=1):
            count = some.shape[1]
            found = self.step(some, [node - 1 for node in range(count)], last=True)
            self.keep([range(count)] * self.batch_size)
        assert found is not None
        return found


def empty_caches(
    shape: ModelShape, batch_size: int, rows: int, dtype: torch.dtype, device: torch.device
) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """A cache of so many rows for each of the measured layers, nothing in it yet."""
    size = (batch_size, shape.num_key_value_heads, rows, shape.head_dim)
    return [
        (torch.zeros(size, dtype=dtype, device=device), torch.zeros(size, dtype=dtype, device=device))
        for _ in range(shape.layers_measured)
    ]
