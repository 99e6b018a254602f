"""The published figure (Medusa, arXiv 2401.10774, appendix), read off the plot, as curves."""

from __future__ import annotations

import numpy as np

from specprof.analysis.curves import Curve, CurveSet
from specprof.run.statistics import Estimate

CANDIDATES = (1, 16, 32, 48, 64, 80, 96, 112)
READING_ERROR = 0.03
SPEEDUP = {
    128: (1.0, 2.38, 2.48, 2.4, 2.36, 1.68, 1.72, 1.6),
    256: (1.0, 2.34, 2.44, 2.36, 2.32, 1.66, 1.7, 1.58),
    512: (1.0, 2.27, 2.37, 2.28, 2.24, 1.62, 1.66, 1.54),
    1024: (1.0, 2.14, 2.24, 2.16, 2.13, 1.56, 1.59, 1.48),
    2048: (1.0, 1.96, 2.06, 1.99, 1.96, 1.45, 1.48, 1.38),
    4096: (1.0, 1.7, 1.78, 1.72, 1.68, 1.28, 1.29, 1.21),
    8192: (1.0, 1.3, 1.36, 1.34, 1.31, 1.04, 1.04, 0.98),
}


def curve(
    seq_len: int,
    speedup: tuple[float, ...],
    *,
    candidates: tuple[int, ...] = CANDIDATES,
    error: float = READING_ERROR,
    batch_size: int = 4,
    untrusted: tuple[int, ...] = (),
) -> Curve:
    """A curve whose intervals are ± `error` everywhere but at K = 1."""
    values = np.asarray(speedup, dtype=np.float64)
    errors = np.where(np.asarray(candidates) == 1, 0.0, error)

    def compare(i: int, j: int) -> Estimate:
        return Estimate(
            float(values[j] / values[i]),
            float((values[j] - errors[j]) / (values[i] + errors[i])),
            float((values[j] + errors[j]) / (values[i] - errors[i])),
        )

    return Curve(
        batch_size=batch_size,
        seq_len=seq_len,
        candidates=np.asarray(candidates, dtype=np.int64),
        speedup=values,
        low=values - errors,
        high=values + errors,
        trusted=np.asarray([k not in untrusted for k in candidates]),
        compare=compare,
    )


def curve_set(
    *curves: Curve, title: str = "Llama 7B", published: bool = False, estimated: bool = False
) -> CurveSet:
    return CurveSet(
        title=title,
        curves=curves,
        acceptance_name="log-fit",
        acceptance_formula="1 + 0.477 ln K",
        estimated=estimated,
        published=published,
        candidates=tuple(sorted({int(k) for one in curves for k in one.candidates})),
        reading_error=READING_ERROR if published else None,
    )


PUBLISHED = curve_set(*(curve(length, values) for length, values in SPEEDUP.items()), published=True)
