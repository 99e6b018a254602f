"""What is known of the device that a run would be measured on, line by line."""

from __future__ import annotations

from dataclasses import dataclass

from specprof.plan.memory import format_bytes
from specprof.telemetry.cpu import CpuFacts
from specprof.telemetry.cuda_order import CudaOrder
from specprof.telemetry.doctor.cpu import BUSY_PCT
from specprof.telemetry.probe import Probe, ProbedDevice
from specprof.views.palette import Role

PROCESSES_NAMED = 2

_NO_GPU = CudaOrder()


@dataclass(frozen=True)
class Machine:
    """What was found so far. `probe` is None until NVML has answered, `cpu` until it was read."""

    probe: Probe | None = None
    cpu: CpuFacts | None = None
    others_pct: float | None = None
    """Share of all threads that other programs use."""
    order: CudaOrder = _NO_GPU

    @property
    def best(self) -> str | None:
        """What runs where no device is asked for; None until the probe has answered."""
        if self.probe is None:
            return None
        return "cuda" if self.order.devices else "cpu"

    @property
    def devices(self) -> tuple[str, ...]:
        """All that can be chosen."""
        return (*(device.name for device in self.order.devices), "cpu")

    def free_bytes(self, device: str | None) -> int | None:
        """Free memory of a device; None where it is not known."""
        if device == "cpu":
            return self.cpu.free_bytes if self.cpu is not None else None
        gpu = self.gpu(device)
        return gpu.free_bytes if gpu is not None else None

    def gpu(self, device: str | None) -> ProbedDevice | None:
        found = self.order.find(device or "")
        return found.gpu if found is not None else None

    def name(self, device: str | None) -> str:
        """The device's name as a run's file has it; empty where it is not known."""
        if device == "cpu":
            return self.cpu.name if self.cpu is not None else ""
        gpu = self.gpu(device)
        return gpu.name if gpu is not None else ""


@dataclass(frozen=True)
class CardLine:
    label: str
    words: str
    role: Role = "text"
    most: int = 1
    """Lines that it may take."""
    short: str = ""
    """What of it is said where there is little room."""
    loud: bool = False
    """Whether it has a line of its own also there."""


@dataclass(frozen=True)
class Card:
    title: str
    device: str
    """`cpu`, `cuda:0`; empty until it is known."""
    lines: tuple[CardLine, ...] = ()


LOOKING = Card("looking for a GPU…", "")


def card_of(machine: Machine, device: str | None) -> Card:
    """The card of `device`, None for the one that runs by default."""
    device = device or machine.best
    if device is None or (machine.probe is None and device != "cpu"):
        return LOOKING
    if device == "cpu":
        return _cpu_card(machine)
    return _gpu_card(machine, device)


def _cpu_card(machine: Machine) -> Card:
    cpu = machine.cpu
    if cpu is None:
        return Card("the CPU", "cpu")
    lines = [_memory(cpu.memory_bytes, cpu.free_bytes)]
    if cpu.threads is not None:
        total = f" of {cpu.threads_total}" if cpu.threads_total not in (None, cpu.threads) else ""
        cores = f", {_count(cpu.cores_total, 'core')} in all" if cpu.cores_total else ""
        threads = _count(cpu.threads, "thread")
        lines.append(CardLine("usable", f"{threads}{total}{cores}", short=threads))
    others = machine.others_pct
    busy = others is not None and others >= BUSY_PCT
    shown = "…" if others is None else f"{others:.0f} % of the CPU"
    lines.append(
        CardLine(
            "others",
            shown,
            "warn" if busy else "text",
            short="" if others is None else f"others {others:.0f} %",
        )
    )
    lines.append(_why_cpu(machine))
    return Card(cpu.name, "cpu", tuple(lines))


