"""Where a run was measured, as its document says it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from specprof.run.fields import Bytes, Text

VERSIONS = ("host", "os", "python", "torch", "transformers", "torchao", "cuda", "driver", "blas")
"""The fields of an Environment that tell one installation from another."""


class Device(BaseModel):
    """The measured device. What it does not tell is null."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["cpu", "cuda"]
    name: Text
    uuid: Text | None = None
    memory_bytes: Bytes | None = None
    sm_count: int | None = None
    compute_capability: Text | None = None
    l2_bytes: Bytes | None = None
    stream_bytes_per_s: Annotated[float, Field(gt=0, le=1e18)] | None = Field(
        default=None,
        description="Measured: the fastest of summing and copying a buffer much larger than the caches",
    )
    gemm_flops_per_s: Annotated[float, Field(gt=0, le=1e20)] | None = Field(
        default=None,
        description="Measured: the fastest of a few large matrix products in the plan's number type, "
        "2·M·N·K operations each",
    )
    cores: int | None = Field(default=None, description="CPU: physical cores, as the process may use them")
    threads: int | None = Field(default=None, description="CPU: threads torch computes with")


class Environment(BaseModel):
    """Where a run was measured."""

    model_config = ConfigDict(frozen=True)

    host: Text
    os: Text
    python: Text
    torch: Text
    transformers: Text
    cuda: Text | None = None
    driver: Text | None = None
    blas: Text | None = None
    torchao: Text | None = Field(default=None, description="Where weights were quantised")
    device: Device
