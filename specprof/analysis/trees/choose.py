"""The tree that yields most tokens per second against the measured latency, row by row.

Only sizes that were measured are compared: between two of them lies whatever edge of a tile there is, and a
straight line over it would place the best tree on the wrong side. `specprof run --refine` measures more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from specprof.analysis.acceptance.trees import Medusa, Sequoia
from specprof.analysis.findings.evidence import series_of
from specprof.analysis.opened import Run
from specprof.analysis.quantities import QUANTITIES
from specprof.analysis.row_choice import clearly_faster
from specprof.analysis.trees.accuracies import Levels
from specprof.analysis.trees.greedy import greedy_tree
from specprof.analysis.trees.programme import programme_tree
from specprof.analysis.trees.tree import Tree
from specprof.plan.plan import Row
from specprof.run.statistics import Estimate

Method = Literal["greedy", "programme"]
METHODS: tuple[Method, ...] = ("greedy", "programme")


@dataclass(frozen=True)
class TreeChoice:
    """The best tree of one row by one method; the root alone where no tree pays."""

    batch_size: int
    seq_len: int
    method: Method
    tree: Tree
    timed: int
    """The candidates of the verify step whose time counts: more than the tree has where the heads' guesses do
    not fill that many."""
    tokens: float
    """Expected tokens per verify step."""
    speedup: Estimate
    tokens_per_s: Estimate | None
    """Of the whole batch; None for a published figure, behind which no latency stands."""
    second: tuple[int, float] | None
    """The next best size and its speedup."""
    clear: bool
    """Whether it is clearly faster than plain decoding, as a schedule would have it."""
    next_step: tuple[int, float] | None
    """The next larger size that was measured, and how much longer its verify step takes (as a ratio)."""


def trees_of(run: Run, levels: Levels, methods: Iterable[Method] = METHODS) -> list[TreeChoice]:
    """The best tree of every row that has a trusted result beyond one candidate, by each method."""
    found = []
    beyond = np.asarray(run.candidates) > 1
    for method in methods:
        models = [_model(method, levels, depth) for depth in _depths(method, levels)]
        # [depth, B, S, K]; what is not trusted is out
        trusted = QUANTITIES["speedup"].trusted(run)
        speedups = np.stack([np.where(trusted, run.speedup(m).median, np.nan) for m in models])
        for index, row in enumerate(run.record.plan.rows()):
            place = np.unravel_index(index, trusted.shape[:2])
            here = speedups[:, place[0], place[1], :]
            if np.isfinite(here[:, beyond]).any():
                found.append(_choice(run, levels, method, row, models, here))
    return sorted(found, key=lambda one: (one.batch_size, one.seq_len, METHODS.index(one.method)))


def _depths(method: Method, levels: Levels) -> range:
    """A greedy tree is as deep as it grows; the programme is asked for every depth, which drafting costs."""
    return range(len(levels), len(levels) + 1) if method == "greedy" else range(1, len(levels) + 1)


def _model(method: Method, levels: Levels, depth: int) -> Medusa | Sequoia:
    if method == "greedy":
        return Medusa(levels=levels, heads=float(depth), origin="", source="")
    return Sequoia(levels=levels, depth=float(depth), origin="", source="")


def _choice(
    run: Run,
    levels: Levels,
    method: Method,
    row: Row,
    models: list[Medusa | Sequoia],
    speedups: np.ndarray,
) -> TreeChoice:
    """`speedups` are `[depth, K]`. Of equal ones the shallower and smaller tree is taken."""
    best_of_size = np.nanmax(np.where(np.isfinite(speedups), speedups, -np.inf), axis=0)
    at = int(np.argmax(best_of_size))
    size = run.candidates[at]
    model = models[int(np.nanargmax(np.where(np.isfinite(speedups[:, at]), speedups[:, at], -np.inf)))]
    depth = int(next(iter(model.parameters.values())))
    tree = greedy_tree(levels[:depth], size) if method == "greedy" else programme_tree(levels, size, depth)
    where = run.batch_sizes.index(row.batch_size), run.seq_lens.index(row.seq_len), at
    order = [int(i) for i in np.argsort(-best_of_size) if np.isfinite(best_of_size[i]) and i != at]
    rate = None if run.published else Estimate(*_at(QUANTITIES["tokens"].arrays(run, model), where))
    return TreeChoice(
        row.batch_size,
        row.seq_len,
        method,
        tree,
        size,
        tree.expected_tokens(levels),
        Estimate(*_at(run.speedup(model), where)),
        rate,
        (run.candidates[order[0]], float(best_of_size[order[0]])) if order else None,
        size > 1 and _clear(run, model, row, size),
        _next_step(run, where),
    )


def _clear(run: Run, model: Medusa | Sequoia, row: Row, size: int) -> bool:
    here = series_of(run.curves(model), row.batch_size).rows
    return any(clearly_faster(one, one.candidates.index(size)) for one in here if one.seq_len == row.seq_len)


def _at(arrays: Iterable[np.ndarray], where: tuple[int, int, int]) -> list[float]:
    return [float(part[where]) for part in arrays]


def _next_step(run: Run, where: tuple[int, int, int]) -> tuple[int, float] | None:
    overhead = run.ratio().median[where[0], where[1]]
    for index in range(where[2] + 1, len(run.candidates)):
        if np.isfinite(overhead[index]):
            return run.candidates[index], float(overhead[index] / overhead[where[2]])
    return None
