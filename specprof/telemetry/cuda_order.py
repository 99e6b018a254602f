"""Which GPU is cuda:0, cuda:1 …: CUDA's order is not NVML's, and an environment variable may choose.

Documented in the CUDA C++ Programming Guide, "CUDA Environment Variables". How lists that are not sound
are read follows torch.cuda's own reading of CUDA_VISIBLE_DEVICES.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from specprof.run.sanitize import clean
from specprof.telemetry.probe import ProbedDevice

_VISIBLE = "CUDA_VISIBLE_DEVICES"
_REMEDY = "CUDA_DEVICE_ORDER=PCI_BUS_ID makes them agree"
_NUMBER = re.compile(r"\s*([+-]?\d{1,9})")


@dataclass(frozen=True)
class CudaDevice:
    """`gpu` is None where it is visible to CUDA and not in NVML's list: a MIG slice."""

    name: str
    gpu: ProbedDevice | None
    uuid: str


@dataclass(frozen=True)
class CudaOrder:
    """The devices as CUDA numbers them. Not `known`: it is NVML's order that is shown."""

    devices: tuple[CudaDevice, ...] = ()
    known: bool = True
    note: str = ""
    """What is in force, or why the order is not known."""

    @property
    def short(self) -> str:
        """The note where there is little room."""
        return self.note if self.known else "may be another GPU: CUDA_DEVICE_ORDER=PCI_BUS_ID fixes the order"

    def find(self, name: str) -> CudaDevice | None:
        """The device called `cuda` or `cuda:N`."""
        wanted = "cuda:0" if name == "cuda" else name
        return next((device for device in self.devices if device.name == wanted), None)


def cuda_order(gpus: Sequence[ProbedDevice], environ: Mapping[str, str]) -> CudaOrder:
    """The order of NVML's `gpus` under these environment variables."""
    visible = environ.get(_VISIBLE)
    if visible is None:
        return _numbered(range(len(gpus)), gpus, environ, "")
    shown = f"{_VISIBLE}={clean(visible, 60)}"
    hidden = f"{shown} hides every GPU" if gpus else ""
    if visible.startswith(("GPU-", "MIG-")):
        named = tuple(_by_uuid(visible, gpus))
        return CudaOrder(named, note=f"{shown} is in force" if named else hidden)
    chosen = _chosen(visible, len(gpus))
    if not chosen:
        return CudaOrder(note=hidden)
    return _numbered(chosen, gpus, environ, f"{shown} is in force")


def _numbered(
    chosen: Sequence[int], gpus: Sequence[ProbedDevice], environ: Mapping[str, str], note: str
) -> CudaOrder:
    devices = tuple(
        CudaDevice(f"cuda:{number}", gpus[index], gpus[index].uuid) for number, index in enumerate(chosen)
    )
    # NVML numbers by PCI bus; CUDA does so only where it is told to
    if len(gpus) < 2 or environ.get("CUDA_DEVICE_ORDER") == "PCI_BUS_ID":
        return CudaOrder(devices, note=note)
    why = "may be another GPU: CUDA numbers the fastest first, NVML by slot"
    said = "; ".join(filter(None, (note, why, _REMEDY)))
    return CudaOrder(devices, known=False, note=said)


def _chosen(visible: str, count: int) -> list[int]:
    """The indices up to the first that is none; a repeated one hides all."""
    found: list[int] = []
    for entry in visible.split(","):
        number = _NUMBER.match(entry)
        index = int(number[1]) if number else -1
        if index in found:
            return []
        if not 0 <= index < count:
            break
        found.append(index)
    return found


def _by_uuid(visible: str, gpus: Sequence[ProbedDevice]) -> list[CudaDevice]:
    """UUIDs may be shortened as long as one GPU only begins so."""
    found: list[CudaDevice] = []
    kind = visible[:4]
    for entry in visible.split(","):
        uuid = entry.strip()
        matching = [gpu for gpu in gpus if gpu.uuid.startswith(uuid)]
        gpu = matching[0] if len(matching) == 1 else None
        if not uuid.startswith(kind) or (kind == "GPU-" and gpu is None):
            break
        if any(device.uuid == (gpu.uuid if gpu else uuid) for device in found):
            return []
        found.append(CudaDevice(f"cuda:{len(found)}", gpu, gpu.uuid if gpu else clean(uuid, 80)))
    return found
