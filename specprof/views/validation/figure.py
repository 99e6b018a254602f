"""The predicted curves and the measured points on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from specprof.analysis.validation.middle import Mean
from specprof.analysis.validation.results import Result
from specprof.plan.plan import Row
from specprof.run.record import RunRecord
from specprof.views.curves.figure import SPEEDUP_LABEL, Figure, Overlay, Series

MEASURED = "measured by decoding"


def validation_figure(record: RunRecord, results: Sequence[Result], row: Row) -> tuple[Figure, Overlay]:
    """Of one row: a curve of predicted speedups for each acceptance, over it what decoding came to."""
    by_name: dict[str, list[Result]] = {}
    for result in results:
        if result.row == row:
            by_name.setdefault(result.setting.name, []).append(result)
    names = tuple(by_name)
    predicted = [
        _series(number, found, lambda one: one.predicted, base=True)
        for number, found in enumerate(by_name.values())
    ]
    real = [
        _series(number, found, lambda one: one.real, base=False)
        for number, found in enumerate(by_name.values())
    ]
    figure = Figure(
        title=f"{record.plan.model.title}, Batch Size: {row.batch_size}, seq_len {row.seq_len}",
        label=SPEEDUP_LABEL,
        series=tuple(predicted),
        candidates=record.plan.candidates,
        caveats=("curves: predicted from T(K) and the acceptance that was realised",),
        notes=(),
        names=names,
    )
    return figure, Overlay(MEASURED, tuple(real))


def _series(number: int, found: Sequence[Result], value: Callable[[Result], Mean], *, base: bool) -> Series:
    """Ascending in K; the curve begins at one candidate, which is compared with itself."""
    ordered = sorted(found, key=lambda one: one.setting.candidates)
    points = [(one.setting.candidates, value(one)) for one in ordered]
    if base:
        points.insert(0, (1, Mean(1.0, 1.0, 1.0)))
    count = len(points)
    return Series(
        number,
        np.array([k for k, _ in points], dtype=np.int64),
        np.array([one.mean for _, one in points]),
        np.array([one.low for _, one in points]),
        np.array([one.high for _, one in points]),
        np.ones(count, dtype=np.bool_),
        np.zeros(count, dtype=np.bool_),
    )
