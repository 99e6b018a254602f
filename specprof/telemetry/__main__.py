"""The telemetry child: `python -m specprof.telemetry`. It may hang or crash with NVML; nobody else does.

Speaks one event per line on a pipe of its own. SIGTERM and SIGINT keep their default action, so that
they end it inside a hanging driver call too.
Exit codes: 0 nobody listens any more, or nothing to read (said in the first event) · 2 usage · 3 GPU lost.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import math
import os
import select
import signal
import sys
import time
from collections.abc import Iterable, Iterator

from specprof.run.events import EventModel, Notice, TelemetryOpened, TelemetryTaken, line_of
from specprof.telemetry.devices import report
from specprof.telemetry.nvml import NvmlReader
from specprof.telemetry.nvml_library import GpuLost, NvmlUnavailable

_PR_SET_PDEATHSIG = 1
_GPU_LOST_EXIT = 3


class ParentGone(Exception):
    """Nobody reads the pipe any more."""


class Pipe:
    """The way to the parent, and the run's clock."""

    def __init__(self, descriptor: int, origin_s: float) -> None:
        self._descriptor = descriptor
        self._origin_s = origin_s
        self._poll = select.poll()
        self._poll.register(descriptor, 0)  # POLLERR comes unasked when the last reader closes

    def now_s(self) -> float:
        """Seconds since the run's start."""
        return round(max(0.0, time.monotonic() - self._origin_s), 6)

    def say(self, event: EventModel) -> None:
        """Writes one event. Raises ParentGone."""
        data = (line_of(event) + "\n").encode("ascii")
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
        except BrokenPipeError:
            raise ParentGone from None

    def wait(self, seconds: float) -> None:
        """Sleeps; raises ParentGone as soon as nobody listens."""
        if self._poll.poll(max(0.0, seconds) * 1000):
            raise ParentGone


def ticks(hz: float) -> Iterator[float]:
    """How long to sleep before each reading: no drift, and readings missed are left out, not made up for."""
    start = time.monotonic()
    tick = 0
    while True:
        elapsed = (time.monotonic() - start) * hz
        tick = max(tick + 1, math.ceil(elapsed))
        yield (tick - elapsed) / hz


def tell(pipe: Pipe, uuid: str, hz: float, own_pids: Iterable[int]) -> int:
    """Opens the device and speaks its samples until nobody listens. Returns the exit code."""
    try:
        try:
            reader = NvmlReader.open(uuid, own_pids)
        except NvmlUnavailable as problem:
            pipe.say(TelemetryOpened(t_s=pipe.now_s(), telemetry=problem.telemetry_source(uuid)))
            return 0
        pipe.say(TelemetryOpened(t_s=pipe.now_s(), telemetry=reader.source()))
        for pause_s in ticks(hz):
            pipe.wait(pause_s)
            now_s = pipe.now_s()
            pipe.say(TelemetryTaken(t_s=now_s, sample=reader.sample(now_s)))
            for field, reason in reader.newly_missing().items():
                pipe.say(Notice(t_s=now_s, level="warning", text=f"telemetry lacks {field}: {reason}"))
    except GpuLost as lost:
        with contextlib.suppress(ParentGone):
            pipe.say(Notice(t_s=pipe.now_s(), level="error", text=str(lost)))
        return _GPU_LOST_EXIT
    except ParentGone:
        pass
    return 0


def die_with_parent() -> None:
    """SIGKILL when the parent dies, however it dies; a driver call may not let anything less through.

    The kernel means the thread that started this program: it must outlive the telemetry.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


def _rate(text: str) -> float:
    hz = float(text)
    if not 0 < hz <= 1000:
        raise argparse.ArgumentTypeError("must lie between 0 and 1000")
    return hz


def _open_descriptor(text: str) -> int:
    descriptor = int(text)
    try:
        os.fstat(descriptor)
    except (OSError, OverflowError):
        raise argparse.ArgumentTypeError("is no open file descriptor") from None
    return descriptor


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="specprof.telemetry", description="specprof's telemetry child")
    parser.add_argument("--probe", action="store_true", help="print what NVML finds as JSON and exit")
    parser.add_argument("--fd", type=_open_descriptor, help="descriptor of the pipe to write events to")
    parser.add_argument("--uuid", help="UUID of the GPU or MIG slice")
    parser.add_argument("--origin", type=float, help="the monotonic clock at the run's t_s = 0, seconds")
    parser.add_argument("--hz", type=_rate, default=10.0, help="samples per second")
    parser.add_argument(
        "--own-pid", type=int, action="append", help="not foreign, descendants included (default: the parent)"
    )
    arguments = parser.parse_args(argv)
    if not arguments.probe and None in (arguments.fd, arguments.uuid, arguments.origin):
        parser.error("--fd, --uuid and --origin are needed without --probe")
    return arguments


def main(argv: list[str] | None = None) -> int:
    """Runs the child. Returns the exit code."""
    arguments = _arguments(argv)
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if arguments.probe:
        print(json.dumps(report()), flush=True)
        return 0
    pipe = Pipe(arguments.fd, arguments.origin)
    return tell(pipe, arguments.uuid, arguments.hz, arguments.own_pid or [os.getppid()])


if __name__ == "__main__":
    sys.exit(main())
