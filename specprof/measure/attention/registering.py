"""Making transformers know an attention of our own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from transformers import AttentionInterface, AttentionMaskInterface


def _no_mask(*_: object, **__: object) -> None:
    """One candidate sees all there is. transformers would make a boolean mask here, which adds as 0 and 1."""


def register(name: str, forward: Callable[..., Any]) -> None:
    AttentionInterface.register(name, forward)
    AttentionMaskInterface.register(name, _no_mask)
