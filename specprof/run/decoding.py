"""Blocks of real decoding: what one took, and all blocks of one setting at one row."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from specprof.plan.grid import LARGEST_COUNT
from specprof.plan.plan import Row
from specprof.plan.validation import MOST_TOKENS, By, Way
from specprof.run.fields import Count, Milliseconds, Seconds, Text

MAX_BLOCKS = 10_000

_Steps = Annotated[int, Field(ge=1, le=MOST_TOKENS, strict=True)]
_Counted = Annotated[int, Field(ge=0, le=1 << 40, strict=True)]


class Parts(BaseModel):
    """Where a block's time went, ms, summed over its steps. What is left of `total_ms` is the host's."""

    model_config = ConfigDict(frozen=True)

    draft: Milliseconds = Field(default=0.0, description="Proposing candidates")
    verify: Milliseconds = Field(description="The target's forward, its mask and positions included")
    accept: Milliseconds = Field(
        default=0.0, description="Argmax, its way to the host, and which candidates stand"
    )
    keep: Milliseconds = Field(default=0.0, description="Moving accepted rows of the cache together")


class Block(BaseModel):
    """One block. `accepted[n]` counts the steps of single sequences that accepted n drafts."""

    model_config = ConfigDict(frozen=True)

    round: Annotated[int, Field(ge=0)]
    steps: _Steps
    accepted: list[_Counted] = Field(min_length=1, max_length=LARGEST_COUNT)
    plain_steps: Annotated[int, Field(ge=0, strict=True)] = Field(
        default=0, description="Steps of the root alone, for which the drafter had nothing"
    )
    total_ms: Annotated[float, Field(gt=0, le=1e12)]
    parts: Parts | None = Field(default=None, description="null where the loop is not specprof's")
    moved_rows: _Counted = Field(default=0, description="Rows of one layer's cache that were moved")
    spread_rows: Annotated[float, Field(ge=0, le=1e9)] = Field(
        default=0.0, description="By how many rows the longest prefix was ahead of the mean, over all steps"
    )
    unequal: _Counted | None = Field(
        default=None, description="Tokens that differ from plain greedy decoding; null where not compared"
    )
    suspended: bool = False

    @model_validator(mode="after")
    def _adds_up(self) -> Block:
        if self.sequences * self.steps != sum(self.accepted) or not self.sequences:
            raise ValueError(f"accepted: {sum(self.accepted)} for {self.steps} steps of each sequence")
        if self.plain_steps > self.steps:
            raise ValueError(f"plain_steps: {self.plain_steps} of {self.steps}")
        return self

    @property
    def sequences(self) -> int:
        return sum(self.accepted) // self.steps

    @property
    def tokens(self) -> int:
        """Of all sequences: each step yields its accepted drafts and one more."""
        return sum(count * (drafts + 1) for drafts, count in enumerate(self.accepted))

    @property
    def tokens_per_step(self) -> float:
        """Of one sequence."""
        return self.tokens / sum(self.accepted)

    @property
    def step_ms(self) -> float:
        return self.total_ms / self.steps


class DecodingRecord(BaseModel):
    """All blocks of one setting at one row; `setting` counts the plan's, null is plain decoding, `by` is
    whose loop decoded."""

    model_config = ConfigDict(frozen=True)

    batch_size: Count
    seq_len: Count
    setting: Annotated[int, Field(ge=0, strict=True)] | None
    by: By = "specprof"
    blocks: list[Block] = Field(default_factory=list, max_length=MAX_BLOCKS)
    sampled_at_s: list[Seconds] = Field(
        default_factory=list, max_length=MAX_BLOCKS, description="When each block ended"
    )
    discarded_ms: list[Milliseconds] = Field(
        default_factory=list, max_length=MAX_BLOCKS, description="Blocks run before the first that counts"
    )
    failed: Text | None = Field(default=None, description="Why the row went on without it")
    failed_at_s: Seconds | None = None

    @property
    def row(self) -> Row:
        return Row(self.batch_size, self.seq_len)

    @property
    def way(self) -> Way:
        return Way(self.setting, self.by)

    def by_round(self) -> dict[int, Block]:
        """The blocks in which the process did not stand still."""
        return {block.round: block for block in self.blocks if not block.suspended}
