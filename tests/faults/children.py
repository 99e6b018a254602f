"""The measuring children of a command, as the kernel knows them."""

from __future__ import annotations

import contextlib
import time

import psutil
from cli.command import Process, wait_until

REAL = "specprof.measure"
FAKE = "fake_child.py"


def measuring_children(process: Process, kind: str = REAL) -> list[psutil.Process]:
    found = []
    with contextlib.suppress(psutil.NoSuchProcess):
        for child in psutil.Process(process.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                if any(kind in word for word in child.cmdline()):
                    found.append(child)
    return found


def only_child(process: Process, kind: str = REAL) -> psutil.Process:
    wait_until(lambda: len(measuring_children(process, kind)) == 1)
    return measuring_children(process, kind)[0]


def has_ended(child: psutil.Process) -> bool:
    """Whether it runs no more; one that nobody has fetched yet has ended."""
    try:
        return child.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def gone_within(child: psutil.Process, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if has_ended(child):
            return True
        time.sleep(0.01)
    return False
