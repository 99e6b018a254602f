"""Pictures of a run for the plot widget: what to draw, and when two of them look alike."""

from __future__ import annotations

from collections.abc import Collection

from specprof.analysis.acceptance import AcceptanceModel
from specprof.analysis.opened import Run
from specprof.analysis.quantities import QUANTITIES, Quantity
from specprof.analysis.validation.results import validation_results
from specprof.plan.plan import Cell, Row
from specprof.run.record import RunRecord
from specprof.tui.look import Look
from specprof.tui.state.differences import batch_laid_over, name_of
from specprof.tui.widgets.curves_plot import Picture
from specprof.views.curves.drawing import Drawing
from specprof.views.curves.figure import Overlay, figure_of, series_of
from specprof.views.curves.plot import draw_figure
from specprof.views.validation.figure import validation_figure


def speedup_picture(
    run: Run, acceptance: AcceptanceModel, batch_size: int, provisional: Collection[Cell] = ()
) -> Picture:
    """The speedup curves of one batch size; points of `provisional` cells may still move."""
    return quantity_picture(run, QUANTITIES["speedup"], acceptance, batch_size, provisional)


def quantity_picture(
    run: Run,
    quantity: Quantity,
    acceptance: AcceptanceModel,
    batch_size: int,
    provisional: Collection[Cell] = (),
    overlay: Run | None = None,
) -> Picture:
    """The curves of one quantity at one batch size, and over them the points of another run."""

    def draw(width: int, height: int, look: Look) -> Drawing | None:
        over = None
        if overlay is not None:
            size = batch_laid_over(overlay, batch_size)
            name = name_of(overlay) + (f", batch {size}" if size != batch_size else "")
            over = Overlay(name, tuple(series_of(overlay, quantity, acceptance, size)))
        return draw_figure(
            figure_of(run, quantity, acceptance, batch_size, provisional),
            width,
            height,
            look.palette,
            look.glyphs,
            run.seq_lens,
            letters=look.letters,
            overlay=over,
        )

    # the runs themselves are in the key: as long as the picture is shown their identity is taken
    key = (_Same(run), quantity.name, acceptance, batch_size, frozenset(provisional), _Same(overlay))
    return Picture(key, draw)


def validation_picture(record: RunRecord, row: Row) -> Picture:
    """The predicted curves of one row with what decoding has come to so far."""

    def draw(width: int, height: int, look: Look) -> Drawing | None:
        figure, overlay = validation_figure(record, validation_results(record), row)
        place = width, height, look.palette, look.glyphs
        return draw_figure(figure, *place, letters=look.letters, overlay=overlay)

    return Picture((_Same(record), row), draw)


class _Same:
    """Equal to itself only, and keeps what it stands for alive."""

    def __init__(self, thing: object) -> None:
        self._thing = thing

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other._thing is self._thing

    def __hash__(self) -> int:
        return id(self._thing)
