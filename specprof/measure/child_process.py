"""How a measuring child lives: gone with its parent, ended by SIGINT, offline."""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent(events: int) -> None:
    """Asks the kernel for SIGKILL when the parent dies. Linux only; elsewhere the closed pipe tells.

    So it does here of a parent that died before the kernel was asked.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    pipe = select.poll()
    pipe.register(events, 0)
    if pipe.poll(0):
        sys.exit(0)


class Interrupt:
    """SIGINT: before the sweep it ends the child at once, in the sweep between two samples."""

    def __init__(self) -> None:
        self.asked = False
        self.at_once = True
        signal.signal(signal.SIGINT, self._on_signal)

    def _on_signal(self, *_: object) -> None:
        self.asked = True
        if self.at_once:
            raise KeyboardInterrupt

    def __call__(self) -> bool:
        return self.asked


def stay_offline() -> None:
    """Nothing is ever downloaded. To be called before transformers is imported."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TRANSFORMERS_OFFLINE"] = "1"
    os.environ["TRANSFORMERS_VERBOSITY"] = "error"
