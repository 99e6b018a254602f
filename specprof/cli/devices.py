"""`specprof devices`: what of each device here would spoil a measurement, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from specprof.cli.look_options import Ascii, LookAsked, Theme

if TYPE_CHECKING:
    from specprof.telemetry.doctor.diagnosis import Readings
    from specprof.telemetry.doctor.finding import Diagnosis
    from specprof.views.devices import DeviceSection

WATCHED_S = 1.0
"""For so long other programs' share of the CPU is measured."""
DRIVER_PATIENCE_S = 30.0
"""Without persistence mode a driver with many GPUs is slow to wake."""


def devices(
    json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
    theme: Theme = None,
    ascii: Ascii = False,
) -> None:
    """Say what of each GPU and of the CPU would spoil a measurement, and the remedy.

    Nothing is changed: the commands it prints are yours to run.
    """
    import asyncio

    from specprof.cli.streams import print_text
    from specprof.telemetry.doctor.diagnosis import diagnose

    look = LookAsked(theme, ascii)
    surface = None if json else look.surface(_stdout())  # a theme that is not there is said at once
    read = asyncio.run(_read())
    found = diagnose(read)
    if surface is None:
        import json as json_text

        print_text(json_text.dumps(_document(read, found), ensure_ascii=False, indent=1) + "\n")
        return
    import io

    from specprof.views.devices import device_lines
    from specprof.views.sections import print_sections

    drawn = io.StringIO()  # drawn first, printed then: rich ends the whole program where a reader leaves
    sections = [_about_gpus(read), *map(_section, found)]
    lines = device_lines(sections, surface.width, surface.palette(), surface.glyphs)
    print_sections(surface.console(drawn), lines)
    print_text(drawn.getvalue())


def _stdout() -> Any:
    import sys

    return sys.stdout


async def _read() -> Readings:
    """Asks the driver while the CPU is watched."""
    import asyncio
    import os
    import time

    from specprof.telemetry.cpu import read_cpu
    from specprof.telemetry.cpu_health import read_cpu_health
    from specprof.telemetry.doctor.diagnosis import Readings
    from specprof.telemetry.host import HostSampler
    from specprof.telemetry.probe import probe
    from specprof.telemetry.torch_build import torch_build

    sampler, start = HostSampler(), time.monotonic()
    sampler.sample(0.0)
    seen = await probe(DRIVER_PATIENCE_S, health=True)
    torch = torch_build()
    await asyncio.sleep(max(0.0, start + WATCHED_S - time.monotonic()))
    sample = sampler.sample(time.monotonic() - start)
    health = read_cpu_health(sample, sampler.source().missing)
    return Readings(seen, torch, read_cpu(), health, os.environ)


def _about_gpus(read: Readings) -> DeviceSection:
    """The driver, or why there is none."""
    from specprof.telemetry.doctor.finding import Finding
    from specprof.views.devices import DeviceSection

    probe = read.probe
    facts = [probe.driver] if probe.driver else []
    if probe.cuda_driver_version:
        facts.append(f"runs CUDA up to {probe.cuda_driver_version}")
    found = []
    if probe.source == "fake":
        text = "NVML is a test library here, no driver: its GPUs are made up"
        found.append(Finding("driver", "warning", text))
    if probe.reason:
        text = probe.reason if probe.available else f"no GPU can be read: {probe.reason}"
        found.append(Finding("driver", "unknown", text, probe.remedy or ""))
    return DeviceSection("NVIDIA driver", facts, found)


def _section(one: Diagnosis) -> DeviceSection:
    from specprof.plan.memory import format_bytes
    from specprof.views.devices import DeviceSection

    number = f"GPU {one.index}" if one.index is not None else ""
    device = f"--device {one.device}" if one.device else ""
    memory = f"{format_bytes(one.memory_bytes)} memory" if one.memory_bytes is not None else ""
    called = one.device or number
    return DeviceSection(
        one.name or called,
        [fact for fact in (device, number, memory, one.uuid) if fact],
        one.findings,
        f"{called}: {one.verdict}",
        one.level,
    )


def _document(read: Readings, found: tuple[Diagnosis, ...]) -> dict[str, Any]:
    """The same as JSON: what could not be read is null, and its finding says why."""
    from specprof.version import __version__

    probe, torch = read.probe, read.torch
    return {
        "specprof_version": __version__,
        "nvml": {
            "source": probe.source,
            "available": probe.available,
            "reason": probe.reason,
            "remedy": probe.remedy,
            "driver": probe.driver,
            "cuda_driver_version": probe.cuda_driver_version,
        },
        "torch": {
            "installed": torch.installed,
            "version": torch.version,
            "cuda": torch.cuda,
            "hip": torch.hip,
            "problem": torch.problem or None,
        },
        "devices": [_device(one) for one in found],
    }


def _device(one: Diagnosis) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "device": one.device,
        "index": one.index,
        "name": one.name,
        "uuid": one.uuid,
        "memory_bytes": one.memory_bytes,
        "free_bytes": one.free_bytes,
        "level": one.level,
        "verdict": one.verdict,
        "findings": [
            {
                "check": finding.check,
                "level": finding.level,
                "text": finding.text,
                "remedy": finding.remedy or None,
                "command": finding.command or None,
            }
            for finding in one.findings
        ],
    }
