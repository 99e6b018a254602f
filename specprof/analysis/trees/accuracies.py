"""How often each draft position's guesses are right: by depth and rank, published or the user's own."""

from __future__ import annotations

import json
import math
import os
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any

from specprof.errors import RunFileProblem, UsageProblem
from specprof.run.regular_file import regular_bytes
from specprof.run.sanitize import clean

Levels = tuple[tuple[float, ...], ...]
"""`[depth][rank]`: probability that the guess of this rank is the right one, given that its parent is. The
ranks of a depth sum to at most 1."""

MAX_BYTES = 1 << 20
MAX_DEPTH = 16
MAX_RANKS = 64


@cache
def published() -> dict[str, Levels]:
    """The five Medusa heads of vicuna 7b, 13b and 33b (arXiv 2401.10774, assets/medusa_acc.csv)."""
    text = resources.files(__package__).joinpath("medusa_head_accuracies.json").read_text(encoding="utf-8")
    return {name: marginals(levels) for name, levels in json.loads(text)["heads"].items()}


def published_model(name: str) -> Levels:
    """Raises UsageProblem where there are no published accuracies of that name."""
    known = published()
    if name not in known:
        raise UsageProblem(
            f"no head accuracies of {name[:40]!a} were published",
            f"choose {', '.join(known)}, or give a file",
        )
    return known[name]


def marginals(cumulative: list[list[float]]) -> Levels:
    """Top-i accuracies, cumulative over i, as the probability of each rank by itself."""
    return tuple(tuple(high - low for low, high in pairwise([0.0, *level])) for level in cumulative)


def read_accuracies(path: str | os.PathLike[str], model: str | None = None) -> Levels:
    """Cumulative top-1, top-2 … accuracies of each head, from JSON.

    `[[0.56, 0.67], [0.32, 0.42]]`, `{"heads": [...]}`, or `{"heads": {"7b": [...]}}` where `model` chooses
    among several. Raises RunFileProblem for a file that is no such thing, and UsageProblem where `model` does
    not choose.
    """
    where = clean(os.fspath(path), 200)
    try:
        text = regular_bytes(path, where, MAX_BYTES, irregular=_irregular, too_large=_too_large)
        data = json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError):
        raise RunFileProblem(f"{where} is not JSON", "write [[top1, top2, …], …], a list per head") from None
    if isinstance(data, dict):
        data = data.get("heads")
    if isinstance(data, dict):
        names = [str(name) for name in data]
        known = clean(", ".join(names), 200)
        if model is None and len(names) > 1:
            raise UsageProblem(
                f"{where} holds accuracies of {known}", "choose one with --model, or model=NAME"
            )
        if model is not None and names and model not in names:
            raise UsageProblem(f"{where} holds no accuracies of {model[:40]!a}", f"choose {known}")
        data = data.get(model if model is not None else names[0] if names else "")
    return marginals(_checked(data, where))


def _irregular(where: str) -> RunFileProblem:
    return RunFileProblem(f"{where} is not a regular file", "name a file of head accuracies")


def _too_large(where: str) -> RunFileProblem:
    return RunFileProblem(f"{where} is larger than head accuracies are", "give the accuracies alone")


def _checked(data: Any, where: str) -> list[list[float]]:
    wanted = "write [[top1, top2, …], …], a list per head, each rising and at most 1"
    if not isinstance(data, list) or not 0 < len(data) <= MAX_DEPTH:
        raise RunFileProblem(f"{where} holds no list of 1 to {MAX_DEPTH} heads", wanted)
    for number, level in enumerate(data, start=1):
        if not isinstance(level, list) or not 0 < len(level) <= MAX_RANKS:
            raise RunFileProblem(f"head {number} of {where} is no list of 1 to {MAX_RANKS} numbers", wanted)
        for value in level:
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise RunFileProblem(f"head {number} of {where} holds what is no number", wanted)
        if any(high < low for low, high in pairwise([0.0, *level])) or level[-1] > 1:
            raise RunFileProblem(f"head {number} of {where} does not rise from 0 to at most 1", wanted)
    return data
