"""Break-even acceptance: how often drafts must be accepted before a number of candidates pays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from specprof.analysis.acceptance.chain import Chain, chain_tokens
from specprof.analysis.opened import Run

HALVINGS = 50


def break_even_alpha(run: Run) -> NDArray[np.float64]:
    """The smallest α of an i.i.d. chain at which E_α(K) reaches the overhead, `[B, S, K]`.

    Between medians: the overhead's interval is left out. E_α(K) = (1 − α^K) / (1 − α) grows with α from 1
    to K, so it is found by bisection. 0 where the step costs no more than one candidate; NaN at K = 1,
    where nothing was measured, and where even K tokens a step would not pay.
    """
    cost = run.draft.relative(run.record, Chain())
    overhead = run.ratio().median + cost.median
    counts = np.broadcast_to(np.asarray(run.candidates, dtype=np.float64), overhead.shape)
    low, high = np.zeros_like(overhead), np.ones_like(overhead)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        enough = chain_tokens(middle, counts) >= overhead
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    found = np.where(overhead <= 1, 0.0, high)
    found[~np.isfinite(overhead) | (overhead > counts) | (counts == 1)] = np.nan
    return found
