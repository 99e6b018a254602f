"""One depth of EAGLE: a decoder layer over the target's features, its head, and the choice of tokens.

As in the authors' implementation (Li et al., arXiv 2401.15077 and 2406.16858): embedding and last feature
of each token are joined by fc, 2·hidden → hidden with bias; one Llama layer without its input norm and
with a cache of its own follows; the target's head gives the logits, straight from the layer. Of the best
k tokens behind each of the k paths the k with the highest joint probability go on to the next depth.

What is timed is a depth after the first, with k tokens of each sequence, where the drafter has several,
and the first one, with one token, where it has no other. The choice of the tree that is verified in the
end, once per verify step, is left out.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import nn
from transformers.cache_utils import Cache

from specprof.measure.attention.tree_mask import tree_mask
from specprof.measure.cache_word import CACHE
from specprof.measure.llama import WEIGHT_SCALE, build_llama
from specprof.measure.prefix_cache import prefix_cache
from specprof.measure.random_data import fill_random
from specprof.measure.step import Step
from specprof.plan.drafter import EAGLE_TOP_K
from specprof.plan.plan import Plan, Row

_SIBLINGS = -1


class Drafted(NamedTuple):
    """What goes on to the next depth, k paths of each sequence: tokens `[B, k]`, their log-probabilities
    `[B, k]` and the features they follow `[B, k, hidden]`."""

    ids: torch.Tensor
    scores: torch.Tensor
    features: torch.Tensor


class Eagle:
    """The layer with its cache. `target` lends embedding and head; without one they are made here."""

    def __init__(
        self, plan: Plan, dtype: torch.dtype, device: torch.device, target: Any | None = None
    ) -> None:
        assert plan.drafter is not None
        self.shape = plan.model
        self.width = plan.drafter.width
        self._dtype = dtype
        self._device = device
        self._generator = torch.Generator(device).manual_seed(plan.seed)
        hidden, vocab = self.shape.hidden_size, self.shape.vocab_size
        # embedding and head are taken from elsewhere: it is built with hardly any of its own
        layer = self.shape.model_copy(
            update={
                "layers_measured": 1,
                "layers_total": 1,
                "vocab_size": 1,
                "tie_word_embeddings": False,
                "has_weights": False,
            }
        )
        built = build_llama(layer, attention=plan.attention, dtype=dtype, device=device, seed=plan.seed)
        self.layer = built.model
        self.layer.layers[0].input_layernorm = nn.Identity()
        self.layer.norm = nn.Identity()
        self.fc = nn.Linear(2 * hidden, hidden, dtype=dtype, device="meta").to_empty(device=device)
        self.fc.requires_grad_(False)
        self._fill(self.fc.weight, self.fc.bias)
        if target is not None:
            self.embedding, self.head = target.model.embed_tokens, target.lm_head
        else:
            embedding = nn.Embedding(vocab, hidden, dtype=dtype, device="meta")
            head = nn.Linear(hidden, vocab, bias=False, dtype=dtype, device="meta")
            self.embedding, self.head = embedding.to_empty(device=device), head.to_empty(device=device)
            self._fill(self.embedding.weight, self.head.weight)
        self.close_row()

    def _fill(self, *tensors: torch.Tensor) -> None:
        for tensor in tensors:
            fill_random(tensor.data, self._generator, WEIGHT_SCALE)

    def open_row(self, row: Row) -> None:
        """The layer's keys and values of S tokens, and what the depth before gave: `before`."""
        batch, width = row.batch_size, self.width
        self.cache = prefix_cache(
            layers=1,
            batch_size=batch,
            kv_heads=self.shape.num_key_value_heads,
            head_dim=self.shape.head_dim,
            prefix=row.seq_len,
            room=width,
            dtype=self._dtype,
            device=self._device,
            generator=self._generator,
        )
        features = torch.empty((batch, width, self.shape.hidden_size), dtype=self._dtype, device=self._device)
        scores = torch.empty((batch, width), dtype=self._dtype, device=self._device)
        fill_random(features, self._generator)
        fill_random(scores, self._generator)
        ids = torch.randint(
            0, self.shape.vocab_size, (batch, width), generator=self._generator, device=self._device
        )
        self.before = Drafted(ids, scores, features)
        self._positions = torch.full((batch, width), row.seq_len, device=self._device)
        self._mask = None
        if width > 1:  # siblings: each sees the prefix and itself
            siblings = tree_mask([_SIBLINGS] * width, row.seq_len, self._dtype, self._device)
            self._mask = siblings.expand(batch, 1, -1, -1)

    def close_row(self) -> None:
        self.cache: Cache | None
        self.before: Drafted | None
        self._positions: torch.Tensor | None
        self._mask: torch.Tensor | None
        self.cache = self.before = self._positions = self._mask = None

    def features(self) -> torch.Tensor:
        """The layer's output for the tokens of this depth, `[B, width, hidden]`."""
        assert self.before is not None
        joined = torch.cat((self.embedding(self.before.ids), self.before.features), dim=-1)
        found: torch.Tensor = self.layer(
            inputs_embeds=self.fc(joined),
            attention_mask=self._mask,
            position_ids=self._positions,
            use_cache=True,
            **{CACHE: self.cache},
        ).last_hidden_state
        return found

    def draft(self) -> Drafted:
        """One depth: from `before` to what goes on."""
        assert self.before is not None
        features = self.features()
        best = torch.log_softmax(self.head(features), dim=-1).topk(EAGLE_TOP_K, dim=-1)  # [B, width, k]
        joint = (best.values + self.before.scores[..., None]).flatten(1)
        scores, chosen = joint.topk(EAGLE_TOP_K, dim=-1)
        path = torch.div(chosen, EAGLE_TOP_K, rounding_mode="floor")[..., None]
        ids = best.indices.flatten(1).gather(1, chosen)
        return Drafted(ids, scores, features.gather(1, path.expand(-1, -1, features.shape[-1])))

    def step(self) -> Step:
        """One pass. Its result is `[B, k, hidden]`; tokens and scores are computed on the way."""
        return Step(lambda: self.draft().features)
