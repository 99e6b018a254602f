"""What a run found of the ways to execute a step, before it measured with one of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from specprof.plan.modes import Attention
from specprof.run.fields import Milliseconds, Text

RanAs = Literal["eager", "graph", "compile"]
"""What `auto` comes to."""


class ModeCheck(BaseModel):
    """One execution mode with one attention, checked on the device at the start of a run.

    `error` is the relative L2 difference of its logits from a float32 reference with the same weights, that
    which came nearest to its `tolerance` of the forms tried: one candidate plain and masked, several masked.
    """

    model_config = ConfigDict(frozen=True)

    execution: RanAs
    attention: Attention | None = Field(
        description="null where the workload has none to choose: the published block"
    )
    error: Annotated[float, Field(ge=0, le=1e12)] | None = Field(
        default=None, description="null where it gave no logits, and of what the others are held to"
    )
    tolerance: Annotated[float, Field(gt=0, le=10)]
    step_ms: Milliseconds | None = Field(
        default=None,
        description="By this 'auto' chose: medians of a few steps of one and of the most candidates, added",
    )
    compiled: Annotated[int, Field(ge=0, le=1_000_000)] | None = Field(
        default=None, description="Graphs that torch.compile made for it"
    )
    dropped: Text | None = Field(default=None, description="Why it is not used; null where it may be")

    @property
    def name(self) -> str:
        """`execution graph with attention sdpa`."""
        return f"execution {self.execution}" + (f" with attention {self.attention}" if self.attention else "")

    @property
    def why_dropped(self) -> str | None:
        """A sentence; None where it may be used."""
        return f"{self.name} was dropped: {self.dropped}" if self.dropped is not None else None


class SdpaBackend(BaseModel):
    """The kernel behind scaled_dot_product_attention for one form of the step, as it was seen to run."""

    model_config = ConfigDict(frozen=True)

    form: Literal["plain", "masked"]
    backend: Text = Field(description="flash, efficient, cudnn or math")
    operator: Text = Field(description="The operator of torch that ran")
