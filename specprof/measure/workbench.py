"""Puts a plan on its device: workload, clock, and the execution mode that works there."""

from __future__ import annotations

import torch

from specprof.errors import EnvironmentProblem
from specprof.measure import capacity
from specprof.measure.bench import Bench
from specprof.measure.clock import CpuClock, CudaClock
from specprof.measure.cuda_graph import GraphPool
from specprof.measure.drafters import build_drafter
from specprof.measure.paper_block import PaperBlock
from specprof.measure.row_draft import say_without_draft
from specprof.measure.speaker import Speaker
from specprof.measure.verify_step import FullModel
from specprof.plan.memory import draft_weight_bytes, format_bytes, weight_bytes
from specprof.plan.plan import Plan, Row
from specprof.run import events as ev

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
GRAPH_TOLERANCE = 1e-2
"""Largest relative difference of a replayed graph's logits from eager ones: bf16 rounding, not error."""


def open_bench(plan: Plan, device: torch.device, speaker: Speaker, cancelled) -> tuple[Bench, str]:
    """The bench and the execution that `auto` came to. Raises EnvironmentProblem where memory ends."""
    if device.type == "cuda":
        # with an fp32 mask cuDNN's attention is silently wrong (pytorch#191612), and with graphs and long
        # masks some versions fault; flash and memory-efficient kernels remain
        torch.backends.cuda.enable_cudnn_sdp(False)
    kind = FullModel if plan.workload == "full" else PaperBlock
    failed = None
    try:
        workload = kind(plan, DTYPES[plan.dtype], device)
    except Exception as error:
        if not capacity.is_out_of_memory(error):
            raise
        failed = str(error).splitlines()[0]
    if failed is not None:
        capacity.release(device)
        raise EnvironmentProblem(
            f"out of memory while building {plan.model.title}: it needs "
            f"{format_bytes(weight_bytes(plan))}, {format_bytes(capacity.free_bytes(device))} are free",
            "measure fewer layers with --layers, or free memory",
        )
    clock = CudaClock(device) if device.type == "cuda" else CpuClock()
    bench = Bench(plan, workload, device, clock, speaker, None, cancelled)
    if device.type != "cuda" or plan.execution == "eager":
        return bench, "eager"
    problem = _graph_problem(bench)
    if problem is None:
        bench.graphs = GraphPool(device)
        return bench, "graph"
    if plan.execution == "graph":
        raise EnvironmentProblem(f"CUDA graphs do not work here: {problem}", "measure with --execution eager")
    speaker.say(ev.Notice, level="warning", text=f"CUDA graphs do not work here ({problem}): running eagerly")
    return bench, "eager"


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


def _graph_problem(bench: Bench) -> str | None:
    """Tries both forms a row has, plain and masked: why graphs cannot be used, None where replay is eager."""
    plan = bench.plan
    problem = None
    try:
        bench.workload.open_row(Row(plan.batch_sizes[0], plan.seq_lens[0]))
        for candidates in plan.candidates[:2]:
            step = bench.workload.step(candidates, masked=candidates > 1)
            expected = step.run().float().clone()
            replayed = GraphPool(bench.device).capture(step, with_head=bench.with_head).run().float()
            torch.cuda.synchronize(bench.device)
            error = (replayed - expected).norm() / expected.norm()
            if not error <= GRAPH_TOLERANCE:
                problem = f"replayed logits differ from eager ones by {float(error):.1e} at K = {candidates}"
    except RuntimeError as error:
        problem = str(error).splitlines()[0]
    finally:
        bench.workload.close_row()
    capacity.release(bench.device)
    return problem
