"""Steps whose logits are known: what the ways of executing a step are checked with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch

from specprof.measure.reference import reference_logits
from specprof.measure.verify_step import FullModel
from specprof.plan.draft_tree import parents
from specprof.plan.plan import Plan, Row

TOLERANCES = {"float32": 1e-3, "float16": 2e-2, "bfloat16": 1e-1}
"""Largest relative L2 difference of the logits from float32. Seen on a CPU in 32 layers with random weights:
9e-7, 2e-3 and 3e-2."""
FP8_TOLERANCE = 0.25
"""Activations are rounded to three bits of mantissa in every projection."""
BLIND_SHARE = 0.25
"""Of the distance between the truth and logits without the tree mask, how far from the truth is right."""
CHECKED_PREFIX = 128
"""Behind a short prefix the candidates are much of what attention sees: there a wrong mask shows."""


class Truth(NamedTuple):
    """Tokens in a tree behind the open row, their float32 logits, and the largest error that is right."""

    ids: torch.Tensor
    tree: list[int]
    masked: bool
    logits: torch.Tensor
    tolerance: float

    def error(self, found: torch.Tensor) -> float:
        """Relative L2 difference of these logits from the true ones; infinite where one is no number."""
        difference = float((found.float() - self.logits).norm() / self.logits.norm())
        return difference if difference == difference else float("inf")


def tolerance_of(workload: FullModel) -> float:
    """What rounding in the plan's number types may come to."""
    plan = workload.plan
    return FP8_TOLERANCE if plan.quantization == "fp8" else TOLERANCES[plan.dtype]


def rows_to_check(workload: FullModel) -> list[Row]:
    """A short row, where a wrong mask shows, the same of the largest batch, and the plan's longest: there
    other kernels may run, and one sequence and several are compiled apart."""
    plan = workload.plan
    least, length = plan.batch_sizes[0], min(plan.seq_lens[0], CHECKED_PREFIX)
    rows = [Row(least, length), Row(plan.batch_sizes[-1], length), Row(least, plan.seq_lens[-1])]
    return list(dict.fromkeys(rows))


def is_short(row: Row) -> bool:
    """Whether a wrong mask shows behind its prefix, and every count is cheap to check."""
    return row.seq_len <= CHECKED_PREFIX


def counts_to_check(plan: Plan, row: Row) -> list[int]:
    """One candidate and the next count; on a short row the most, for which other kernels may run, too."""
    few = plan.candidates[:2]
    return sorted({*few, plan.candidates[-1]} if is_short(row) else few)


def truths(workload: FullModel, counts: Sequence[int]) -> list[Truth]:
    """The forms that these counts have on the open row: one candidate plain and masked, several masked.

    On a short row several candidates are held to a tolerance that tells them from those without a mask.
    """
    plan, row = workload.plan, workload.row
    assert row is not None
    found = []
    for candidates in counts:
        tree, ids = parents(candidates, plan.tree), workload.random_ids(candidates)
        place = (workload.model, plan.model, ids, tree, row.seq_len, workload.caches)
        logits, tolerance = reference_logits(*place), tolerance_of(workload)
        if candidates > 1 and is_short(row):
            blind = reference_logits(*place, blind=True)
            tolerance = min(tolerance, BLIND_SHARE * float((blind - logits).norm() / logits.norm()))
        if candidates == 1:
            found.append(Truth(ids, tree, False, logits, tolerance))
        found.append(Truth(ids, tree, True, logits, tolerance))
    return found
