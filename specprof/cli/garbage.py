"""When garbage is looked for: not while modules are imported, nor in a command that soon ends."""

from __future__ import annotations

import gc


def put_off() -> None:
    """A command over a file makes none worth looking for, and looking takes a tenth of its time."""
    gc.disable()


def collect_again() -> None:
    """For what runs on. All that was imported stays: to go through it once would hold up the first screen."""
    gc.freeze()
    gc.enable()
