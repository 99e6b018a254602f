"""The drafter whose pass is timed beside the verify step, as `--drafter` names it.

`medusa:H` has H heads that run in one pass, `eagle:D` one decoder layer run D times, and the name or
folder of a Llama a small model run D times: `llama-68m:5`, `./draft:5`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from specprof.errors import UsageProblem
from specprof.plan.model import ModelShape

DraftKind = Literal["medusa", "eagle", "llama"]

DEEPEST = 64
EAGLE_TOP_K = 10
"""Tokens of each sequence that EAGLE's implementation takes on from one depth to the next, by default."""
FORMS = "write medusa:4, eagle:5, llama-68m:5, or a local folder and its depth as PATH:5"


class Drafter(BaseModel):
    """What proposes the candidates. Its pass takes `width` tokens of each sequence."""

    model_config = ConfigDict(frozen=True)

    text: str = Field(min_length=1, max_length=4096, description="As it was asked for, e.g. eagle:5")
    kind: DraftKind
    depth: Annotated[int, Field(ge=1, le=DEEPEST, strict=True)] = Field(
        description="Draft passes per verify step; heads of medusa, which run in one pass"
    )
    width: Annotated[int, Field(ge=1, le=EAGLE_TOP_K, strict=True)] = 1
    model: ModelShape | None = Field(default=None, description="The small Llama; null for other kinds")

    @model_validator(mode="after")
    def _is_whole(self) -> Drafter:
        if (self.kind == "llama") != (self.model is not None):
            has = "needs a" if self.model is None else "has no"
            raise ValueError(f"a drafter of kind {self.kind} {has} model")
        if self.model is not None and not self.model.full_depth:
            raise ValueError("a drafter runs with all its layers")
        return self

    def __str__(self) -> str:
        return self.text

    def check_target(self, target: ModelShape, furthest: int) -> None:
        """Raises ValueError where it cannot draft for `target` behind prefixes of up to `furthest` tokens."""
        if self.kind == "eagle" and target.vocab_size < EAGLE_TOP_K:
            raise ValueError(
                f"eagle takes the best {EAGLE_TOP_K} tokens, {target.name} has {target.vocab_size} in all"
            )
        own = self.model
        if own is not None and own.positions_enforced and furthest + 1 > own.max_position_embeddings:
            raise ValueError(
                f"seq_len {furthest} and a token go beyond the {own.max_position_embeddings} positions "
                f"of the drafter {own.name}"
            )

    def parameters(self, target: ModelShape) -> int:
        """Weights that it adds to the target's. EAGLE shares embedding and head with that."""
        hidden = target.hidden_size
        if self.model is not None:
            return self.model.parameters()
        if self.kind == "medusa":
            return self.depth * (hidden * hidden + hidden + hidden * target.vocab_size)
        return 2 * hidden * hidden + hidden + target.layer_parameters - hidden  # without the first norm

    def cache_values(self, target: ModelShape, batch_size: int, seq_len: int) -> int:
        """Numbers in its own key-value cache behind a prefix, and in the logits of a pass."""
        shape = self.model or target
        layers = {"medusa": 0, "eagle": 1, "llama": shape.layers_total}[self.kind]
        per_token = 2 * layers * shape.num_key_value_heads * shape.head_dim
        logits = shape.vocab_size * (self.depth if self.kind == "medusa" else self.width)
        return batch_size * (per_token * (seq_len + self.width) + logits)


def drafter_from(text: str, find_model: Callable[[str], ModelShape]) -> Drafter:
    """What `--drafter` means. `find_model` gives the shape of a preset or of a local folder.

    Raises UsageProblem, and what `find_model` raises.
    """
    asked = text.strip()
    name, colon, depth = asked.rpartition(":")
    shown = ascii(asked[:80])
    if not colon or not name:
        raise UsageProblem(f"--drafter {shown} does not say how deep it drafts", FORMS)
    if len(asked) > 4096:
        raise UsageProblem(f"--drafter {shown}… is longer than 4096 characters", FORMS)
    number = int(depth) if depth.isascii() and depth.isdecimal() and len(depth) < 10 else 0
    if not 1 <= number <= DEEPEST:
        raise UsageProblem(f"--drafter {shown}: the depth wants a whole number, 1 to {DEEPEST}", FORMS)
    match name:
        case "medusa":
            return Drafter(text=asked, kind="medusa", depth=number)
        case "eagle":
            # the first depth has one token of each sequence to begin with
            return Drafter(text=asked, kind="eagle", depth=number, width=1 if number == 1 else EAGLE_TOP_K)
        case _:
            return Drafter(text=asked, kind="llama", depth=number, model=find_model(name))
