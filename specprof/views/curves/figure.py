"""A figure: what is drawn over the candidate counts, before it has a size or colours."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from specprof.analysis.acceptance import AcceptanceModel
from specprof.analysis.curves import Curve, CurveSet
from specprof.analysis.opened import Run
from specprof.analysis.quantities import QUANTITIES, Quantity
from specprof.plan.plan import Cell, Row
from specprof.views.floor import floor_facts

Vector = NDArray[np.float64]

SPEEDUP_LABEL = "Speedup (×)"


@dataclass(frozen=True)
class Series:
    """One sequence length's values over its candidate counts, all `[n]`, ascending in K.

    `low` and `high` bound the 95 % interval. A `provisional` point is still being measured.
    """

    seq_len: int
    candidates: NDArray[np.int64]
    values: Vector
    low: Vector
    high: Vector
    trusted: NDArray[np.bool_]
    provisional: NDArray[np.bool_]


@dataclass(frozen=True)
class Figure:
    title: str
    label: str
    """What the vertical axis shows, with its unit."""
    series: tuple[Series, ...]
    candidates: tuple[int, ...]
    """All candidate counts of the plan, for the ticks."""
    caveats: tuple[str, ...]
    """What must be known to read it, the gravest first."""
    notes: tuple[str, ...]
    reference: float | None = 1.0
    """The value that everything is judged against: a line."""
    simulated: bool = True
    """Whether the values are simulated speedups, as published."""
    names: tuple[str, ...] = ()
    """What the curves are called where they are not sequence lengths: `seq_len` then counts them from 0."""


@dataclass(frozen=True)
class Overlay:
    """A second run's series, drawn as single points over the first's."""

    name: str
    series: tuple[Series, ...]


def speedup_figure(curves: CurveSet, batch_size: int, provisional: Collection[Cell] = ()) -> Figure:
    """The speedup curves of one batch size."""
    return Figure(
        title=f"{curves.title}, Batch Size: {batch_size}",
        label=SPEEDUP_LABEL,
        series=tuple(_series_of(curve, provisional) for curve in curves.of_batch(batch_size) if curve.size),
        candidates=curves.candidates,
        caveats=tuple(_caveats(curves)),
        notes=(f"E(K) = {curves.acceptance_formula}",),
    )


def figure_of(
    run: Run,
    quantity: Quantity,
    acceptance: AcceptanceModel,
    batch_size: int,
    provisional: Collection[Cell] = (),
) -> Figure:
    """One quantity of a run at one batch size. Cells without a value are left out."""
    curves = run.curves(acceptance)
    figure = speedup_figure(curves, batch_size, provisional)
    if quantity is QUANTITIES["speedup"]:
        return figure
    return Figure(
        title=figure.title,
        label=quantity.label,
        series=tuple(series_of(run, quantity, acceptance, batch_size, provisional)),
        candidates=figure.candidates,
        caveats=(*_caveats(curves, derived=True), *about_quantity(curves, quantity)),
        notes=figure.notes if quantity.simulated else (),
        reference=quantity.reference,
        simulated=False,
    )


def about_quantity(curves: CurveSet, quantity: Quantity) -> tuple[str, ...]:
    """What must be known of the quantity itself: what the floor is, in a view of it."""
    if quantity is not QUANTITIES["floor"] or curves.floors is None:
        return ()
    first, *why = floor_facts(curves.floors)
    return f"floor: {first}", *why


def series_of(
    run: Run,
    quantity: Quantity,
    acceptance: AcceptanceModel,
    batch_size: int,
    provisional: Collection[Cell] = (),
) -> Sequence[Series]:
    """The series of one quantity, one per sequence length that has a value."""
    if batch_size not in run.batch_sizes or quantity.unavailable(run):
        return ()
    batch = run.batch_sizes.index(batch_size)
    arrays, trusted = quantity.arrays(run, acceptance), quantity.trusted(run)[batch]
    found = []
    for at, seq_len in enumerate(run.seq_lens):
        values = arrays.median[batch, at]
        kept = np.flatnonzero(np.isfinite(values) & (values > 0))
        if not kept.size:
            continue
        counts = np.asarray(run.candidates, dtype=np.int64)[kept]
        found.append(
            Series(
                seq_len,
                counts,
                values[kept],
                arrays.low[batch, at][kept],
                arrays.high[batch, at][kept],
                trusted[at][kept],
                _provisional(Row(batch_size, seq_len), counts, provisional),
            )
        )
    return found


def _series_of(curve: Curve, provisional: Collection[Cell]) -> Series:
    row = Row(curve.batch_size, curve.seq_len)
    return Series(
        curve.seq_len,
        curve.candidates,
        curve.speedup,
        curve.low,
        curve.high,
        curve.trusted,
        _provisional(row, curve.candidates, provisional),
    )


def _provisional(row: Row, counts: NDArray[np.int64], cells: Collection[Cell]) -> NDArray[np.bool_]:
    return np.asarray([Cell(*row, int(count)) in cells for count in counts], dtype=np.bool_)


def _caveats(curves: CurveSet, *, derived: bool = False) -> list[str]:
    """`derived`: from a published figure's speedups, whose reading error is not that of what is shown."""
    caveats = []
    if curves.published:
        error = f" (±{curves.reading_error:g})" if curves.reading_error else ""
        published = f"published speedups{error}" if derived else f"published figure{error}"
        caveats.append(f"{'from ' if derived else ''}{published}, not measured here")
    if curves.estimated:
        caveats.append("full depth estimated from a slice")
    return caveats
