"""Whether two runs may be compared at all, and what stands against it."""

from __future__ import annotations

from specprof.analysis.opened import Run
from specprof.plan.model import ModelShape

_SIZES = (
    ("hidden_size", "hidden size"),
    ("intermediate_size", "intermediate size"),
    ("num_attention_heads", "attention heads"),
    ("num_key_value_heads", "key-value heads"),
    ("head_dim", "head dimension"),
    ("vocab_size", "vocabulary"),
    ("layers_total", "layers"),
    ("tie_word_embeddings", "tied embeddings"),
    ("attention_bias", "attention bias"),
    ("mlp_bias", "MLP bias"),
)
"""What fixes a step's latency. The rest of a model's description, its name among it, does not."""


def obstacles(base: Run, other: Run) -> tuple[str, ...]:
    """Why these two runs are not comparable, the gravest first, a few words each; empty where they are.

    A published figure is compared by its shape alone: of it only the model must be the same. Another device,
    attention or execution is no obstacle: to compare those is what a comparison is for.
    """
    found = _other_shape(base.record.plan.model, other.record.plan.model)
    if base.published or other.published:
        return tuple(found)
    here, there = base.record.plan, other.record.plan
    found += [
        f"{word} {mine} against {its}"
        for word, mine, its in (
            ("dtype", here.dtype, there.dtype),
            ("workload", here.workload, there.workload),
        )
        if mine != its
    ]
    if here.model.layers_measured != there.model.layers_measured and not _other_depth_said(found):
        found.append(f"{_depth(here.model)} against {_depth(there.model)}")
    found += [f"the telemetry of {which} is made up" for which, run in _named(base, other) if _faked(run)]
    if not _common_trusted(base, other):
        found.append("every cell that both measured is invalid in one of them")
    return tuple(found)


def _other_shape(here: ModelShape, there: ModelShape) -> list[str]:
    unlike = [
        f"{word} {getattr(here, name)} against {getattr(there, name)}"
        for name, word in _SIZES
        if getattr(here, name) != getattr(there, name)
    ]
    return [f"another model shape ({', '.join(unlike)})"] if unlike else []


def _other_depth_said(found: list[str]) -> bool:
    return any("layers" in words for words in found)


def _depth(model: ModelShape) -> str:
    if model.full_depth:
        return f"all {model.layers_total} layers measured"
    return f"an estimate from {model.layers_measured} of {model.layers_total} layers"


def _named(base: Run, other: Run) -> tuple[tuple[str, Run], ...]:
    return ("the first", base), ("the second", other)


def _faked(run: Run) -> bool:
    return any(source.source == "fake" for source in run.record.telemetry_sources)


def _common_trusted(base: Run, other: Run) -> bool:
    """Whether one cell that both measured is invalid in neither. True where they have none in common: that
    is another matter."""
    here, there = (
        {cell.cell: cell.verdict for cell in run.record.cells if cell.latency_ms is not None}
        for run in (base, other)
    )
    common = here.keys() & there.keys()
    return not common or any("invalid" not in (here[cell], there[cell]) for cell in common)
