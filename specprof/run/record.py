"""The run record: the document that a run file holds. Its JSON Schema is published as schema.json."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from specprof.plan.plan import Plan
from specprof.run.cell_record import CellRecord, DraftRecord
from specprof.run.decoding import DecodingRecord
from specprof.run.environment import Environment
from specprof.run.events import MAX_CHECKS
from specprof.run.fields import Bytes, Seconds, Text
from specprof.run.mode_check import ModeCheck, RanAs, SdpaBackend
from specprof.run.telemetry import TelemetrySample, TelemetrySource
from specprof.run.validity import Validity

SCHEMA_VERSION = 2
"""2 added `validation`, to the plan and to the document."""
MAX_PAUSES = 10_000

Status = Literal["complete", "partial", "cancelled", "failed"]


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
    execution: RanAs | None = Field(default=None, description="What 'auto' came to")
    checks_s: Seconds | None = Field(default=None, description="What checking the execution modes took")
    checks: list[ModeCheck] = Field(
        default_factory=list, max_length=MAX_CHECKS, description="Execution modes checked before measuring"
    )
    sdpa_backends: list[SdpaBackend] = Field(
        default_factory=list, max_length=MAX_CHECKS, description="What ran behind masked sdpa, as it was seen"
    )
    model_build_s: Seconds | None = None
    weight_bytes: Bytes | None = None
    cells: list[CellRecord] = Field(default_factory=list, max_length=10_000)
    drafts: list[DraftRecord] = Field(
        default_factory=list, max_length=10_000, description="Draft pass per row, where there is a drafter"
    )
    validation: list[DecodingRecord] = Field(
        default_factory=list, max_length=10_000, description="Real decoding per row, where it was asked for"
    )
    notices: list[NoticeRecord] = Field(default_factory=list, max_length=10_000)
    pauses: list[PauseRecord] = Field(default_factory=list, max_length=MAX_PAUSES)
    telemetry_sources: list[TelemetrySource] = Field(default_factory=list, max_length=16)
    telemetry: list[TelemetrySample] = Field(default_factory=list, max_length=100_000)
    validity: Validity | None = Field(
        default=None, description="Whether the run is to be believed; null for a published figure"
    )
    reference: Reference | None = None
    analysis: dict[str, Any] | None = Field(
        default=None, description="Derived, for people who read the JSON: recomputed at load, never trusted"
    )
