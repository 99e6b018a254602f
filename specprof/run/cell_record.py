"""One cell of a run document, and the draft pass of one row: what was timed and what follows from it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from specprof.plan.plan import Cell, Row
from specprof.run.breakdown import Breakdown
from specprof.run.events import StopReason
from specprof.run.fields import Bytes, Count, Milliseconds, Seconds, Text
from specprof.run.statistics import Estimate

MAX_SAMPLES = 100_000

Verdict = Literal["valid", "warn", "invalid", "unverified", "oom", "failed", "not_run"]


class Interval(BaseModel):
    """A median with its 95 % bootstrap interval."""

    model_config = ConfigDict(frozen=True)

    median: Annotated[float, Field(ge=0, le=1e12)]
    ci_low: Annotated[float, Field(ge=0, le=1e12)]
    ci_high: Annotated[float, Field(ge=0, le=1e12)]

    @property
    def estimate(self) -> Estimate:
        return Estimate(self.median, self.ci_low, self.ci_high)


class Measured(Interval):
    """An interval with the raw samples it comes from, ms, in the order they were taken."""

    samples: list[Milliseconds] = Field(max_length=MAX_SAMPLES)
    rounds: list[Annotated[int, Field(ge=0)]] = Field(
        max_length=MAX_SAMPLES,
        description="The round of each sample: samples of one row with the same round are a pair",
    )
    sampled_at_s: list[Seconds] = Field(max_length=MAX_SAMPLES, description="When each sample ended")


class CellRecord(BaseModel):
    """One cell: what was timed, what follows from it, and whether to believe it."""

    model_config = ConfigDict(frozen=True)

    batch_size: Count
    seq_len: Count
    candidates: Count
    measured_ms: Measured | None = Field(
        default=None,
        description="What was timed: in a sliced run the slice with embedding, norm and head. "
        "A cell that failed keeps what was timed before, and has neither latency_ms nor ratio",
    )
    latency_ms: Interval | None = Field(default=None, description="The verify step at full depth")
    ratio: Interval | None = Field(default=None, description="Full depth, paired: T(K)/T(1) within rounds")
    head_ms: Measured | None = Field(
        default=None, description="Sliced runs: the part of each sample outside the decoder layers"
    )
    masked_ms: Measured | None = Field(
        default=None, description="K = 1 with the mask that K > 1 needs: a diagnostic, not the baseline"
    )
    verdict: Verdict
    reasons: list[Text] = Field(default_factory=list, max_length=64)
    stop_reason: StopReason | None = None
    order: int | None = Field(default=None, ge=0, description="Position in the order of first samples")
    started_at_s: Seconds | None = None
    finished_at_s: Seconds | None = None
    estimated: bool = Field(default=False, description="Whether latency_ms and ratio are depth estimates")
    discarded_ms: list[Milliseconds] = Field(default_factory=list, max_length=MAX_SAMPLES)
    suspended_rounds: list[Annotated[int, Field(ge=0)]] = Field(
        default_factory=list,
        max_length=MAX_SAMPLES,
        description="Rounds in which a sample of this cell was interrupted: the process was stopped, "
        "or the machine slept",
    )
    memory_bytes: Bytes | None = Field(
        default=None, description="CUDA: most memory allocated at one time while it was measured"
    )
    predicted_bytes: Bytes | None = Field(default=None, description="What was predicted of memory_bytes")
    kernel: Text | None = Field(default=None, description="The kernel that took longest, where profiled")
    breakdown: Breakdown | None = Field(default=None, description="Of one step, profiled once")
    beside_ms: Measured | None = Field(
        default=None, description="The same step under plan.attention_beside, in the same rounds"
    )
    beside_head_ms: Measured | None = None
    beside_latency_ms: Interval | None = Field(default=None, description="Under it, at full depth")
    beside_ratio: Interval | None = Field(
        default=None, description="T(K)/T(1), both under plan.attention_beside, paired"
    )
    beside_over: Interval | None = Field(
        default=None, description="T(K) under plan.attention_beside over T(K) under plan.attention, paired"
    )

    @property
    def cell(self) -> Cell:
        return Cell(self.batch_size, self.seq_len, self.candidates)


class DraftRecord(BaseModel):
    """One draft pass of the drafter at one row, measured in the same rounds as the verify step."""

    model_config = ConfigDict(frozen=True)

    drafter: Text = Field(description="As it was asked for, e.g. eagle:5")
    kind: Literal["medusa", "eagle", "llama"]
    depth: Count = Field(description="Draft passes per verify step; heads of medusa, which run in one pass")
    width: Count = Field(description="Tokens of each sequence in one pass")
    batch_size: Count
    seq_len: Count
    pass_ms: Measured | None = None
    ratio: Interval | None = Field(
        default=None, description="One draft pass over T(1) at full depth, paired within rounds"
    )
    verdict: Verdict
    reasons: list[Text] = Field(default_factory=list, max_length=64)
    failed_at_s: Seconds | None = Field(default=None, description="When the row went on without it")
    discarded_ms: list[Milliseconds] = Field(default_factory=list, max_length=MAX_SAMPLES)
    suspended_rounds: list[Annotated[int, Field(ge=0)]] = Field(
        default_factory=list, max_length=MAX_SAMPLES, description="Rounds whose draft pass was interrupted"
    )

    @property
    def row(self) -> Row:
        return Row(self.batch_size, self.seq_len)
