"""Two runs compared: cell by cell where they have cells in common, else by the shape of their curves."""

from __future__ import annotations

import math
from dataclasses import dataclass

from specprof.analysis.acceptance import PUBLISHED, AcceptanceModel
from specprof.analysis.compare.cells import CellPair, Missing, missing_cells, pairs_of
from specprof.analysis.compare.comparable import obstacles
from specprof.analysis.compare.differences import Difference, all_differences, name_of
from specprof.analysis.compare.shape import ShapeComparison, shapes
from specprof.analysis.findings.evidence import MIN_ROUNDS
from specprof.analysis.opened import Run
from specprof.errors import UsageProblem


@dataclass(frozen=True)
class Comparison:
    """A run against the first one. Either `pairs` or `shapes` is filled."""

    base: Run
    other: Run
    obstacles: tuple[str, ...]
    """Why they are not comparable; filled only where they were compared all the same."""
    differences: tuple[Difference, ...]
    pairs: tuple[CellPair, ...] = ()
    missing: tuple[Missing, ...] = ()
    shapes: tuple[ShapeComparison, ...] = ()

    @property
    def by_shape(self) -> bool:
        return not self.pairs

    @property
    def same_run(self) -> bool:
        """Whether both carry the same run id: copies, or stages, of one run."""
        return self.base.record.run_id == self.other.record.run_id

    @property
    def claimable(self) -> tuple[CellPair, ...]:
        """The cells whose latencies may carry a claim: those looked at."""
        return tuple(pair for pair in self.pairs if pair.claimable)

    @property
    def judged(self) -> tuple[CellPair, ...]:
        """Those of them with rounds enough to have an interval: 3, and 6 for one that holds 95 %."""
        return tuple(
            pair
            for pair in self.claimable
            if pair.latency.rounds is None or pair.latency.rounds >= MIN_ROUNDS
        )

    def slower_than(self, percent: float) -> tuple[CellPair, ...]:
        """The cells that got slower by more than `percent` with their whole interval, slowest first.

        By each cell's own 95 % interval; a cell that is invalid in a run, or has fewer than 3 rounds in
        one, is not among them.
        """
        limit = 1 + percent / 100
        found = [pair for pair in self.judged if pair.latency.ratio.low > limit]
        return tuple(sorted(found, key=lambda pair: -pair.latency.ratio.median))

    def lost(self) -> tuple[Missing, ...]:
        """The cells that the first run measured and in which the second failed."""
        return tuple(cell for cell in self.missing if not cell.in_base and cell.verdict in ("oom", "failed"))


def compare(
    base: Run, other: Run, acceptance: AcceptanceModel = PUBLISHED, *, force: bool = False
) -> Comparison:
    """Compares `other` with `base`. A published figure on either side is compared by its shape.

    Raises UsageProblem where they are not comparable, unless `force`, and where they have no cell in
    common; with `force` those are compared by their shape.
    """
    against = obstacles(base, other)
    if against and not force:
        raise UsageProblem(
            f"{name_of(base)} and {name_of(other)} are not comparable: {'; '.join(against)}",
            "--force compares them all the same",
        )
    found = all_differences(base, other)
    if not (base.published or other.published):
        pairs = pairs_of(base, other, acceptance)
        if pairs:
            return Comparison(base, other, against, found, tuple(pairs), tuple(missing_cells(base, other)))
        if not force:
            raise UsageProblem(
                f"{name_of(base)} and {name_of(other)} measured no cell in common",
                "--force compares the shapes of their curves",
            )
        against = (*against, "no cell in common: only the shapes of the curves are compared")
    return Comparison(base, other, against, found, shapes=tuple(shapes(base, other, acceptance)))


def strength(pair: CellPair) -> float:
    """How much its latency changed, on the logarithm: twice as slow and twice as fast weigh the same."""
    ratio = pair.latency.ratio.median
    return abs(math.log(ratio)) if 0 < ratio < math.inf else math.inf
