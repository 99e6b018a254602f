"""One layer of EAGLE as a drafter: once per depth, over a cache of its own and the target's features."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import torch

from specprof.measure.decoding.decoder import Decoder, Path, StepResult, empty_caches
from specprof.measure.drafters.eagle import Eagle
from specprof.measure.random_data import fill_random

_ALONE = (-1,)


class EagleDrafts:
    """A chain of `depth` drafts behind each root, K = depth + 1, the best token of each depth.

    A row of the layer's cache belongs to a token and the feature of the token before it (Li et al.,
    arXiv 2401.15077): the target's hidden state after its final `norm`, where the target has been, else the
    layer's own output. As in the authors' implementation what was accepted goes through the layer again,
    with the target's features, in the next step's first pass.

    Of a prompt the target keeps the last feature only; the rows of those before are random, as they are
    where a pass is timed. Weights are random too, so what is proposed is right by chance only.
    """

    def __init__(
        self,
        eagle: Eagle,
        norm: Callable[[torch.Tensor], torch.Tensor],
        depth: int,
        batch_size: int,
        rows: int,
        **mode: Any,
    ) -> None:
        """`mode` is what `Decoder` takes beside model, shape and caches."""
        if depth < 1:
            raise ValueError("a chain without drafts needs no drafter")
        self.eagle = eagle
        self.norm = norm
        self.depth = depth
        self.parents = tuple(node - 1 for node in range(depth + 1))
        weight = eagle.fc.weight
        shape = eagle.shape.model_copy(update={"layers_measured": 1})
        caches = empty_caches(shape, batch_size, rows, weight.dtype, weight.device)
        generator = torch.Generator(weight.device).manual_seed(0)
        for part in caches[0]:
            fill_random(part, generator)
        self.decoder = Decoder(_as_model(eagle), shape, caches, **mode)
        """What it takes as ids are the joined inputs of the layer, `[B, K, hidden]`."""
        self._behind: list[list[int]] = []
        """Of each sequence, the tokens that were accepted since the last first pass, the roots left out."""
        self._features = torch.empty(0)
        """The target's features of the tokens before these and the root, `[B, m, hidden]`."""

    def begin(self, prompt: torch.Tensor, last: StepResult, roots: Sequence[int]) -> None:
        self.decoder.reset(prompt.shape[1] - 1)
        self._behind = [[] for _ in roots]
        self._features = self.norm(last.hidden)

    def propose(self, roots: Sequence[int]) -> torch.Tensor:
        decoder = self.decoder
        feature, token = self._first(roots)
        standing = list(decoder.lengths)
        tokens = [torch.tensor(roots, device=decoder.device)[:, None], token]
        while len(tokens) <= self.depth:
            result = decoder.step(self._joined(tokens[-1], feature), _ALONE)
            decoder.keep([[0]] * len(roots))
            feature = result.hidden
            tokens.append(result.logits.argmax(-1))
        decoder.lengths = standing  # rows of the layer's own features are no more than drafts
        return torch.cat(tokens, dim=1)

    def _first(self, roots: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor]:
        """The first pass, over all that was accepted and the roots: the feature `[B, 1, hidden]` that it
        finds for the root of each sequence and the token `[B, 1]` behind. What went through stands."""
        decoder = self.decoder
        through = [[*behind, root] for behind, root in zip(self._behind, roots, strict=True)]
        most = max(map(len, through))
        # shorter ones are filled up behind their root, and that is forgotten
        ids = torch.tensor([row + [0] * (most - len(row)) for row in through], device=decoder.device)
        result = decoder.step(self._joined(ids, self._features), [node - 1 for node in range(most)])
        decoder.keep([range(len(row)) for row in through])
        last = torch.tensor([len(row) - 1 for row in through], device=decoder.device)
        sequences = torch.arange(len(through), device=decoder.device)
        logits = result.logits[sequences, last][:, None]
        return result.hidden[sequences, last][:, None], logits.argmax(-1)

    def _joined(self, ids: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
        joined: torch.Tensor = self.eagle.fc(torch.cat((self.eagle.embedding(ids), features), dim=-1))
        return joined

    def take(self, ids: torch.Tensor, paths: Sequence[Path], result: StepResult) -> None:
        tokens = ids.tolist()
        self._behind = [[row[node] for node in path[1:]] for row, path in zip(tokens, paths, strict=True)]
        most = max(map(len, paths))
        # what fills up a shorter path lies behind its end
        nodes = [[*path, *[path[-1]] * (most - len(path))] for path in paths]
        index = torch.tensor(nodes, device=ids.device)[..., None]
        features = result.hidden.gather(1, index.expand(-1, -1, result.hidden.shape[-1]))
        self._features = self.norm(features)


def _as_model(eagle: Eagle) -> SimpleNamespace:
    """The layer in the form in which a decoder goes through a model: inputs are embedded already."""
    inner = eagle.layer
    return SimpleNamespace(
        config=inner.config,
        lm_head=eagle.head,
        model=SimpleNamespace(
            embed_tokens=lambda joined: joined,
            rotary_emb=inner.rotary_emb,
            layers=inner.layers,
            norm=inner.norm,
        ),
    )
