"""What proposing the candidates costs, as a share of one target step: D(K)/T(1).

The published figure leaves it out. With it, speedup(K) = E(K) / (T(K)/T(1) + D(K)/T(1)), which for a
chain of γ = K − 1 drafts of cost c each is Leviathan et al.'s E / (T(γ+1)/T(1) + γc) (arXiv 2211.17192,
theorem 3.8).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np

from specprof.analysis.acceptance.model import AcceptanceModel, Vector
from specprof.analysis.acceptance.trees import LARGEST_TREE, Medusa
from specprof.analysis.arrays import Arrays
from specprof.analysis.trees.accuracies import Levels
from specprof.analysis.trees.greedy import greedy_tree
from specprof.errors import UsageProblem
from specprof.plan.plan import Row
from specprof.run.cell_record import DraftRecord
from specprof.run.record import RunRecord

LARGEST_COST = 100.0


class DraftCost(Protocol):
    """Time for proposing K candidates, over the time of one target step without speculation."""

    @property
    def text(self) -> str:
        """What `--draft-cost` was or would be given for it."""

    @property
    def formula(self) -> str:
        """The cost as shown beside every result; nothing where drafting is free."""

    def relative(self, record: RunRecord, acceptance: AcceptanceModel) -> Arrays:
        """D(K)/T(1), `[B, S, K]` over the record's plan, with its interval; 0 at K = 1.

        NaN where it is not known: a row whose draft pass was not measured.
        """

    def invalid(self, record: RunRecord) -> frozenset[Row]:
        """Rows whose cost is not to be trusted, nor any speedup with it: the draft pass was throttled or
        interrupted."""


@dataclass(frozen=True)
class Free:
    """Drafting costs nothing: the published figure's assumption."""

    text = "0"
    formula = ""

    def relative(self, record: RunRecord, acceptance: AcceptanceModel) -> Arrays:
        nothing = np.zeros(_shape(record))
        return Arrays(nothing, nothing, nothing)

    def invalid(self, record: RunRecord) -> frozenset[Row]:
        return frozenset()


@dataclass(frozen=True)
class Fraction:
    """Each draft pass costs the same fraction c of a target step, at every batch size and length.

    As many passes as the acceptance model's candidates are deep; one where it does not say their shape.
    """

    c: float

    @property
    def text(self) -> str:
        return f"{self.c:g}"

    @property
    def formula(self) -> str:
        return f"draft pass {self.c:g} T(1)"

    def relative(self, record: RunRecord, acceptance: AcceptanceModel) -> Arrays:
        depth = acceptance.draft_depth(record.plan.candidates)
        passes = np.where(np.isnan(depth), 1.0, depth) * (_counts(record) > 1)
        cost = np.broadcast_to(self.c * passes, _shape(record)).copy()
        return Arrays(cost, cost, cost)

    def invalid(self, record: RunRecord) -> frozenset[Row]:
        return frozenset()


@dataclass(frozen=True)
class MeasuredDraft:
    """The draft pass that the run timed beside the verify step, row by row.

    Parallel heads run in one pass. A drafter that goes token by token, or layer by layer, runs as many as
    the acceptance model's candidates are deep and, where that does not say, as many as it was asked for.
    """

    text = "measured"
    drafter: str

    @property
    def formula(self) -> str:
        return f"draft measured, {self.drafter}"

    def relative(self, record: RunRecord, acceptance: AcceptanceModel) -> Arrays:
        found = Arrays(*(np.full(_shape(record), np.nan) for _ in range(3)))
        drafts = {Row(draft.batch_size, draft.seq_len): draft for draft in record.drafts}
        for index, row in enumerate(record.plan.rows()):
            place = np.unravel_index(index, _shape(record)[:2])
            draft = drafts.get(row)
            if draft is not None and draft.ratio is not None:
                passes = _passes(draft, acceptance, _counts(record))
                interval = draft.ratio
                for part, value in zip(
                    found, (interval.median, interval.ci_low, interval.ci_high), strict=True
                ):
                    part[place] = passes * value
        for part in found:
            part[..., _counts(record) == 1] = 0.0
        return found

    def invalid(self, record: RunRecord) -> frozenset[Row]:
        return frozenset(draft.row for draft in record.drafts if draft.verdict == "invalid")


FREE = Free()


def formula_of(acceptance: AcceptanceModel, cost: DraftCost) -> str:
    """What a speedup rests on, in one line: E(K) and, where drafting is not free, what it costs."""
    return ", ".join(filter(None, (acceptance.formula, cost.formula)))


def draft_from(text: str | None, record: RunRecord) -> DraftCost:
    """What `--draft-cost` means: a number is a fraction of a target step, `measured` what the run timed.

    None: what the run measured, and free where it measured none. Raises UsageProblem.
    """
    measured = next((draft.drafter for draft in record.drafts if draft.ratio is not None), None)
    word = "" if text is None else text.strip().lower()
    if text is None:
        return FREE if measured is None else MeasuredDraft(measured)
    if word == "measured":
        if measured is None:
            raise UsageProblem(
                "this run measured no draft cost", "run it with --drafter, or give a fraction of a step"
            )
        return MeasuredDraft(measured)
    try:
        fraction = float(word)
    except ValueError:
        fraction = float("nan")
    if not 0 <= fraction <= LARGEST_COST:
        raise UsageProblem(
            f"--draft-cost {text[:40]!a} is not a fraction of a target step",
            "write a number such as 0.05, or measured",
        )
    return Fraction(fraction) if fraction else FREE


def _passes(draft: DraftRecord, acceptance: AcceptanceModel, counts: Vector) -> Vector:
    if draft.kind == "medusa":
        return np.minimum(counts - 1, 1.0)
    depth = acceptance.draft_depth(counts)
    if isinstance(acceptance, Medusa):  # its heads run at once, but this drafter has to go down their tree
        depth = _tree_depths(acceptance.levels[: int(acceptance.heads)], tuple(counts.astype(int).tolist()))
    passes: Vector = np.where(np.isnan(depth), np.minimum(counts - 1, draft.depth), depth)
    return passes


@lru_cache(maxsize=16)
def _tree_depths(levels: Levels, counts: tuple[int, ...]) -> Vector:
    """Of the greedy tree of each count."""
    sizes = (min(count, LARGEST_TREE) for count in counts)
    return np.array([greedy_tree(levels, size).depth for size in sizes], dtype=np.float64)


def _counts(record: RunRecord) -> Vector:
    return np.asarray(record.plan.candidates, dtype=np.float64)


def _shape(record: RunRecord) -> tuple[int, int, int]:
    plan = record.plan
    return len(plan.batch_sizes), len(plan.seq_lens), len(plan.candidates)
