"""What would change the answer: the best K under several acceptance models, and how far each may be off."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from specprof.analysis.acceptance import AcceptanceModel
from specprof.analysis.findings.evidence import Points
from specprof.analysis.opened import Run
from specprof.analysis.row_choice import as_good, rows_to_decide
from specprof.run.statistics import Estimate


@dataclass(frozen=True)
class Answer:
    """The best K of one row under one acceptance model."""

    candidates: int
    """The K of the highest median speedup; 1 is plain decoding."""
    as_good: tuple[int, ...]
    """It and the measured K that cannot be told apart from it, ascending."""
    speedup: Estimate
    holds: tuple[float, float]
    """The factors, around 1, by which the gain E(K) − 1 of all K may be multiplied before another K has the
    highest median; 0 and infinity where nothing changes it."""


@dataclass(frozen=True)
class RowAnswers:
    batch_size: int
    seq_len: int
    answers: tuple[Answer | None, ...]
    """One per model, None where it knows nothing beyond one candidate."""

    @property
    def agree(self) -> bool:
        """Whether all models that know name the same K."""
        return len({answer.candidates for answer in self.answers if answer is not None}) < 2


@dataclass(frozen=True)
class Sensitivity:
    models: tuple[AcceptanceModel, ...]
    rows: tuple[RowAnswers, ...]


def sensitivity(
    run: Run,
    models: Sequence[AcceptanceModel],
    *,
    seq_len: int | None = None,
) -> Sensitivity:
    """Every row's answer under every model, by batch size and sequence length; of one length where asked."""
    by_row: dict[tuple[int, int], list[Answer | None]] = {}
    for index, model in enumerate(models):
        for batch_size, row in rows_to_decide(run.curves(model), seq_len):
            answers = by_row.setdefault((batch_size, row.seq_len), [None] * len(models))
            answers[index] = _answer(row, model)
    found = (RowAnswers(*place, tuple(answers)) for place, answers in sorted(by_row.items()))
    return Sensitivity(tuple(models), tuple(found))


def _answer(row: Points, model: AcceptanceModel) -> Answer:
    tokens = model.expected_tokens(row.candidates)
    overhead = tokens / np.asarray(row.speedup)
    return Answer(
        candidates=row.candidates[row.best],
        as_good=as_good(row),
        speedup=row.value(row.best),
        holds=gain_range(tokens, overhead, row.best),
    )


def gain_range(tokens: NDArray[np.float64], overhead: NDArray[np.float64], best: int) -> tuple[float, float]:
    """The factors f for which (1 + f · (E(K) − 1)) / overhead(K) is highest at index `best`.

    `tokens` are E(K) and `overhead` T(K)/T(1) with drafting, `[n]`. Against each other K the condition is
    linear in f, so what all leave is one interval; it holds 1.
    """
    gain = tokens - 1
    slope = gain[best] / overhead[best] - gain / overhead
    level = 1 / overhead - 1 / overhead[best]
    low, high = 0.0, math.inf
    for rise, needed in zip(slope.tolist(), level.tolist(), strict=True):
        if rise > 0:
            low = max(low, needed / rise)
        elif rise < 0:
            high = min(high, needed / rise)
    return min(low, 1.0), max(high, 1.0)
