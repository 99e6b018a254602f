"""The options of a run as the user gave them, and what of them stands before any device is known."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, get_args

from specprof.errors import UsageProblem
from specprof.plan.modes import MAX_ATTENTIONS, Attention
from specprof.plan.validation import Setting


@dataclass(frozen=True)
class Asked:
    """The options of a run; None where nothing was said."""

    model: str | None = None
    batch_size: str | None = None
    seq_len: str | None = None
    candidates: str | None = None
    layers: str | None = None
    dtype: str | None = None
    device: str | None = None
    attention: str | None = None
    execution: str | None = None
    workload: str | None = None
    target_ci_pct: float | None = None
    budget_s: float | None = None
    seed: int | None = None
    refine: bool | None = None
    refine_budget_s: float | None = None
    drafter: str | None = None
    quantize: str | None = None
    breakdown: bool | None = None
    settings: tuple[Setting, ...] | None = None
    tokens: int | None = None
    peer: bool | None = None
    drafts: str | None = None
    temperature: float | None = None

    def given(self) -> dict[str, Any]:
        """The options that were given."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) is not None}

    @property
    def checked_on(self) -> str:
        """The device to check these options for where none is named: `cuda` where no other takes them."""
        attentions = (self.attention or "").replace(" ", "").split(",")
        only_cuda = self.execution == "graph" or self.quantize in ("int4", "fp8") or "flex" in attentions
        return "cuda" if only_cuda else "cpu"


def parse_attentions(text: str) -> tuple[str, ...]:
    """Reads `split` or `split,sdpa`: the attention that the curves stand on, and one beside it.

    Raises UsageProblem.
    """
    known = get_args(Attention)
    names = tuple(name.strip() for name in text.split(","))
    remedy = f"give one or two of {', '.join(known)}, as in split,sdpa"
    if len(names) > MAX_ATTENTIONS:
        raise UsageProblem(
            f"--attention names {len(names)}, and at most {MAX_ATTENTIONS} are compared", remedy
        )
    for name in names:
        if name not in known:
            raise UsageProblem(f"--attention is never '{name[:40]}'", remedy)
    if len(set(names)) < len(names):
        raise UsageProblem(f"--attention names {names[0]} twice", remedy)
    return names
