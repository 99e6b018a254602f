"""Kineto's events, as torch hands them out, as plain data.

Their methods are those that torch's own profiler reads; `activity_type` is missing from older torch.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from specprof.measure.profile.events import Event

_HOST_KINDS = {"cpu_op", "user_annotation"}
_DEVICE_KINDS = {"kernel", "gpu_memcpy", "gpu_memset"}


def plain_events(events: Iterable[Any]) -> list[Event]:
    """Operators and ranges that stay in one thread, and what runs on the device.

    Left out are the calls of CUDA's runtime, the profiler's own overhead, and the shadows that ranges cast
    on the device.
    """
    return [_plain(event) for event in events if _wanted(event)]


def _on_device(event: Any) -> bool:
    return event.device_type().name != "CPU"


def _wanted(event: Any) -> bool:
    kind = event.activity_type() if hasattr(event, "activity_type") else None
    if _on_device(event):
        return kind in _DEVICE_KINDS if kind is not None else not event.is_user_annotation()
    if event.linked_correlation_id() or event.start_thread_id() != event.end_thread_id():
        return False
    return kind is None or kind in _HOST_KINDS


def _plain(event: Any) -> Event:
    begin_ns = event.start_ns()
    on_device = _on_device(event)
    return Event(
        event.name(),
        begin_ns,
        begin_ns + event.duration_ns(),
        on_device,
        thread=event.start_thread_id(),
        id=0 if on_device else event.correlation_id(),
        launched_by=event.linked_correlation_id(),
    )
