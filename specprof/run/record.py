"""The run record: the document that a run file holds. Its JSON Schema is published as schema.json."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from specprof.plan.plan import Cell, Plan, Row
from specprof.run.events import (
    Bytes,
    Count,
    Environment,
    Milliseconds,
    Seconds,
    StopReason,
    TelemetrySample,
    TelemetrySource,
    Text,
)

SCHEMA_VERSION = 1
MAX_SAMPLES = 100_000
MAX_PAUSES = 10_000

Status = Literal["complete", "partial", "cancelled", "failed"]
Verdict = Literal["valid", "warn", "invalid", "unverified", "oom", "failed", "not_run"]


class Interval(BaseModel):
    """A median with its 95 % bootstrap interval."""

    model_config = ConfigDict(frozen=True)

    median: Annotated[float, Field(ge=0, le=1e12)]
    ci_low: Annotated[float, Field(ge=0, le=1e12)]
    ci_high: Annotated[float, Field(ge=0, le=1e12)]


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
    memory_bytes: Bytes | None = None
    kernel: Text | None = None

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


class NoticeRecord(BaseModel):
    model_config = ConfigDict(frozen=True)

    t_s: Seconds
    level: Literal["info", "warning", "error"]
    text: Text


class PauseRecord(BaseModel):
    """A pause that the user asked for, between two rounds."""

    model_config = ConfigDict(frozen=True)

    t_s: Seconds
    until_s: Seconds | None = Field(default=None, description="null where the run's record ends in it")


class Reference(BaseModel):
    """Speedups taken from a publication: no latency stands behind them here."""

    model_config = ConfigDict(frozen=True)

    provenance: Text
    acceptance: Text = Field(description="The acceptance model the published speedups contain")
    reading_error: float = Field(ge=0, le=10, description="Absolute error of each value, ±")
    speedup: list[list[Annotated[float, Field(gt=0, le=1e6)]]] = Field(
        max_length=10_000, description="[sequence length][candidates]"
    )


class RunRecord(BaseModel):
    """A run, or a published figure in the same form (then `reference` is set and `cells` is empty)."""

    model_config = ConfigDict(frozen=True)

    schema_version: Annotated[int, Field(ge=1)] = SCHEMA_VERSION
    run_id: Text
    created_at: Text
    status: Status
    specprof_version: Text
    environment: Environment | None = None
    plan: Plan
    execution: Literal["eager", "graph"] | None = Field(default=None, description="What 'auto' came to")
    model_build_s: Seconds | None = None
    weight_bytes: Bytes | None = None
    cells: list[CellRecord] = Field(default_factory=list, max_length=10_000)
    drafts: list[DraftRecord] = Field(
        default_factory=list, max_length=10_000, description="Draft pass per row, where there is a drafter"
    )
    notices: list[NoticeRecord] = Field(default_factory=list, max_length=10_000)
    pauses: list[PauseRecord] = Field(default_factory=list, max_length=MAX_PAUSES)
    telemetry_sources: list[TelemetrySource] = Field(default_factory=list, max_length=16)
    telemetry: list[TelemetrySample] = Field(default_factory=list, max_length=100_000)
    reference: Reference | None = None
    analysis: dict[str, Any] | None = Field(
        default=None, description="Derived, for people who read the JSON: recomputed at load, never trusted"
    )
