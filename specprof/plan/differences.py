"""Going on with an unfinished run: what of its plan other options would change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from specprof.plan.asked import Asked
from specprof.plan.assemble import assemble, model_shape, sliced
from specprof.plan.model import ModelShape
from specprof.plan.plan import Plan


def differences(recorded: Plan, asked: Asked) -> list[str]:
    """What of an earlier run's plan the given options would change: `--seed 1, the run has 0`."""
    shape = recorded.model if asked.model is None else model_shape(asked.model)
    layers = recorded.model.layers_measured
    if asked.layers is not None:
        layers = sliced(shape, asked.layers, None).layers_measured
    whole = replace(
        asked,
        model=None,
        layers=None,
        # the seconds kept for refinement are judged by the whole that they are a part of
        budget_s=recorded.stopping.budget_s if asked.budget_s is None else asked.budget_s,
        refine=asked.refine or (True if asked.refine_budget_s is not None else None),
    )
    others = assemble(whole, asked.device or recorded.device).plan
    again = others.model_copy(update={"model": shape.model_copy(update={"layers_measured": layers})})
    found = []
    for option, value in asked.given().items():
        had, has = _chosen(option, recorded), _chosen(option, again)
        if had != has and value is True:
            found.append(f"--{option}, the run is without")
        elif had != has:
            name = "--" + option.removesuffix("_pct").removesuffix("_s").replace("_", "-")
            found.append(f"{name} {value}, the run has {_shown(had)}")
    return found


def _chosen(option: str, plan: Plan) -> Any:
    """What a plan holds of an option."""
    match option:
        case "model":
            # its sizes too: a folder may hold another model by now
            return plan.model.model_copy(update={"layers_measured": 1})
        case "layers":
            return plan.model.layers_measured
        case "target_ci_pct":
            return plan.stopping.target_ci * 100
        case "budget_s":
            return plan.stopping.budget_s
        case "candidates":
            return plan.grid_candidates
        case "attention":
            return plan.attentions
        case "quantize":
            return plan.quantization or "none"
        case "drafter":
            return plan.drafter or "none"
        case "refine":
            return plan.refinement is not None
        case "refine_budget_s":
            return plan.refinement.budget_s if plan.refinement else None
        case "batch_size" | "seq_len":
            return getattr(plan, option + "s")
        case _:
            return getattr(plan, option)


def _shown(value: Any) -> str:
    if isinstance(value, ModelShape):
        return f"{value.checkpoint or value.name} of {value.layers_total} layers, hidden {value.hidden_size}"
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
