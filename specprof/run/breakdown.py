"""Where the time of one verify step goes, from one profiled step beside the timed samples."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from specprof.run.fields import Milliseconds, Text

Part = Literal["linear", "attention", "elementwise", "head"]
"""`linear`: the layers' projections. `attention`: scores, softmax and values. `elementwise`: norms, rotary
embedding, activation, residuals and copies. `head`: embedding, final norm and head."""

PARTS: tuple[Part, ...] = ("linear", "attention", "elementwise", "head")
MAX_KERNELS = 64


class Kernel(BaseModel):
    """One kernel, or on a CPU one operator, over the whole step."""

    model_config = ConfigDict(frozen=True)

    name: Text
    part: Part
    ms: Milliseconds
    calls: Annotated[int, Field(ge=1, le=10_000_000)]


class Breakdown(BaseModel):
    """One profiled step. The parts and the gaps add up to `total_ms`, which the profiler disturbs.

    Kernels that overlap count where they began; a gap is time in which the device does nothing, or on a CPU
    time outside every operator.
    """

    model_config = ConfigDict(frozen=True)

    linear_ms: Milliseconds
    attention_ms: Milliseconds
    elementwise_ms: Milliseconds
    head_ms: Milliseconds
    gaps_ms: Milliseconds
    total_ms: Annotated[float, Field(gt=0, le=1e12)]
    kernels: list[Kernel] = Field(
        default_factory=list, max_length=MAX_KERNELS, description="Those that took longest, longest first"
    )

    def part_ms(self, part: Part) -> float:
        found: float = getattr(self, f"{part}_ms")
        return found

    def longest(self, part: Part) -> str | None:
        """The name of the kernel that took longest in a part; None where it has none."""
        return next((kernel.name for kernel in self.kernels if kernel.part == part), None)
