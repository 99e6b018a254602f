"""Telemetry beside the measurement: the host in this process, NVML in a child that may die alone."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable

from specprof.run import events as ev
from specprof.session.lines import Garbage, events_from, open_pipe
from specprof.telemetry.host import HostSampler

HOST_HZ = 2.0
NVML_HZ = 10.0

Put = Callable[[ev.EventModel], Awaitable[None]]


async def watch_host(origin_s: float, put: Put) -> None:
    """Puts the host's samples until cancelled."""
    sampler = HostSampler()
    sampler.sample(0.0)  # the first one only sets the counters
    await put(ev.TelemetryOpened(t_s=_now(origin_s), telemetry=sampler.source()))
    while True:
        await asyncio.sleep(1 / HOST_HZ)
        now = _now(origin_s)
        await put(ev.TelemetryTaken(t_s=now, sample=sampler.sample(now)))


async def watch_gpu(origin_s: float, uuid: str, put: Put) -> None:
    """Puts the GPU's samples until its child ends or this is cancelled. A dead child is only a gap.

    It takes this process and all it starts for specprof's own: a measuring child started again, too.
    """
    read_end, write_end = os.pipe()
    with contextlib.closing(await open_pipe(read_end)) as pipe:
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", "specprof.telemetry",
                "--fd", str(write_end), "--uuid", uuid, "--origin", repr(origin_s), "--hz", str(NVML_HZ),
                pass_fds=(write_end,), start_new_session=True, stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
        finally:
            os.close(write_end)
        try:
            async for event in events_from(pipe):
                if not isinstance(event, Garbage):
                    await put(event)
            status = await process.wait()
            if status < 0:
                name = signal.Signals(-status).name
                await put(_gap(origin_s, f"the telemetry of the GPU died ({name}): its readings end here"))
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()


def _gap(origin_s: float, text: str) -> ev.Notice:
    return ev.Notice(t_s=_now(origin_s), level="warning", text=text)


def _now(origin_s: float) -> float:
    return max(0.0, time.monotonic() - origin_s)
