"""One step under torch's profiler."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import torch
from torch.autograd.profiler import record_function
from torch.profiler import ProfilerActivity, kineto_available, profile, supported_activities

from specprof.measure import capacity
from specprof.measure.bandwidth import wait_for
from specprof.measure.collection import no_collection
from specprof.measure.profile.events import STEP, Event
from specprof.measure.profile.kineto import plain_events
from specprof.measure.profile.scopes import scopes
from specprof.run.sanitize import clean


class ProfileFailed(Exception):
    """The profiler does not work here; one line says why."""


def record(
    run: Callable[[], object],
    device: torch.device,
    *,
    model: torch.nn.Module | None = None,
    with_kernels: bool = False,
) -> list[Event]:
    """What happens in the second of two runs; the first one warms up the step and the profiler.

    With ranges around the modules of `model`, and on CUDA `with_kernels`. Raises ProfileFailed, and what
    is raised where memory ends as it is.
    """
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if with_kernels else [])]
    if not kineto_available() or not supported_activities().issuperset(activities):
        raise ProfileFailed("this torch was built without the profiler (kineto) that it needs")
    if with_kernels:
        _keep_cupti()
    profiler = profile(activities=activities)
    try:
        with _stopped_after_all(profiler), scopes(model):
            profiler.prepare_trace()
            run()
            wait_for(device)
            profiler.start_trace()
            with no_collection(), record_function(STEP):
                run()
            wait_for(device)
            profiler.stop_trace()
        return plain_events(profiler.profiler.kineto_results.events())
    except Exception as error:
        if capacity.is_out_of_memory(error):
            raise
        raise ProfileFailed(_said(error)) from None


@contextmanager
def _stopped_after_all(profiler: profile) -> Iterator[None]:
    """Where something fails, the profiler is stopped too: it would go on in whatever is timed next."""
    try:
        yield
    except BaseException:
        with suppress(Exception):
            if not torch.autograd._profiler_enabled():
                profiler.start_trace()  # what has only been prepared cannot be stopped
            profiler.stop_trace()
        raise


def _keep_cupti() -> None:
    """Before CUDA 12.6 graphs crash where CUPTI is taken down and up again. torch tells kineto to keep it up
    for the inductor's graphs only (pytorch#112507, #150957)."""
    version = tuple(int(number) for number in (torch.version.cuda or "0").split(".")[:2])
    if version < (12, 6):
        os.environ.setdefault("DISABLE_CUPTI_LAZY_REINIT", "1")
        os.environ.setdefault("TEARDOWN_CUPTI", "0")


def _said(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [""]
    return clean(f"profiling failed: {type(error).__name__}: {lines[0]}", 500)
