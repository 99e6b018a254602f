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
from specprof.session.lines import EventPipe, Silence, events_from, open_pipe
from specprof.telemetry.host import HostSampler

HOST_HZ = 2.0
NVML_HZ = 10.0

OPENING_S = 15.0
"""How long NVML may take to open: where no driver keeps the GPU awake, it wakes it up."""
SILENCE_S = 5.0
"""A telemetry child that says nothing for so long hangs in NVML."""
RESTART_AFTER_S = 1.0
GONE_AFTER_S = 2.0
"""How long a killed child may take to be gone: one that hangs in a driver cannot be waited for."""
GPU_LOST = 3
"""The exit status of a telemetry child whose GPU is lost."""

SAID = (ev.TelemetryOpened, ev.TelemetryTaken, ev.Notice)
"""What is a telemetry child's to say, but for the end of its GPU."""

Put = Callable[[ev.EventModel], Awaitable[None]]
Lost = Callable[[ev.Fatal], None]


async def watch_host(origin_s: float, put: Put) -> None:
    """Puts the host's samples until cancelled."""
    sampler = HostSampler()
    sampler.sample(0.0)  # the first one only sets the counters
    await put(ev.TelemetryOpened(t_s=_now(origin_s), telemetry=sampler.source()))
    while True:
        await asyncio.sleep(1 / HOST_HZ)
        now = _now(origin_s)
        await put(ev.TelemetryTaken(t_s=now, sample=sampler.sample(now)))


async def watch_gpu(origin_s: float, uuid: str, put: Put, lost: Lost) -> None:
    """Puts the GPU's samples until its child ends or this is cancelled. Its faults are only gaps, and said.

    A child that dies is started again once. `lost` is called where the GPU itself is lost: without it there
    is nothing to measure. The child takes this process and all it starts for specprof's own: a measuring
    child started again, too.
    """
    for again in (False, True):
        status = await _one_child(origin_s, uuid, put, lost)
        if status in (0, GPU_LOST):
            return
        how = _signal_name(-status) if status < 0 else f"status {status}"
        if again:
            await put(_gap(origin_s, f"the telemetry of the GPU died again ({how}): its readings end here"))
            return
        await put(_gap(origin_s, f"the telemetry of the GPU died ({how}): it is started again"))
        await asyncio.sleep(RESTART_AFTER_S)


async def _one_child(origin_s: float, uuid: str, put: Put, lost: Lost) -> int:
    """Runs one telemetry child to its end. Gives its exit status."""
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
            await _hear(origin_s, pipe, put, lost)
            return await process.wait()
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(process.wait(), GONE_AFTER_S)


async def _hear(origin_s: float, pipe: EventPipe, put: Put, lost: Lost) -> None:
    """Puts what a child says until it closes its pipe, and a word on each silence: when it is too long, and
    when it is over."""
    silent_s: float | None = None
    pipe.allow(OPENING_S)
    while True:
        try:
            async with contextlib.aclosing(events_from(pipe)) as stream:
                async for event in stream:
                    if silent_s is not None:
                        after = f"after {_now(origin_s) - silent_s:.0f} s"
                        await put(_gap(origin_s, f"the telemetry of the GPU speaks again {after}"))
                        silent_s = None
                    pipe.allow(SILENCE_S)
                    if isinstance(event, ev.Fatal):
                        lost(event)  # at once: a process may not end that has a lost GPU open
                    elif isinstance(event, SAID):
                        await put(event)
            return
        except Silence as silence:
            silent_s = _now(origin_s) - silence.limit_s
            words = f"the telemetry of the GPU has said nothing for {silence.limit_s:.0f} s: NVML hangs"
            await put(_gap(origin_s, f"{words}; what is measured meanwhile is unverified"))
            pipe.allow(None)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # one of the real-time signals, most of which have no name
        return f"signal {number}"


def _gap(origin_s: float, text: str) -> ev.Notice:
    return ev.Notice(t_s=_now(origin_s), level="warning", text=text)


def _now(origin_s: float) -> float:
    return max(0.0, time.monotonic() - origin_s)
