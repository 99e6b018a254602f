"""What telemetry reads of host and GPU, and where it comes from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from specprof.run.fields import Bytes, Seconds, Text


class TelemetrySample(BaseModel):
    """One reading of host or GPU. A field that could not be read is null; its reason is said once."""

    model_config = ConfigDict(frozen=True)

    t_s: Seconds
    source: Literal["host", "nvml", "fake"]
    utilization_pct: Annotated[float, Field(ge=0, le=100_000)] | None = Field(
        default=None, description="GPU utilisation, or the host CPU's over all cores"
    )
    memory_used_bytes: Bytes | None = None
    power_w: Annotated[float, Field(ge=0, le=1e6)] | None = None
    energy_j: Annotated[float, Field(ge=0, le=1e15)] | None = None
    temperature_c: Annotated[float, Field(ge=-300, le=1000)] | None = None
    sm_clock_mhz: Annotated[float, Field(ge=0, le=1e6)] | None = None
    memory_clock_mhz: Annotated[float, Field(ge=0, le=1e6)] | None = None
    throttle_reasons: list[Text] | None = Field(default=None, max_length=64)
    power_violation_s: Annotated[float, Field(ge=0, le=1e10)] | None = Field(
        default=None, description="Cumulative: how long power limits have held the clocks down"
    )
    thermal_violation_s: Annotated[float, Field(ge=0, le=1e10)] | None = Field(
        default=None, description="Cumulative: how long thermal limits have held the clocks down"
    )
    ecc_uncorrected: Annotated[int, Field(ge=0, le=1 << 53)] | None = Field(
        default=None, description="Memory errors since the driver was loaded that ECC could not correct"
    )
    ecc_corrected: Annotated[int, Field(ge=0, le=1 << 53)] | None = Field(
        default=None, description="Memory errors since the driver was loaded that ECC corrected"
    )
    foreign_pids: list[int] | None = Field(default=None, max_length=1024)
    other_cpu_pct: Annotated[float, Field(ge=0, le=100_000)] | None = Field(
        default=None, description="Host: share of all cores used by other programs than specprof"
    )


class TelemetrySource(BaseModel):
    """Where telemetry comes from and what it cannot read, each with its reason."""

    model_config = ConfigDict(frozen=True)

    source: Literal["host", "nvml", "fake"]
    available: bool
    reason: Text | None = Field(default=None, description="Why it is not available")
    remedy: Text | None = None
    device_uuid: Text | None = None
    missing: dict[Text, Text] = Field(default_factory=dict, description="Field name to reason")
