"""Where the time of a decoding loop goes: one part after the other, and the whole."""

from __future__ import annotations

import time
from collections import Counter
from typing import Protocol

import torch


class Stopwatch(Protocol):
    """`start`, then `lap` at the end of each part, then `stop`."""

    def start(self) -> None: ...

    def lap(self, part: str) -> None:
        """The time since the lap before, or since `skip`, was this part's."""

    def skip(self) -> None:
        """The time since the lap before is nobody's."""

    def stop(self) -> tuple[float, dict[str, float]]:
        """The whole, ms, and each part, ms."""


class CpuStopwatch:
    """The monotonic clock: on a CPU nothing runs on after a call returns."""

    def start(self) -> None:
        self._parts: Counter[str] = Counter()
        self._began = self._last = time.monotonic_ns()

    def lap(self, part: str) -> None:
        now = time.monotonic_ns()
        self._parts[part] += now - self._last
        self._last = now

    def skip(self) -> None:
        self._last = time.monotonic_ns()

    def stop(self) -> tuple[float, dict[str, float]]:
        whole = time.monotonic_ns() - self._began
        return whole / 1e6, {part: ns / 1e6 for part, ns in self._parts.items()}


class CudaStopwatch:
    """CUDA events between the parts, the host's clock around the whole: what lies between two events in
    which the device waited is the part's in which it did."""

    def __init__(self, device: torch.device) -> None:
        self._device = device

    def _event(self) -> torch.cuda.Event:
        event = torch.cuda.Event(enable_timing=True)
        event.record(torch.cuda.current_stream(self._device))
        return event

    def start(self) -> None:
        torch.cuda.synchronize(self._device)
        self._laps: list[tuple[str | None, torch.cuda.Event]] = [(None, self._event())]
        self._began_s = time.monotonic()

    def lap(self, part: str) -> None:
        self._laps.append((part, self._event()))

    def skip(self) -> None:
        self._laps.append((None, self._event()))

    def stop(self) -> tuple[float, dict[str, float]]:
        torch.cuda.synchronize(self._device)
        whole_ms = (time.monotonic() - self._began_s) * 1e3
        parts: Counter[str] = Counter()
        for (_, before), (part, event) in zip(self._laps, self._laps[1:], strict=False):
            if part is not None:
                parts[part] += before.elapsed_time(event)  # type: ignore[assignment]
        return whole_ms, dict(parts)


def stopwatch_for(device: torch.device) -> Stopwatch:
    return CudaStopwatch(device) if device.type == "cuda" else CpuStopwatch()
