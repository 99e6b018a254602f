"""From what the user asked for to a checked plan: names resolved, defaults filled in, changes said."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

from specprof.errors import EnvironmentProblem, UsageProblem
from specprof.plan.checkpoint import shape_of_folder
from specprof.plan.defaults import defaults_for
from specprof.plan.drafter import Drafter, drafter_from
from specprof.plan.grid import Counts, parse_counts
from specprof.plan.model import ModelShape
from specprof.plan.plan import Plan, build_plan, candidates_with_baseline
from specprof.plan.presets import DRAFT_PRESETS, PRESETS
from specprof.plan.refinement import Refinement
from specprof.plan.stopping import StoppingRule

REFINED_SHARE = 0.25
"""Of the run's budget, what refinement gets where nothing is said."""


@dataclass(frozen=True)
class Asked:
    """The options of a run as the user gave them; None where nothing was said."""

    model: str | None = None
    batch_size: str | None = None
    seq_len: str | None = None
    candidates: str | None = None
    layers: str | None = None
    dtype: str | None = None
    device: str | None = None
    attention: str | None = None
    execution: str | None = None
    workload: str | None = None
    target_ci_pct: float | None = None
    budget_s: float | None = None
    seed: int | None = None
    refine: bool | None = None
    refine_budget_s: float | None = None
    drafter: str | None = None

    def given(self) -> dict[str, Any]:
        """The options that were given."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) is not None}


class Assembled(NamedTuple):
    plan: Plan
    notes: tuple[str, ...]


def model_shape(name: str) -> ModelShape:
    """A preset by its name, or the model in a local folder. Nothing is ever downloaded."""
    return _shape_among(PRESETS, name)


def _draft_shape(name: str) -> ModelShape:
    return _shape_among({**PRESETS, **DRAFT_PRESETS}, name)


def _shape_among(presets: Mapping[str, ModelShape], name: str) -> ModelShape:
    if name in presets:
        return presets[name]
    if os.path.exists(name) or os.sep in name or name.startswith((".", "~")):
        return shape_of_folder(os.path.expanduser(name))
    raise EnvironmentProblem(
        f"no model '{name[:200]}': it is neither a preset ({', '.join(presets)}) nor a folder here",
        "give a preset or the path of a local checkpoint; nothing is downloaded",
    )


def assemble(asked: Asked, device: str) -> Assembled:
    """The plan for a device, `cpu` or `cuda[:N]`. Raises UsageProblem or EnvironmentProblem."""
    defaults = defaults_for(device)
    notes: list[str] = []

    def counts(option: str, text: str | None, default: tuple[int, ...]) -> Counts:
        found = Counts(default) if text is None else parse_counts(text, option)
        notes.extend(found.notes)
        return found

    shape = model_shape("llama-7b" if asked.model is None else asked.model)
    stopping = _stopping(asked, defaults)
    drafter = None if asked.drafter is None else drafter_from(asked.drafter, _draft_shape)
    batch_sizes = counts("--batch-size", asked.batch_size, defaults["batch_sizes"])
    seq_lens = counts("--seq-len", asked.seq_len, defaults["seq_lens"])
    candidates = counts("--candidates", asked.candidates, defaults["candidates"])
    with_one = candidates_with_baseline(candidates)
    notes.extend(note for note in with_one.notes if note not in notes)
    if asked.seq_len is None:
        seq_lens = _within_positions(seq_lens, shape, with_one.values[-1])
        notes.extend(seq_lens.notes)
        if drafter is not None and drafter.model is not None:
            seq_lens = _within_positions(seq_lens, drafter.model, 1)
            notes.extend(seq_lens.notes)
    notes.extend(_vocabularies_differ(drafter, shape))
    plan = build_plan(
        model=_sliced(shape, asked.layers, defaults["layers"]),
        dtype=asked.dtype or defaults["dtype"],
        device=device,
        attention=asked.attention or "sdpa",
        execution=asked.execution or defaults["execution"],
        workload=asked.workload or "full",
        batch_sizes=batch_sizes.values,
        seq_lens=seq_lens.values,
        candidates=with_one.values,
        stopping=stopping,
        seed=0 if asked.seed is None else asked.seed,
        refinement=_refinement(asked, stopping.budget_s),
        drafter=drafter,
    )
    return Assembled(plan, tuple(notes))


def _within_positions(defaults: Counts, shape: ModelShape, candidates: int) -> Counts:
    """The default lengths that a checkpoint has positions for, with `candidates` behind them.

    Where it has them for none, all are kept and the plan refuses them.
    """
    if not shape.positions_enforced:
        return defaults
    kept = tuple(s for s in defaults.values if s + candidates <= shape.max_position_embeddings)
    left_out = ", ".join(str(s) for s in defaults.values if s not in kept)
    if not kept or not left_out:
        return defaults
    has = f"{shape.name} has {shape.max_position_embeddings} positions"
    return Counts(kept, (f"--seq-len: {left_out} left out, {has}",))


def _vocabularies_differ(drafter: Drafter | None, target: ModelShape) -> list[str]:
    """Latency can be measured all the same."""
    if drafter is None or drafter.model is None or drafter.model.vocab_size == target.vocab_size:
        return []
    return [
        f"--drafter: {drafter.model.name} has {drafter.model.vocab_size} tokens and {target.name} "
        f"{target.vocab_size}: it could not draft for it"
    ]


def _sliced(shape: ModelShape, layers: str | None, default: int | None) -> ModelShape:
    if layers is None:
        count = shape.layers_total if default is None else min(default, shape.layers_total)
    elif layers == "all":
        count = shape.layers_total
    else:
        count, *more = parse_counts(layers, "--layers").values
        if more:
            raise UsageProblem(f"--layers wants one number, not '{layers[:40]}'", "write 2, or all")
        if count > shape.layers_total:
            raise UsageProblem(
                f"--layers {count} is more than the {shape.layers_total} of {shape.name}",
                "use 'all' or fewer",
            )
    return shape.model_copy(update={"layers_measured": count})


def _stopping(asked: Asked, defaults: dict[str, Any]) -> StoppingRule:
    target = defaults["target_ci"] if asked.target_ci_pct is None else asked.target_ci_pct / 100
    budget = defaults["budget_s"] if asked.budget_s is None else asked.budget_s
    if not 0 < target < 1:
        raise UsageProblem(
            f"--target-ci {asked.target_ci_pct:g} is out of range", "give a percentage, e.g. 5"
        )
    if budget is not None and not 0 < budget <= 1e6:
        raise UsageProblem(f"--budget {budget:g} is out of range", "give seconds, 1 to 1000000")
    # rows are dropped only from the default grid: what the user asked for is measured
    drop = defaults["drop_rows"] and asked.seq_len is None and asked.batch_size is None
    return StoppingRule(target_ci=target, budget_s=budget, drop_rows=drop)


def _refinement(asked: Asked, budget_s: float | None) -> Refinement | None:
    """How the grid is refined. Its seconds are part of the run's budget: a quarter where none are named."""
    kept = asked.refine_budget_s
    if not asked.refine:
        if kept is not None:
            raise UsageProblem("--refine-budget is of no use without --refine", "add --refine")
        return None
    if kept is None:
        return Refinement(budget_s=None if budget_s is None else budget_s * REFINED_SHARE)
    if not 0 < kept <= 1e6:
        raise UsageProblem(f"--refine-budget {kept:g} is out of range", "give seconds, 1 to 1000000")
    if budget_s is not None and kept >= budget_s:
        raise UsageProblem(
            f"--refine-budget {kept:g} leaves nothing of the {budget_s:g} s of --budget for the grid",
            "it is a part of --budget: name fewer seconds, or raise --budget",
        )
    return Refinement(budget_s=kept)


def differences(recorded: Plan, asked: Asked) -> list[str]:
    """What of an earlier run's plan the given options would change: `--seed 1, the run has 0`."""
    shape = recorded.model if asked.model is None else model_shape(asked.model)
    layers = recorded.model.layers_measured
    if asked.layers is not None:
        layers = _sliced(shape, asked.layers, None).layers_measured
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
