"""Whether a cell has been measured well enough, asked only at geometric sample counts."""

from __future__ import annotations

from specprof.plan.stopping import StoppingRule, next_test
from specprof.run.events import StopReason
from specprof.run.statistics import Estimate

PLATEAU_SHRINK = 0.95
"""An interval that shrinks by less than this between two tests no longer pays for its samples: at the
default growth of 1.5 independent noise would shrink it to 0.82."""
PLATEAU_TESTS = 2


class Convergence:
    """Follows one cell. `note` takes its interval after each sample and says when it may stop."""

    def __init__(self, rule: StoppingRule) -> None:
        self.rule = rule
        self.next_test = next_test(0, rule)
        self._last_width: float | None = None
        self._flat_tests = 0

    def due(self, count: int) -> bool:
        """Whether the interval is to be tested at this sample count."""
        return count >= min(self.next_test, self.rule.max_samples)

    def test(self, count: int, sampled_s: float, estimates: list[Estimate]) -> StopReason | None:
        """The verdict at a due count. The widest of the estimates decides: latency, and ratio for K > 1.

        `sampled_s` is the sum of the samples, s.
        """
        width = max(estimate.relative_half_width for estimate in estimates)
        self.next_test = next_test(count, self.rule)
        enough = count >= self.rule.min_samples and sampled_s >= self.rule.min_time_s
        if enough and width <= self.rule.target_ci:
            return "target"
        if self._last_width is not None and width > PLATEAU_SHRINK * self._last_width:
            self._flat_tests += 1
        else:
            self._flat_tests = 0
        self._last_width = width
        if enough and self._flat_tests >= PLATEAU_TESTS:
            return "noise_plateau"
        return "max_samples" if count >= self.rule.max_samples else None
