"""What a published figure must hold to be worked with as a run is."""

from __future__ import annotations

from specprof.analysis.acceptance import AcceptanceModel, log_fit_from
from specprof.errors import RunFileProblem
from specprof.run.record import Reference
from specprof.run.sanitize import clean


def own_acceptance(reference: Reference) -> AcceptanceModel:
    """The model that a figure was printed with. Raises RunFileProblem for one that is not known."""
    own = log_fit_from(reference.acceptance)
    if own is None:
        raise RunFileProblem(
            "reference.acceptance: the published figure's acceptance model "
            f"'{clean(reference.acceptance, 80)}' is not known",
            "write it as '1 + 0.477 ln K'",
        )
    return own


def check_reference(reference: Reference, shape: tuple[int, int, int]) -> None:
    """Raises RunFileProblem where a figure does not fit its plan, whose arrays have this shape."""
    own_acceptance(reference)
    widths = {len(row) for row in reference.speedup}
    if (1, len(reference.speedup)) != shape[:2] or widths != {shape[2]}:
        raise RunFileProblem(
            "reference.speedup: the published speedups do not fit the plan",
            f"one batch size, {shape[1]} sequence lengths and {shape[2]} candidates each are expected",
        )
