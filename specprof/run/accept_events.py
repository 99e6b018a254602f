"""What the session tells the child that counts acceptance, and what that child says."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from specprof.plan.draft_pair import DraftPair
from specprof.run.events import Cancelled, EnvironmentRead, EventModel, Fatal, Notice
from specprof.run.fields import Text
from specprof.run.prompts import Prompts

MAX_DEPTH = 128
MAX_TOKENS = 100_000

Dtype = Literal["float32", "bfloat16", "float16"]
Tally = Annotated[int, Field(ge=0, le=1 << 53)]


class AcceptJob(BaseModel):
    """One child's work. It has what opening a device and reading its environment ask of a plan."""

    model_config = ConfigDict(frozen=True)

    pair: DraftPair
    prompts: Prompts
    depth: int = Field(ge=1, le=MAX_DEPTH, description="Tokens drafted for each step of the target")
    tokens: int = Field(ge=2, le=MAX_TOKENS, description="New tokens of each prompt")
    device: str = Field(default="auto", description="auto is the first GPU that torch can use, else the CPU")
    dtype: Dtype | None = Field(default=None, description="None: float32 on a CPU, else bfloat16")
    seed: int = Field(
        default=0, ge=0, description="Of the resampling behind the intervals, and of a noisy draft"
    )
    origin_s: float = Field(default=0.0, description="The machine's monotonic clock at t_s = 0")
    quantization: None = None

    @property
    def on_cuda(self) -> bool:
        return self.device != "cpu"


class ModelsOpened(EventModel):
    """Both models are on the device, and this is what they run as."""

    event: Literal["models_opened"] = "models_opened"
    device: Text
    dtype: Dtype


class PromptCounted(EventModel):
    """How far a prompt is. It is said again as it grows; the last one counts."""

    event: Literal["prompt_counted"] = "prompt_counted"
    prompt: int = Field(ge=0, description="Its number among the prompts")
    prompt_tokens: int = Field(ge=1)
    new_tokens: int = Field(ge=0)
    steps_by_accepted: tuple[Tally, ...] = Field(
        max_length=MAX_DEPTH + 1, description="Steps of the target that accepted 0, 1, … of their drafts"
    )
    ended: Literal["length", "end token"] | None = None


class AllCounted(EventModel):
    """Last line: every prompt has been counted."""

    event: Literal["all_counted"] = "all_counted"


AcceptEvent = Annotated[
    EnvironmentRead | ModelsOpened | PromptCounted | Notice | Fatal | Cancelled | AllCounted,
    Field(discriminator="event"),
]

ADAPTER: TypeAdapter[EventModel] = TypeAdapter(AcceptEvent)


def accept_event_of_json(text: str | bytes) -> EventModel:
    """An event from JSON text. Raises pydantic.ValidationError."""
    return ADAPTER.validate_json(text, strict=True)
