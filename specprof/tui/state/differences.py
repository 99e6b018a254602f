"""What two runs do not have in common, as the results screen says it."""

from __future__ import annotations

from specprof.analysis.compare.differences import Difference, batch_laid_over, differences, name_of

__all__ = ["Difference", "batch_laid_over", "differences", "name_of"]
