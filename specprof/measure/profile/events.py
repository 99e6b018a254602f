"""What the profiler saw, as plain data: nothing from here on knows torch."""

from __future__ import annotations

from typing import NamedTuple

STEP = "specprof/step"
"""The range around the profiled step."""


class Event(NamedTuple):
    """One event of kineto's, on the host or on the device.

    A host event's `id` is what device events that it launched carry as `launched_by`; 0 is nobody.
    """

    name: str
    begin_ns: int
    end_ns: int
    on_device: bool
    thread: int = 0
    id: int = 0
    launched_by: int = 0
