"""Where the time of one verify step goes: the step under the profiler, as a Breakdown."""

from __future__ import annotations

import torch

from specprof.measure.profile.device_time import device_breakdown
from specprof.measure.profile.events import Event
from specprof.measure.profile.host_time import host_breakdown
from specprof.measure.profile.parts import kernel_parts, learned_parts, operator_parts
from specprof.measure.profile.recording import ProfileFailed, record
from specprof.measure.profile.spans import KernelSpan, launched, nested
from specprof.measure.step import Step
from specprof.run.breakdown import Breakdown, Part

NO_KERNELS = (
    "the profiler saw no kernel: CUPTI may not be permitted here (CUPTI_ERROR_INSUFFICIENT_PRIVILEGES)"
)


def profile_step(step: Step, device: torch.device, *, eager: Step | None = None) -> Breakdown:
    """The breakdown of one run of `step`, warmed up by another.

    On CUDA the times are those of a run without ranges around the modules, which hold up the host: `step`,
    or `eager` where `step` is a replayed graph, is first run with them, and twice more for that. On a CPU
    nothing is replayed and `eager` is left alone. Raises ProfileFailed where the profiler does not work,
    and out of memory as it is.
    """
    if device.type != "cuda":
        found = host_step(record(step.run, device, model=step.model))
    else:
        known = step if eager is None else eager
        learned = record(known.run, device, model=known.model, with_kernels=True)
        if known is step and step.model is None:
            found = device_step(learned)
        else:
            found = device_step(record(step.run, device, with_kernels=True), learned)
    if found is None:
        raise ProfileFailed(NO_KERNELS if device.type == "cuda" else "the profiler saw nothing of the step")
    return found


def host_step(events: list[Event]) -> Breakdown | None:
    """The breakdown of a step on the CPU; None where its range is not among the events."""
    operators = nested(events)
    return host_breakdown(operators, operator_parts(operators))


def device_step(events: list[Event], learned: list[Event] | None = None) -> Breakdown | None:
    """The breakdown of a step on CUDA; None where there is no kernel.

    `learned` are the events of the same step run eagerly and with ranges around the modules, where `events`
    are not.
    """
    kernels, parts = _kernels(events)
    if learned is not None:
        known_kernels, known_parts = _kernels(learned)
        parts = learned_parts(
            [kernel.name for kernel in kernels], [kernel.name for kernel in known_kernels], known_parts
        )
    return device_breakdown(kernels, parts)


def _kernels(events: list[Event]) -> tuple[list[KernelSpan], list[Part]]:
    operators = nested(events)
    kernels = launched(events, operators)
    return kernels, kernel_parts(kernels, operator_parts(operators))
