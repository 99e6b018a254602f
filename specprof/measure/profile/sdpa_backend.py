"""Which kernel scaled_dot_product_attention took, as it was seen to run."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

import torch

from specprof.measure.profile.recording import record
from specprof.run.mode_check import SdpaBackend

_OPERATOR = re.compile("_scaled_dot_product_(?:(flash|efficient|cudnn)_attention|attention_(math))")


def seen_backend(
    run: Callable[[], object], device: torch.device, form: Literal["plain", "masked"]
) -> SdpaBackend | None:
    """The backend of the first attention in `run`, which is run twice; None where it has none.

    Operators tell it on CUDA too, so that CUPTI is not needed. Raises ProfileFailed where torch has no
    profiler.
    """
    for event in sorted(record(run, device), key=lambda event: event.begin_ns):
        found = backend_of(event.name)
        if found is not None:
            return SdpaBackend(form=form, backend=found, operator=event.name)
    return None


def backend_of(operator: str) -> str | None:
    """`flash`, `efficient`, `cudnn` or `math`; None for an operator that is no backend of it."""
    match = _OPERATOR.search(operator)
    return match and (match[1] or match[2])
