"""The curves where they cannot be drawn: the best of each sequence length, and its shape as a sparkline."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from specprof.analysis.acceptance import AcceptanceModel
from specprof.analysis.opened import Run
from specprof.tui.look import Piece
from specprof.tui.widgets.drawn import Drawn
from specprof.views.palette import series_role
from specprof.views.quantities import number, plus_minus
from specprof.views.sparkline import sparkline


@dataclass(frozen=True)
class CurveNow:
    seq_len: int
    index: int
    """Of its colour."""
    best: int
    speedup: float
    low: float
    high: float
    values: tuple[float | None, ...]
    """Speedup at each candidate count of the plan."""


@dataclass(frozen=True)
class CurvesNow:
    title: str
    candidates: tuple[int, ...]
    curves: tuple[CurveNow, ...]
    acceptance: str


def curves_now(run: Run, acceptance: AcceptanceModel, batch_size: int) -> CurvesNow:
    """The curves of one batch size in numbers."""
    found = run.curves(acceptance)
    curves = []
    for curve in found.of_batch(batch_size):
        at = {int(k): float(v) for k, v in zip(curve.candidates, curve.speedup, strict=True)}
        best = int(curve.speedup.argmax())
        curves.append(
            CurveNow(
                seq_len=curve.seq_len,
                index=run.seq_lens.index(curve.seq_len),
                best=int(curve.candidates[best]),
                speedup=float(curve.speedup[best]),
                low=float(curve.low[best]),
                high=float(curve.high[best]),
                values=tuple(at.get(k) for k in run.candidates),
            )
        )
    title = f"{found.title}, Batch Size: {batch_size}"
    return CurvesNow(title, run.candidates, tuple(curves), found.acceptance_formula)


class CurvesTable(Drawn[CurvesNow]):
    def lines(self, data: CurvesNow, width: int, height: int) -> list[Text]:
        found = [
            self.look.line((data.title, "text", True), width=width),
            self.look.line(
                (f"{'seq_len':>8} {'best K':>7} {'speedup':>8} {'':<8} ", "muted"),
                (f"K {data.candidates[0]} … {data.candidates[-1]}", "muted"),
                width=width,
            ),
        ]
        for curve in data.curves:
            pieces: list[Piece] = [
                (f"{curve.seq_len:>8} ", series_role(curve.index)),
                (f"{curve.best:>7} {number(curve.speedup, 2):>8} ", "text"),
                (f"{plus_minus(curve.speedup, curve.low, curve.high):<8} ", "muted"),
                (self._shape(curve, width - 35), series_role(curve.index)),
            ]
            found.append(self.look.line(*pieces, width=width))
        if not data.curves:
            found.append(self.look.line(("no point yet", "muted"), width=width))
        found.append(self.look.line((f"E(K) = {data.acceptance}", "muted"), width=width))
        return found

    def _shape(self, curve: CurveNow, width: int) -> str:
        """The curve as bars, each as wide as there is room for."""
        wide = max(1, min(3, width // max(1, len(curve.values))))
        values = [value for value in curve.values for _ in range(wide)]
        return sparkline(values, width, self.look.glyphs)
