"""torch.compile, held to a few graphs for all shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

RECOMPILE_LIMIT = 64
"""One candidate, one sequence, a mask or none, and two attentions are each compiled apart."""


def few_graphs(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function compiled with lengths left open. Too many graphs are an error: torch would go on eagerly
    and say nothing."""
    dynamo = torch._dynamo.config
    dynamo.recompile_limit = RECOMPILE_LIMIT
    dynamo.fail_on_recompile_limit_hit = True
    return torch.compile(function, dynamic=True, fullgraph=True)


def fix_all_but_length(tensor: torch.Tensor) -> None:
    """Batch, heads and width of `[B, H, length, D]` are compiled in: the decoding kernel of flex attention,
    which splits a long prefix, is only taken where they are known (torch 2.13, flex_decoding.py)."""
    for dimension in (0, 1, 3):
        torch._dynamo.mark_static(tensor, dimension)


def graphs_compiled() -> int:
    """Graphs that torch.compile has made in this process."""
    from torch._dynamo.utils import counters

    return int(counters["stats"]["unique_graphs"])