def _why_cpu(machine: Machine) -> CardLine:
    """Why it is not a GPU that is measured."""
    probe = machine.probe
    if probe is None:
        return CardLine("GPU", "looking for one…", "muted", most=5)
    if machine.order.devices:
        count = _count(len(machine.order.devices), "GPU")
        return CardLine("GPU", f"{count} here: d switches", "text", most=5, short=f"{count} here: d switches")
    reason = machine.order.note or probe.reason or "there is none"
    words = f"none: {reason}" + (
        f". Remedy: {probe.remedy}" if probe.remedy and not machine.order.note else ""
    )
    return CardLine("GPU", words, "muted", most=6, short=f"no GPU: {words.removeprefix('none: ')}", loud=True)


def _gpu_card(machine: Machine, device: str) -> Card:
    probe = machine.probe or Probe(available=False)
    found = machine.order.find(device)
    gpu = found.gpu if found is not None else None
    if found is None or gpu is None:
        reason = probe.reason or machine.order.note
        name = f"MIG slice {found.uuid}" if found is not None else f"{device}: not found here"
        words = (
            "NVML tells of whole GPUs only" if found is not None else reason or "CUDA shows no such device"
        )
        return Card(
            name, device, (CardLine("", words, "warn", most=5, short=words, loud=True), *_driver(probe))
        )
    lines = [
        _memory(gpu.memory_bytes, gpu.free_bytes),
        CardLine("SM clock", _clocks(gpu), short=_clocks(gpu)),
        *_driver(probe),
        _others(gpu),
        CardLine("UUID", gpu.uuid, "muted", most=2, short=gpu.uuid[:12]),
    ]
    lines += _which(machine, device)
    if probe.source == "fake":
        lines.insert(0, CardLine("source", "a test library, no driver", "warn"))
    return Card(gpu.name, device if device != "cuda" else "cuda:0", tuple(lines))


def _driver(probe: Probe) -> list[CardLine]:
    if probe.driver is None:
        return []
    cuda = f", runs CUDA up to {probe.cuda_driver_version}" if probe.cuda_driver_version else ""
    return [CardLine("driver", f"{probe.driver}{cuda}", short=f"driver {probe.driver}")]


def _which(machine: Machine, device: str) -> list[CardLine]:
    """Which of several it is, and how sure that is."""
    order = machine.order
    lines = []
    if len(order.devices) > 1:
        names = [one.name for one in order.devices]
        at = names.index("cuda:0" if device == "cuda" else device) + 1
        which = f"{at} of {len(names)}: d switches"
        lines.append(CardLine("which", which, short=which))
    if order.note:
        role = "muted" if order.known else "warn"
        lines.append(CardLine("order", order.note, role, most=5, short=order.short, loud=not order.known))
    return lines


def _memory(total: int | None, free: int | None) -> CardLine:
    if total is None or free is None:
        return CardLine("memory", "cannot be read", "muted")
    shown = f"{format_bytes(free)} free of {format_bytes(total)}"
    return CardLine("memory", shown, short=shown)


def _clocks(gpu: ProbedDevice) -> str:
    if gpu.sm_clock_mhz is None:
        return "cannot be read"
    most = f", {gpu.max_sm_clock_mhz} MHz at most" if gpu.max_sm_clock_mhz is not None else ""
    return f"{gpu.sm_clock_mhz} MHz{most}"


def _others(gpu: ProbedDevice) -> CardLine:
    """Other programs on the GPU: they take memory and time from what is measured."""
    if gpu.processes is None:
        return CardLine("others", "cannot be read", "muted")
    if not gpu.processes:
        return CardLine("others", "no other program is on it", short="no other program")
    named = []
    for process in gpu.processes[:PROCESSES_NAMED]:
        memory = f" {format_bytes(process.memory_bytes)}" if process.memory_bytes is not None else ""
        named.append(f"{process.name or 'a program'} (pid {process.pid}){memory}")
    rest = len(gpu.processes) - len(named)
    words = ", ".join(named) + (f" and {rest} more" if rest else "")
    return CardLine("others", words, "warn", most=3, short=f"others: {words}", loud=True)


def _count(number: int, name: str) -> str:
    return f"{number} {name}" if number == 1 else f"{number} {name}s"
