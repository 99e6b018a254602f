"""One decoder layer as a function of tensors: what the verify step runs for every layer, eagerly or compiled.

The layer is transformers' own. Its keys and values are arguments: a cache shared by all layers would make
the compiler specialise on each layer's index, and after a few of those fall back to eager without a word.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from specprof.errors import EnvironmentProblem
from specprof.measure.cache_word import CACHE
from specprof.measure.compiling import few_graphs, fix_all_but_length, graphs_compiled

LayerStep = Callable[..., torch.Tensor]


class LayerCache:
    """One layer's keys and values, `[B, kv_heads, S + K, head_dim]`: the last K rows are written anew in
    every step, so that every repetition sees the same S tokens. Stands in for transformers' cache."""

    def __init__(self, keys: torch.Tensor, values: torch.Tensor) -> None:
        self.keys, self.values = keys, values

    def update(self, key_states, value_states, *args, **kwargs):
        count = key_states.shape[-2]
        self.keys[:, :, -count:].copy_(key_states)
        self.values[:, :, -count:].copy_(value_states)
        return self.keys, self.values


def layer_step(layer, hidden, keys, values, mask, cos, sin, positions) -> torch.Tensor:
    """hidden `[B, K, hidden]` through one layer; cos and sin `[B, K, head_dim]`, positions `[B, K]`."""
    return through_layer(layer, hidden, LayerCache(keys, values), mask, cos, sin, positions)


def through_layer(layer, hidden, cache, mask, cos, sin, positions) -> torch.Tensor:
    """The same with whatever stands in for transformers' cache."""
    return layer(
        hidden,
        attention_mask=mask,
        position_ids=positions,
        position_embeddings=(cos, sin),
        **{CACHE: cache},
    )


class CompiledLayer:
    """`layer_step` through torch.compile, for all layers and shapes in a few graphs."""

    def __init__(self, step: LayerStep = layer_step) -> None:
        # else each layer's index is a graph of its own
        torch._dynamo.config.allow_unspec_int_on_nn_module = True
        self._compiled = few_graphs(step)
        self._before = graphs_compiled()

    @property
    def graphs(self) -> int:
        """Graphs compiled so far."""
        return graphs_compiled() - self._before

    def __call__(self, *args: Any) -> torch.Tensor:
        return self._compiled(*args)

    def for_flex(self, layer, hidden, keys, values, *more: Any) -> torch.Tensor:
        """The same for flex attention: each batch size is compiled apart."""
        torch._dynamo.mark_static(hidden, 0)
        for tensor in (keys, values):
            fix_all_but_length(tensor)
        return self._compiled(layer, hidden, keys, values, *more)


def compiler_missing(device: torch.device) -> EnvironmentProblem | None:
    """Why torch.compile cannot work here, as far as that is known beforehand."""
    import shutil

    if device.type == "cuda" or any(shutil.which(name) for name in ("g++", "clang++", "c++")):
        return None
    return EnvironmentProblem(
        "torch.compile needs a C++ compiler on a CPU and finds none",
        "install g++, or measure with --execution eager",
    )
