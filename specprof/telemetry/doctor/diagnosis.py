"""From what was read of this machine to what the doctor says of each device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from specprof.telemetry.cpu import CpuFacts
from specprof.telemetry.cpu_health import CpuHealth
from specprof.telemetry.cuda_order import CudaOrder, cuda_order
from specprof.telemetry.doctor.cpu import cpu_findings
from specprof.telemetry.doctor.cuda import cuda_finding, device_name, torch_finding, visibility_finding
from specprof.telemetry.doctor.finding import Diagnosis
from specprof.telemetry.doctor.gpu import gpu_findings
from specprof.telemetry.probe import Probe, ProbedDevice
from specprof.telemetry.torch_build import TorchBuild


@dataclass(frozen=True)
class Readings:
    """All that the doctor goes by. `probe` was asked for health; `environ` are the environment variables."""

    probe: Probe
    torch: TorchBuild
    cpu: CpuFacts
    cpu_health: CpuHealth
    environ: Mapping[str, str]


def diagnose(read: Readings) -> tuple[Diagnosis, ...]:
    """Each GPU as NVML numbers them, then the CPU."""
    order = cuda_order(read.probe.devices, read.environ)
    return (*(_gpu(gpu, order, read) for gpu in read.probe.devices), _cpu(read))


def _gpu(gpu: ProbedDevice, order: CudaOrder, read: Readings) -> Diagnosis:
    findings = (
        cuda_finding(read.torch, read.probe),
        visibility_finding(gpu, order),
        *gpu_findings(gpu),
    )
    return Diagnosis(
        kind="cuda",
        device=device_name(gpu, order) if order.known else None,
        name=gpu.name,
        findings=findings,
        index=gpu.index,
        uuid=gpu.uuid,
        memory_bytes=gpu.memory_bytes,
        free_bytes=gpu.free_bytes,
    )


def _cpu(read: Readings) -> Diagnosis:
    return Diagnosis(
        kind="cpu",
        device="cpu",
        name=read.cpu.name,
        findings=(torch_finding(read.torch), *cpu_findings(read.cpu, read.cpu_health)),
        memory_bytes=read.cpu.memory_bytes,
        free_bytes=read.cpu.free_bytes,
    )
