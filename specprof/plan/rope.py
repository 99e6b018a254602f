"""How a checkpoint scales its rotary positions: which token comes next hangs on it, and no latency does."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from specprof.errors import EnvironmentProblem
from specprof.plan.checkpoint import CONFIG_NAME
from specprof.plan.checkpoint_files import read_json, shown
from specprof.plan.model import ModelShape

Rope = dict[str, float | str]
"""As transformers names it: rope_type, rope_theta, and what else the type takes."""

_LIMIT_BYTES = 1 << 20
_NUMBERS = {
    "default": (),
    "linear": ("factor",),
    "llama3": ("factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"),
}
"""Ways to scale rotary positions that are the same at every length, and what fixes each."""


def rope_parameters(shape: ModelShape) -> Rope:
    """Of the checkpoint that the shape was read from; plain where it is none. Raises EnvironmentProblem."""
    plain: Rope = {"rope_type": "default", "rope_theta": shape.rope_theta}
    if shape.checkpoint is None:
        return plain
    folder = Path(shape.checkpoint)
    config = read_json(folder, CONFIG_NAME, _LIMIT_BYTES)
    scaling = config.get("rope_scaling") or config.get("rope_parameters") or {}
    kind = scaling.get("rope_type", scaling.get("type", "default"))
    if not isinstance(kind, str) or kind not in _NUMBERS:
        raise unsupported(
            folder, f"rotary positions are scaled by {kind!a}", f"supported are {', '.join(_NUMBERS)}"
        )
    found: Rope = {**plain, "rope_type": kind}
    for name in _NUMBERS[kind]:
        value: Any = scaling.get(name)
        if type(value) not in (int, float) or not math.isfinite(value) or not 0 < value < 1e9:
            raise unsupported(folder, f"{name} of the rotary scaling is {value!a}", "correct config.json")
        found[name] = value
    return found


def unsupported(folder: Path, what: str, remedy: str) -> EnvironmentProblem:
    return EnvironmentProblem(f"{shown(folder)}: {what[:200]}", remedy)
