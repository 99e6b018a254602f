"""Where the measurement runs: the device asked for, and everything that tells one machine from another."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import socket

import psutil
import torch
import transformers

from specprof.errors import EnvironmentProblem
from specprof.measure.bandwidth import stream_bytes_per_s
from specprof.measure.dtypes import DTYPES
from specprof.measure.gemm_rate import gemm_flops_per_s
from specprof.plan.plan import Plan
from specprof.run.environment import Device, Environment


def open_device(plan: Plan) -> torch.device:
    """The torch device of the plan. Raises EnvironmentProblem where it is not there."""
    if not plan.on_cuda:
        return torch.device("cpu")
    if not torch.cuda.is_available():
        built = torch.version.cuda
        found = (
            f"this torch ({torch.__version__}) is built for CUDA {built} but finds no usable GPU"
            if built
            else f"this torch ({torch.__version__}) is built without CUDA"
        )
        raise EnvironmentProblem(
            found, "check the driver with nvidia-smi, install a matching torch, or measure with --device cpu"
        )
    device = torch.device(plan.device)
    index = device.index or 0
    if index >= torch.cuda.device_count():
        raise EnvironmentProblem(
            f"there is no {plan.device}: torch sees {torch.cuda.device_count()} CUDA device(s)",
            "choose one of them with --device (CUDA_VISIBLE_DEVICES hides the others)",
        )
    torch.cuda.set_device(index)
    return torch.device("cuda", index)


def read_environment(plan: Plan, device: torch.device) -> Environment:
    """What a run document says of its machine. Its memory is streamed and matrices are multiplied for a
    moment, to know how fast it can be."""
    known = _cuda_device(device) if device.type == "cuda" else _cpu_device()
    rates = {
        "stream_bytes_per_s": stream_bytes_per_s(device),
        "gemm_flops_per_s": gemm_flops_per_s(device, DTYPES[plan.dtype]),
    }
    known = known.model_copy(update=rates)
    return Environment(
        host=socket.gethostname(),
        os=platform.platform(),
        python=platform.python_version(),
        torch=torch.__version__,
        transformers=transformers.__version__,
        cuda=torch.version.cuda if device.type == "cuda" else None,
        driver=None,  # NVML knows it; the telemetry's source says it
        blas=_blas(),
        torchao=_torchao() if plan.quantization is not None else None,
        device=known,
    )


def _blas() -> str:
    if torch.backends.mkl.is_available():
        return "MKL"
    return "OpenBLAS" if "OPENBLAS" in torch.__config__.show().upper() else "unknown"


def _torchao() -> str | None:
    """None where it is not installed: what quantises the weights refuses that with its remedy."""
    try:
        return importlib.metadata.version("torchao")
    except importlib.metadata.PackageNotFoundError:
        return None


def _cpu_device() -> Device:
    return Device(
        kind="cpu",
        name=_cpu_name(),
        memory_bytes=psutil.virtual_memory().total,
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        threads=torch.get_num_threads(),
    )


def _cpu_name() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as info:
            for line in info:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()[:200]
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _cuda_device(device: torch.device) -> Device:
    known = torch.cuda.get_device_properties(device)
    uuid = getattr(known, "uuid", None)
    return Device(
        kind="cuda",
        name=known.name,
        uuid=str(uuid) if uuid is not None else None,
        memory_bytes=known.total_memory,
        sm_count=known.multi_processor_count,
        compute_capability=f"{known.major}.{known.minor}",
        l2_bytes=getattr(known, "L2_cache_size", None),
    )
