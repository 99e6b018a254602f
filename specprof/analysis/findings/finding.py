"""A finding: one sentence about the curves, with its numbers and how sure it is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Certainty = Literal["significant", "suggestive", "within noise"]
"""`significant`: the intervals rule the opposite out. `suggestive`: fewer rounds than a 95 % interval
needs, single series within noise that all point the same way, or a cause inferred. `within noise`: nothing is
ruled out."""

Kind = Literal[
    "best-k-by-length",
    "peak",
    "does-not-pay",
    "cliff",
    "cliff-cause",
    "no-cliff",
    "plateau",
    "recovery",
    "no-recovery",
    "long-sequence",
    "attention",
    "attention-penalty",
    "below-one",
    "order",
    "floor",
    "best-k",
    "left-out",
]

Numbers = Mapping[str, float | list[float]]

_ORDER: tuple[Certainty, ...] = ("within noise", "suggestive", "significant")


@dataclass(frozen=True)
class Finding:
    """`numbers` holds what `text` says, and the intervals behind it, by name. Those that JSON cannot hold,
    an interval without an upper end, are left out."""

    kind: Kind
    batch_size: int
    seq_len: int | None
    """None where it speaks of several sequence lengths."""
    text: str
    numbers: Numbers
    certainty: Certainty
    basis: str
    """How the certainty was come by, in a few words."""

    def __post_init__(self) -> None:
        kept = {name: value for name, value in self.numbers.items() if _finite(value)}
        object.__setattr__(self, "numbers", kept)

    def as_json(self) -> dict[str, Any]:
        """The finding as it stands in a run file's `analysis`."""
        return {
            "kind": self.kind,
            "batch_size": self.batch_size,
            "seq_len": self.seq_len,
            "text": self.text,
            "numbers": dict(self.numbers),
            "certainty": self.certainty,
            "basis": self.basis,
        }


def _finite(value: float | list[float]) -> bool:
    return all(map(math.isfinite, value if isinstance(value, list) else [value]))


def weakest(*certainties: Certainty) -> Certainty:
    """A statement is as sure as the least sure of what it rests on."""
    return min(certainties, key=_ORDER.index)
