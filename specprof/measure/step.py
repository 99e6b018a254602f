"""Something to time, and in which form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import torch

Mark = Callable[[], None]


class Form(NamedTuple):
    """How a step is done. Without a mask every candidate sees all: right for one, never for several."""

    masked: bool
    attention: str
    compiled: bool = False


@dataclass
class Step:
    """`run` does the whole step; `head_alone` only what lies outside the layers.

    `run` calls whatever `marks` holds as it enters the first layer and leaves the last one. A step that
    cannot be marked from inside, a replayed graph, has `run_head` set instead.
    """

    run: Callable[[], torch.Tensor | None]
    head_alone: Callable[[], torch.Tensor] | None = None
    marks: list[Mark] = field(default_factory=list)
    run_head: Callable[[], torch.Tensor] | None = None
    model: torch.nn.Module | None = None
    """Whose modules run in it, where they do one by one."""
    reads: object = None
    """What a replay reads without holding it: a captured graph knows addresses, and keeps nothing alive."""
