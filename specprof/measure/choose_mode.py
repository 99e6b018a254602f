"""From the checks of the execution modes to the one that a run measures with."""

from __future__ import annotations

from collections.abc import Sequence

from specprof.errors import EnvironmentProblem
from specprof.measure.bench import Bench
from specprof.measure.cuda_graph import GraphPool
from specprof.run import events as ev
from specprof.run.mode_check import ModeCheck, RanAs


def choose_mode(bench: Bench, checks: Sequence[ModeCheck]) -> RanAs:
    """Sets the bench to the fastest mode that gives right logits with the plan's attention, and says which
    ones do not.

    A second attention that is wrong in it is left out, and said so. Raises EnvironmentProblem where no mode
    is right.
    """
    plan = bench.plan
    own = [check for check in checks if check.attention in (plan.attention, None)]
    usable = [check for check in own if check.dropped is None]
    if not usable:
        raise _none_is_right(plan.attention, own)
    for check in checks:
        if check.why_dropped is not None:
            _warn(bench, check.why_dropped)
    mode = min(usable, key=lambda check: check.step_ms if check.step_ms is not None else 0.0).execution
    bench.compiled = mode == "compile"
    if bench.device.type == "cuda" and mode != "eager":
        bench.graphs = GraphPool(bench.device)
    for check in checks:
        if check.execution == mode and check.attention == plan.attention_beside:
            if check.dropped is None:
                bench.beside = check.attention
            else:
                _warn(bench, f"attention {check.attention} is not measured beside {plan.attention}")
    return mode


def _none_is_right(attention: str, checks: Sequence[ModeCheck]) -> EnvironmentProblem:
    said = "; ".join(f"{check.execution}: {check.dropped}" for check in checks)
    remedy = "try --execution eager, or another --attention"
    if any(check.execution == "eager" for check in checks):
        remedy = f"try another --attention than {attention}, or another --dtype"
    return EnvironmentProblem(f"attention {attention} gives no right logits here ({said})"[:2000], remedy)


def _warn(bench: Bench, text: str) -> None:
    bench.speaker.say(ev.Notice, level="warning", text=text[:2000])
