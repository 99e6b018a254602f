"""The events of a run: what the child, the telemetry and the session say, one JSON line each.

There is one set of types. The journal keeps them as they come, the screen shows them, the reducer
turns them into a run record, and a finished record unfolds into them again for replay.
`t_s` is seconds since the run's start on the machine's monotonic clock.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from pydantic_core import PydanticSerializationError

from specprof.plan.grid import LARGEST_COUNT
from specprof.plan.modes import Attention
from specprof.plan.plan import Cell, Plan, Row
from specprof.plan.refinement import Added
from specprof.plan.validation import By, Way
from specprof.run.breakdown import Breakdown
from specprof.run.decoding import Block
from specprof.run.environment import Environment
from specprof.run.fields import Bytes, Count, Milliseconds, Seconds, Text
from specprof.run.mode_check import ModeCheck, RanAs, SdpaBackend
from specprof.run.telemetry import TelemetrySample, TelemetrySource

MAX_CHECKS = 64
MAX_DISCARDED = 10_000
"""Samples that one warm-up may discard."""

StopReason = Literal["target", "noise_plateau", "budget", "max_samples", "interrupted", "failed"]


class EventModel(BaseModel):
    """An event. Unknown fields are ignored, so that an older reader reads a newer writer's file."""

    model_config = ConfigDict(frozen=True)

    t_s: Seconds = 0.0


class CellEvent(EventModel):
    batch_size: Count
    seq_len: Count
    candidates: Count

    @property
    def cell(self) -> Cell:
        return Cell(self.batch_size, self.seq_len, self.candidates)


class RowEvent(EventModel):
    batch_size: Count
    seq_len: Count

    @property
    def row(self) -> Row:
        return Row(self.batch_size, self.seq_len)


class RunStarted(EventModel):
    """First line of every journal."""

    event: Literal["run_started"] = "run_started"
    schema_version: int
    run_id: Text
    created_at: Text = Field(description="UTC, ISO 8601")
    specprof_version: Text
    plan: Plan


class EnvironmentRead(EventModel):
    event: Literal["environment"] = "environment"
    environment: Environment


class ModeTried(EventModel):
    """An execution mode is checked next: a child that dies then died of it."""

    event: Literal["mode_tried"] = "mode_tried"
    execution: RanAs


class ModelBuilt(EventModel):
    event: Literal["model_built"] = "model_built"
    build_s: Seconds
    weight_bytes: Bytes
    execution: RanAs = Field(description="What 'auto' came to")
    checks_s: Seconds = 0.0
    checks: list[ModeCheck] = Field(default_factory=list, max_length=MAX_CHECKS)
    sdpa_backends: list[SdpaBackend] = Field(default_factory=list, max_length=MAX_CHECKS)


class RowsDropped(EventModel):
    """Sequence lengths given up to keep to the budget."""

    event: Literal["rows_dropped"] = "rows_dropped"
    rows: list[Row] = Field(max_length=10_000)
    reason: Text


class RowStarted(RowEvent):
    event: Literal["row_started"] = "row_started"


class CandidatesAdded(RowEvent):
    """Refinement adds counts to a row of the grid, each to be prepared, warmed up and measured now."""

    event: Literal["candidates_added"] = "candidates_added"
    candidates: list[Annotated[int, Field(gt=1, le=LARGEST_COUNT)]] = Field(min_length=1, max_length=1000)
    why: Text = ""

    def added(self) -> list[Added]:
        """The counts as the plan holds them."""
        return [Added(**self.row._asdict(), candidates=k, why=self.why) for k in self.candidates]


class CellPrepared(CellEvent):
    """The step of a cell is built, and captured where graphs are replayed: a child that dies then died of
    another cell."""

    event: Literal["cell_prepared"] = "cell_prepared"


class WarmedUp(CellEvent):
    """What warm-up discarded before the first kept sample of a cell, or before the next one after a pause."""

    event: Literal["warmed_up"] = "warmed_up"
    discarded_ms: list[Milliseconds] = Field(max_length=MAX_DISCARDED)
    settled: bool = Field(description="Whether the two halves of the last window agreed")


class RoundStarted(RowEvent):
    """The order of the samples to come: a child that dies was at the first one without a sample."""

    event: Literal["round_started"] = "round_started"
    round: int = Field(ge=0)
    order: list[Count] = Field(max_length=10_000)


class SampleTaken(CellEvent):
    """One timed verify step. `head_ms` is its share outside the decoder layers, where layers are sliced.

    `masked` marks the diagnostic form of K = 1, with the mask that K > 1 needs; the plain form is the
    baseline. `suspended` marks a step during which the process was stopped or the machine slept. `attention`
    is named where it is the one measured beside the plan's own.
    """

    event: Literal["sample"] = "sample"
    round: int = Field(ge=0)
    measured_ms: Annotated[float, Field(gt=0, le=1e12)]
    head_ms: Milliseconds | None = None
    masked: bool = False
    suspended: bool = False
    attention: Attention | None = None

    @property
    def own(self) -> bool:
        """Whether it is of the cell itself, and neither its masked form nor another attention's."""
        return not self.masked and self.attention is None


class CellProfiled(CellEvent):
    """Where the time of one step of the cell went: profiled apart from its samples."""

    event: Literal["cell_profiled"] = "cell_profiled"
    breakdown: Breakdown


class DraftEvent(RowEvent):
    """Of the drafter at one row."""


class DraftStarted(DraftEvent):
    """The row's draft pass is built, warmed up or timed next: a child that dies then died of the drafter."""

    event: Literal["draft_started"] = "draft_started"


