"""Blocks of real decoding: what one took, and all blocks of one setting at one row."""

from __future__ import annotations

from collections.abc import Iterable
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

    def and_also(self, other: Parts) -> Parts:
        """Both added up: where a file has the most that a part may take, that is more."""
        return self.model_copy(update={name: ms + getattr(other, name) for name, ms in self})


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

    def and_also(self, other: Block) -> Block:
        """Both as one: what they counted and took, added up."""
        steps = self.steps + other.steps
        longest = max(len(self.accepted), len(other.accepted))
        ours, theirs = (one.accepted + [0] * (longest - len(one.accepted)) for one in (self, other))
        spread = self.spread_rows * self.steps + other.spread_rows * other.steps
        return self.model_copy(
            update={
                "steps": steps,
                "accepted": [one + more for one, more in zip(ours, theirs, strict=True)],
                "plain_steps": self.plain_steps + other.plain_steps,
                "total_ms": self.total_ms + other.total_ms,
                "parts": self.parts and other.parts and self.parts.and_also(other.parts),
                "moved_rows": self.moved_rows + other.moved_rows,
                "spread_rows": spread / steps,
                "unequal": together((self.unequal, other.unequal)),
                "suspended": self.suspended or other.suspended,
            }
        )


def together(counts: Iterable[int | None]) -> int | None:
    """The sum of those that are known; None where none is."""
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def pooled(blocks: Iterable[Block]) -> dict[int, Block]:
    """All blocks of a round as one, those left out in which the process stood still."""
    found: dict[int, Block] = {}
    for block in blocks:
        if not block.suspended:
            earlier = found.get(block.round)
            found[block.round] = block if earlier is None else earlier.and_also(block)
    return found


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
        """All of each round as one, those left out in which the process stood still."""
        return pooled(self.blocks)
