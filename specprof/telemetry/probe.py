"""Asking what GPUs there are, without trusting NVML to answer: a child asks, the parent waits so long."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from specprof.errors import RunFileProblem
from specprof.run.sanitize import clean_tree

_SEE_NVIDIA_SMI = "see whether nvidia-smi works; if it does not, reboot"
_PATIENCE_AFTER_KILL_S = 1.0

ComputeMode = Literal["default", "exclusive_thread", "prohibited", "exclusive_process"]


@dataclass(frozen=True)
class GpuProcess:
    """A program that has the GPU open. `pid` is the number that the driver gives it: see `processes`."""

    pid: int
    name: str | None = None
    memory_bytes: int | None = None


@dataclass(frozen=True)
class GpuHealth:
    """How a GPU is set and what it is doing. What could not be read is None, its reason in `missing`."""

    missing: Mapping[str, str] = field(default_factory=dict)
    """Field to reason."""
    architecture: int | None = None
    """nvmlDeviceArchitecture_t: 5 is Volta."""
    clock_events: tuple[str, ...] | None = None
    """What holds the clocks down at the moment: the names of `nvml_readings.CLOCK_EVENTS`."""
    application_clock_mhz: int | None = None
    default_application_clock_mhz: int | None = None
    power_limit_w: float | None = None
    """The one in force, whoever set it."""
    default_power_limit_w: float | None = None
    max_power_limit_w: float | None = None
    temperature_c: float | None = None
    slowdown_temperature_c: float | None = None
    margin_c: float | None = None
    """Degrees left until the GPU slows down, where the driver tells that instead of the threshold."""
    utilization_pct: float | None = None
    display_active: bool | None = None
    display_attached: bool | None = None
    persistence: bool | None = None
    ecc: bool | None = None
    ecc_pending: bool | None = None
    """What it will be after the next reboot."""
    ecc_uncorrected: int | None = None
    mig: bool | None = None
    compute_mode: ComputeMode | None = None


@dataclass(frozen=True)
class ProbedDevice:
    """One GPU as NVML lists it. `index` is NVML's, which CUDA_VISIBLE_DEVICES does not reorder."""

    index: int
    uuid: str
    name: str
    memory_bytes: int | None = None
    free_bytes: int | None = None
    sm_clock_mhz: int | None = None
    max_sm_clock_mhz: int | None = None
    processes: tuple[GpuProcess, ...] | None = None
    """None where they cannot be read."""
    health: GpuHealth | None = None
    """None where it was not asked for."""


@dataclass(frozen=True)
class Probe:
    """What NVML finds on this machine. `reason` says why it is not available, or what it could not read."""

    available: bool
    reason: str | None = None
    remedy: str | None = None
    source: str = "nvml"
    driver: str | None = None
    cuda_driver_version: str | None = None
    devices: tuple[ProbedDevice, ...] = ()


_ADAPTER: TypeAdapter[Probe] = TypeAdapter(Probe)


async def probe(timeout_s: float = 5.0, *, health: bool = False) -> Probe:
    """Asks a child process, and gives it up after `timeout_s`. Never raises for what NVML does.

    With `health` it reads of each GPU also what may spoil a measurement.
    Call it from the main thread's event loop: the child dies with the thread that started it.
    """
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "specprof.telemetry",
            "--probe",
            *(["--health"] if health else []),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=DEVNULL,
            start_new_session=True,
        )
    )
    try:
        child = await asyncio.shield(starting)
    except asyncio.CancelledError:  # a child that is just being started is not left behind
        await _end(await starting)
        raise
    except OSError as error:
        return _unavailable(f"the NVML probe cannot start ({error.strerror or error})", "")
    try:
        answer, _ = await asyncio.wait_for(child.communicate(), timeout_s)
    except TimeoutError:
        return _unavailable(f"NVML did not answer within {timeout_s:g} s")
    finally:
        await _end(child)
    if child.returncode != 0:
        return _unavailable(f"NVML crashed the probe ({_exit_text(child.returncode or 0)})")
    return _parsed(answer)


def _parsed(answer: bytes) -> Probe:
    """The answer is the last line: a driver library may print before it."""
    try:
        found: Any = json.loads(answer.splitlines()[-1])
        return _ADAPTER.validate_python(clean_tree(found))
    except (IndexError, ValueError, RecursionError, ValidationError, RunFileProblem):
        return _unavailable("the NVML probe gave no readable answer")


def _unavailable(reason: str, remedy: str = _SEE_NVIDIA_SMI) -> Probe:
    return Probe(available=False, reason=reason, remedy=remedy or None)


def _exit_text(returncode: int) -> str:
    if returncode >= 0:
        return f"exit code {returncode}"
    try:
        return signal.Signals(-returncode).name
    except ValueError:
        return f"signal {-returncode}"


async def _end(child: Process) -> None:
    """Kills the probe where it still runs; one that sleeps in the driver uninterruptibly is left behind."""
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(child.wait(), _PATIENCE_AFTER_KILL_S)
    # a pipe that was not read to its end would outlive the loop
    child._transport.close()  # type: ignore[attr-defined]