class DraftWarmedUp(DraftEvent):
    """What warm-up discarded before the next kept sample of the draft pass."""

    event: Literal["draft_warmed_up"] = "draft_warmed_up"
    discarded_ms: list[Milliseconds] = Field(max_length=MAX_DISCARDED)
    settled: bool


class DraftSampleTaken(DraftEvent):
    """One timed draft pass, among the verify steps of its round."""

    event: Literal["draft_sample"] = "draft_sample"
    round: int = Field(ge=0)
    measured_ms: Annotated[float, Field(gt=0, le=1e12)]
    suspended: bool = False


class DraftFailed(DraftEvent):
    """The row goes on without its draft pass: out of memory, failed, or predicted not to fit."""

    event: Literal["draft_failed"] = "draft_failed"
    verdict: Literal["oom", "failed", "not_run"]
    reason: Text


class DecodingEvent(RowEvent):
    """Of one setting of the plan's validation at one row; None is plain decoding."""

    setting: Annotated[int, Field(ge=0)] | None = None
    by: By = "specprof"

    @property
    def way(self) -> Way:
        return Way(self.setting, self.by)


class DecodingStarted(DecodingEvent):
    """A block is decoded next: a child that dies then died of it."""

    event: Literal["decoding_started"] = "decoding_started"


class DecodingWarmedUp(DecodingEvent):
    """A block that does not count, before the first one that does."""

    event: Literal["decoding_warmed_up"] = "decoding_warmed_up"
    total_ms: Milliseconds


class BlockDecoded(DecodingEvent):
    """One block of real decoding, among the verify steps of its round."""

    event: Literal["block_decoded"] = "block_decoded"
    block: Block


class DecodingFailed(DecodingEvent):
    """The row goes on without this setting."""

    event: Literal["decoding_failed"] = "decoding_failed"
    reason: Text


class Paused(EventModel):
    """The user's pause has begun: the child rests between two rounds."""

    event: Literal["paused"] = "paused"


class Continued(EventModel):
    """The pause is over: the row warms up again, then its next round comes."""

    event: Literal["continued"] = "continued"


class CellFinished(CellEvent):
    event: Literal["cell_finished"] = "cell_finished"
    stop_reason: StopReason
    memory_bytes: Bytes | None = None
    predicted_bytes: Bytes | None = None


class CellFailed(CellEvent):
    """A cell without a result: `oom`, `failed`, or `not_run` where it was predicted not to fit."""

    event: Literal["cell_failed"] = "cell_failed"
    verdict: Literal["oom", "failed", "not_run"]
    reason: Text


class Notice(EventModel):
    """Something the user should know: what was changed, skipped or found."""

    event: Literal["notice"] = "notice"
    level: Literal["info", "warning", "error"]
    text: Text


class TelemetryOpened(EventModel):
    event: Literal["telemetry_opened"] = "telemetry_opened"
    telemetry: TelemetrySource


class TelemetryTaken(EventModel):
    event: Literal["telemetry"] = "telemetry"
    sample: TelemetrySample


class ChildLost(EventModel):
    """The measuring child died or hung; the session says what it does about it."""

    event: Literal["child_lost"] = "child_lost"
    reason: Text
    restarted: bool


class Fatal(EventModel):
    """The run cannot go on: exit code, what was found, what to do."""

    event: Literal["fatal"] = "fatal"
    exit_code: int = Field(ge=1, le=5)
    what: Text
    remedy: Text = ""


class Cancelled(EventModel):
    event: Literal["cancelled"] = "cancelled"
    reason: Text


class Resumed(EventModel):
    """A new process goes on with this run. Monotonic time goes on from the last event's."""

    event: Literal["resumed"] = "resumed"


class RunEnded(EventModel):
    """Last line: a clean end. `cells_finished` counts the cells that need no more measuring: finished,
    failed or dropped. It lets a reader see that nothing is missing."""

    event: Literal["run_ended"] = "run_ended"
    cells_finished: int = Field(ge=0)


Event = Annotated[
    RunStarted
    | EnvironmentRead
    | ModeTried
    | ModelBuilt
    | RowsDropped
    | RowStarted
    | CandidatesAdded
    | CellPrepared
    | WarmedUp
    | RoundStarted
    | SampleTaken
    | CellProfiled
    | DraftStarted
    | DraftWarmedUp
    | DraftSampleTaken
    | DraftFailed
    | DecodingStarted
    | DecodingWarmedUp
    | BlockDecoded
    | DecodingFailed
    | Paused
    | Continued
    | CellFinished
    | CellFailed
    | Notice
    | TelemetryOpened
    | TelemetryTaken
    | ChildLost
    | Fatal
    | Cancelled
    | Resumed
    | RunEnded,
    Field(discriminator="event"),
]

ADAPTER: TypeAdapter[EventModel] = TypeAdapter(Event)


def event_from(data: Any) -> EventModel:
    """An event from decoded JSON. Raises pydantic.ValidationError."""
    return ADAPTER.validate_python(data)


def event_of_json(text: str | bytes) -> EventModel:
    """An event from JSON text, its strings as they are. Raises pydantic.ValidationError.

    Strict: true is no number. NaN and 1e999 fail the bounds that every number of an event has.
    """
    return ADAPTER.validate_json(text, strict=True)


def line_of(event: EventModel) -> str:
    """The event as one JSON line, without the newline. ASCII only, so that no locale can spoil it."""
    try:
        line = event.model_dump_json()
        if line.isascii():
            return line
    except PydanticSerializationError:  # half a surrogate pair, which UTF-8 cannot hold
        pass
    data = event.model_dump(mode="json")
    return json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
