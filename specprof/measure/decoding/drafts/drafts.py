"""What proposes candidates while real tokens are decoded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch

from specprof.measure.decoding.decoder import Path, StepResult


class Drafts(Protocol):
    """Proposes a tree of candidates step after step. Its own state follows what was accepted."""

    parents: tuple[int, ...]
    """Of each candidate, −1 for the root: the tree that every proposal has, `[K]`."""

    def begin(self, prompt: torch.Tensor, last: StepResult, roots: Sequence[int]) -> None:
        """A continuation begins behind `prompt` `[B, S]`, which the target has taken in: `last` is what it
        found for the prompt's last token, `roots` the token that each sequence goes on with."""

    def propose(self, roots: Sequence[int]) -> torch.Tensor:
        """Candidates `[B, K]` on the target's device, each sequence's own root first; `[B, 1]` where there is
        nothing to propose to any of them."""

    def take(self, ids: torch.Tensor, paths: Sequence[Path], result: StepResult) -> None:
        """Of the candidates `ids` these paths were accepted; `result` is the target's for all of them."""
