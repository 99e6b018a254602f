"""A run under one acceptance model: curves, findings, and which points of a row are its best."""

from __future__ import annotations

from dataclasses import dataclass

from specprof.analysis.acceptance import AcceptanceModel
from specprof.analysis.curves import CurveSet
from specprof.analysis.findings import Finding, find_all
from specprof.analysis.opened import Run
from specprof.tui.state.crosshair import Place
from specprof.tui.state.result_rows import Standings
from specprof.views.tables.results import standings


@dataclass(frozen=True, eq=False)
class Analysed:
    acceptance: AcceptanceModel
    curves: CurveSet
    findings: tuple[Finding, ...]
    standings: Standings


def analyse(run: Run, acceptance: AcceptanceModel) -> Analysed:
    """Takes 10 ms for 16 cells of six rounds each and grows with both: not for the thread that draws."""
    curves = run.curves(acceptance)
    found = {
        (curve.batch_size, curve.seq_len, count): standing
        for curve in curves.curves
        for count, standing in standings(curve).items()
    }
    return Analysed(acceptance, curves, tuple(find_all(curves)), found)


def highest(curves: CurveSet, batch_size: int) -> Place | None:
    """The cell of the highest speedup that can be trusted: where reading begins."""
    best: tuple[float, Place] | None = None
    for curve in curves.of_batch(batch_size):
        for count, value, trusted in zip(curve.candidates, curve.speedup, curve.trusted, strict=True):
            if trusted and (best is None or value > best[0]):
                best = float(value), Place(curve.seq_len, int(count))
    return best[1] if best is not None else None
