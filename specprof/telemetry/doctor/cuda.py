"""PyTorch against the driver, and which GPU is cuda:N."""

from __future__ import annotations

import re

from specprof.telemetry.cuda_order import CudaOrder
from specprof.telemetry.doctor.finding import Finding, unknown
from specprof.telemetry.probe import Probe, ProbedDevice
from specprof.telemetry.torch_build import TorchBuild

_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})")


def torch_finding(torch: TorchBuild) -> Finding:
    """What holds on every device: without PyTorch nothing is measured."""
    if not torch.installed:
        return Finding(
            "torch", "bad", f"{torch.problem}: nothing can be measured", "install it", "pip install torch"
        )
    if torch.version is None:
        return unknown("torch", "PyTorch's version", [torch.problem])
    return Finding("torch", "good", f"PyTorch {torch.version} is installed")


def cuda_finding(torch: TorchBuild, probe: Probe) -> Finding:
    """Whether PyTorch can use the driver.

    A driver runs programs of its own CUDA version and of older ones; of newer ones only those of the same
    major version, with limits (NVIDIA, CUDA Compatibility, "Minor Version Compatibility").
    """
    check, driver = "torch", probe.cuda_driver_version
    if not torch.installed:
        return torch_finding(torch)
    name = f"PyTorch {torch.version}" if torch.version else "PyTorch"
    if torch.problem:
        return unknown(check, "which CUDA PyTorch was built for", [torch.problem])
    fitting = f"for CUDA {driver} or older" if driver else "for the driver's CUDA"
    install, command = f"install a build {fitting}", "pip install --force-reinstall torch"
    if torch.cuda is None:
        other = f"for ROCm {torch.hip}" if torch.hip else "without CUDA"
        words = f"{name} is built {other} and cannot use this GPU"
        return Finding(check, "bad", words, install, command)
    built = f"{name} is built for CUDA {torch.cuda}"
    if driver is None:
        return unknown(check, f"{built}; the CUDA version of the driver", [probe.reason])
    wanted, offered = _VERSION.match(torch.cuda), _VERSION.match(driver)
    if wanted is None or offered is None:
        return Finding(check, "unknown", f"{built}, the driver runs CUDA {driver}: they cannot be compared")
    (major, minor), (most, most_minor) = map(int, wanted.groups()), map(int, offered.groups())
    if major > most:
        words = f"{built}, and the driver runs CUDA up to {driver}: PyTorch will not find this GPU"
        return Finding(check, "bad", words, f"update the NVIDIA driver, or {install}")
    if major == most and minor > most_minor:
        words = f"{built}, newer than the driver's {driver}: it runs, without what needs a newer driver"
        return Finding(check, "warning", words, f"update the NVIDIA driver, or {install}")
    return Finding(check, "good", f"{built}, and the driver runs CUDA up to {driver}")


def device_name(gpu: ProbedDevice, order: CudaOrder) -> str | None:
    """What --device takes for this GPU; None where CUDA hides it."""
    return next((one.name for one in order.devices if one.gpu is not None and one.gpu.uuid == gpu.uuid), None)


def visibility_finding(gpu: ProbedDevice, order: CudaOrder) -> Finding:
    """Which --device it is: NVML's number, which nvidia-smi shows, is not CUDA's."""
    check, name = "device", device_name(gpu, order)
    if not order.known:
        which = f"--device {name} may be another GPU" if name else "CUDA_VISIBLE_DEVICES may hide it"
        words = f"{which}: CUDA numbers the fastest first, NVML by slot"
        remedy = "have CUDA count as NVML and nvidia-smi do"
        return Finding(check, "warning", words, remedy, "export CUDA_DEVICE_ORDER=PCI_BUS_ID")
    if name is None:
        words = f"CUDA does not show it: {order.note or 'it has no number'}"
        command = f"export CUDA_VISIBLE_DEVICES={gpu.uuid}"
        return Finding(check, "bad", words, "unset the variable, or name this GPU in it", command)
    note = f" ({order.note})" if order.note else ""
    other = "" if name == f"cuda:{gpu.index}" else f", although nvidia-smi calls it {gpu.index}"
    return Finding(check, "good", f"it is --device {name}{other}{note}")
