"""How a step was executed, in words: modes checked, what ran behind sdpa, rates of the device."""

from __future__ import annotations

from collections.abc import Iterator

from specprof.plan.plan import Plan
from specprof.run.environment import Device
from specprof.run.mode_check import ModeCheck
from specprof.run.record import RunRecord
from specprof.views.quantities import number


def attention_words(plan: Plan) -> str:
    """`sdpa`, or `sdpa, with eager beside it`."""
    beside = f", with {plan.attention_beside} beside it" if plan.attention_beside is not None else ""
    return f"{plan.attention}{beside}"


def mode_name(check: ModeCheck) -> str:
    return f"{check.execution}, {check.attention}" if check.attention is not None else check.execution


def check_words(check: ModeCheck) -> str:
    """`error 0.0012, at most 0.02 allowed; 12.31 ms; 3 graphs compiled`; why it was dropped stands first."""
    found = [f"dropped: {check.dropped}"] if check.dropped is not None else []
    if check.error is None and check.dropped is None:
        found.append("what the other modes are held to" if check.attention is None else "not checked")
    elif check.error is None:
        found.append("gave no logits")
    else:
        found.append(f"error {check.error:.2g}, at most {check.tolerance:.2g} allowed")
    if check.step_ms is not None:
        found.append(f"{number(check.step_ms)} ms for one candidate and the most together")
    if check.compiled is not None:
        found.append(f"{check.compiled} graph{'' if check.compiled == 1 else 's'} compiled")
    return "; ".join(found)


def dropped_modes(record: RunRecord) -> Iterator[str]:
    """A sentence for each mode that was checked and is not used."""
    for check in record.checks:
        if check.why_dropped is not None:
            yield check.why_dropped


def checked_words(record: RunRecord) -> Iterator[str]:
    """A sentence for each mode that passed its check, and for each kernel seen behind sdpa."""
    for check in record.checks:
        if check.dropped is None:
            yield f"checked, {check.name}: {check_words(check)}"
    for one in record.sdpa_backends:
        yield f"sdpa, {one.form}: {one.backend} ({one.operator})"


def rates(device: Device) -> Iterator[tuple[str, str]]:
    """How fast the device was measured to be, by what it did."""
    if device.stream_bytes_per_s is not None:
        yield "streaming bandwidth", f"{device.stream_bytes_per_s / 1e9:.4g} GB/s"
    if device.gemm_flops_per_s is not None:
        yield "GEMM rate", f"{device.gemm_flops_per_s / 1e12:.4g} TFLOP/s"
