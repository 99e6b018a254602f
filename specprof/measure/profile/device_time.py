"""A step on CUDA: from the first kernel's begin to the last one's end, in the device's time."""

from __future__ import annotations

from collections.abc import Sequence

from specprof.measure.profile.spans import KernelSpan
from specprof.measure.profile.tally import Tally
from specprof.run.breakdown import Breakdown, Part


def device_breakdown(kernels: Sequence[KernelSpan], parts: Sequence[Part]) -> Breakdown | None:
    """None where there is no kernel, or none that took time.

    Of kernels that overlap the later one counts from the end of those before it: each moment counts once,
    and a gap is one in which none runs. `kernels` are in the order in which they began.
    """
    if not kernels:
        return None
    tally = Tally()
    begin = now = kernels[0].begin_ns
    for kernel, part in zip(kernels, parts, strict=True):
        tally.add(kernel.name, part, max(kernel.end_ns - max(kernel.begin_ns, now), 0))
        now = max(now, kernel.end_ns)
    return tally.breakdown(now - begin) if now > begin else None
