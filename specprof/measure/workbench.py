"""Puts a plan on its device: workload, clock, and the execution mode that works there."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch

from specprof.errors import EnvironmentProblem
from specprof.measure import capacity
from specprof.measure.attention.sdpa_choice import choose_backends, kept_backends, seen_backends
from specprof.measure.bench import Bench
from specprof.measure.choose_mode import choose_mode
from specprof.measure.clock import CpuClock, CudaClock
from specprof.measure.drafters import build_drafter
from specprof.measure.dtypes import DTYPES
from specprof.measure.layer_step import compiler_missing
from specprof.measure.mode_checks import BlockChecks, ModeChecks, modes_of
from specprof.measure.paper_block import PaperBlock
from specprof.measure.row_draft import say_without_draft
from specprof.measure.speaker import Speaker
from specprof.measure.verify_step import FullModel
from specprof.plan.memory import building_bytes, draft_weight_bytes, format_bytes
from specprof.plan.plan import Plan, Row
from specprof.run import events as ev
from specprof.run.mode_check import ModeCheck, RanAs, SdpaBackend

DIED = "the measuring process died in its check"


class Opened(NamedTuple):
    """What was found on the way to a bench: as `ModelBuilt` says it."""

    build_s: float
    execution: RanAs
    checks: list[ModeCheck]
    checks_s: float
    sdpa_backends: list[SdpaBackend]


def open_bench(
    plan: Plan,
    device: torch.device,
    speaker: Speaker,
    cancelled,
    *,
    before: ev.ModelBuilt | None = None,
    without: Sequence[RanAs] = (),
) -> tuple[Bench, Opened]:
    """The bench, with the execution mode that its plan came to here.

    What was measured `before` is gone on with as it was: in the same mode, with the same kernels. Modes of
    `without` are left out: another child died of them.
    Raises EnvironmentProblem where memory ends, or where no mode that the plan allows gives right logits.
    """
    if device.type == "cuda":
        torch.backends.cuda.enable_cudnn_sdp(False)  # see attention/sdpa_choice.py
    if plan.execution == "compile" and (missing := compiler_missing(device)) is not None:
        raise missing
    started = time.monotonic()
    workload = _built(plan, device)
    build_s = time.monotonic() - started
    clock = CudaClock(device) if device.type == "cuda" else CpuClock()
    bench = Bench(plan, workload, device, clock, speaker, None, cancelled)
    backends: list[SdpaBackend] = []
    if plan.workload == "full" and "sdpa" in plan.attentions:
        if device.type == "cuda":
            workload.sdpa_backends = kept_backends(before) if before else choose_backends(workload)
        backends = seen_backends(workload)
    modes = modes_of(plan, device) if before is None else [before.execution]
    died = [
        ModeCheck(execution=mode, attention=None, tolerance=1, dropped=DIED)
        for mode in modes
        if mode in without
    ]
    modes = [mode for mode in modes if mode not in without]
    if "compile" in modes:
        text = "torch.compile compiles the decoder layer before anything is measured: this may take a minute"
        speaker.say(ev.Notice, level="info", text=text)
    checks = (ModeChecks if plan.workload == "full" else BlockChecks)(bench, modes).run()
    checks += died
    execution = choose_mode(bench, checks)
    if before is not None and bench.beside not in attentions_of(before):
        bench.beside = None
    return bench, Opened(build_s, execution, checks, time.monotonic() - started - build_s, backends)


def attentions_of(before: ev.ModelBuilt) -> set[str | None]:
    """Those that were measured, as far as it is known."""
    return {
        check.attention
        for check in before.checks
        if check.execution == before.execution and check.dropped is None
    }


def _built(plan: Plan, device: torch.device) -> Any:
    """The workload on its device."""
    kind = FullModel if plan.workload == "full" else PaperBlock
    try:
        return kind(plan, DTYPES[plan.dtype], device)
    except Exception as error:
        if not capacity.is_out_of_memory(error):
            raise
    capacity.release(device)
    raise EnvironmentProblem(
        f"out of memory while building {plan.model.title}: it needs "
        f"{format_bytes(building_bytes(plan))}, {format_bytes(capacity.free_bytes(device))} are free",
        "measure fewer layers with --layers, or free memory",
    )


def open_drafter(bench: Bench, rows: list[Row]) -> None:
    """Builds the plan's drafter for the rows still to be measured. Where it does not fit, they go without."""
    plan, device = bench.plan, bench.device
    if plan.drafter is None or not rows:
        return
    needed, free = draft_weight_bytes(plan), capacity.free_bytes(device)
    verdict, reason = "", ""
    if needed > free:
        verdict = "not_run"
        reason = f"predicted not to fit: the drafter needs {format_bytes(needed)}, {format_bytes(free)} free"
    else:
        try:
            bench.drafter = build_drafter(plan, bench.workload, DTYPES[plan.dtype], device)
        except Exception as error:
            if not capacity.is_out_of_memory(error):
                raise
            verdict, reason = "oom", f"out of memory while building it: {str(error).splitlines()[0]}"
    if verdict:
        capacity.release(device)
        for row in rows:
            say_without_draft(bench, row, verdict, reason)
