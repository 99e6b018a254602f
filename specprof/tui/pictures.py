"""Pictures of a run for the plot widget: what to draw, and when two of them look alike."""

from __future__ import annotations

from collections.abc import Collection

from specprof.analysis.acceptance import AcceptanceModel
from specprof.analysis.opened import Run
from specprof.tui.provisional import Quantity
from specprof.plan.plan import Cell
from specprof.tui.look import Look
from specprof.tui.widgets.curves_plot import Picture
from specprof.views.curves.drawing import Drawing
from specprof.tui.provisional import draw_figure, figure_of
from specprof.views.curves.plot import draw_curves


def speedup_picture(
    run: Run, acceptance: AcceptanceModel, batch_size: int, provisional: Collection[Cell] = ()
) -> Picture:
    """The speedup curves of one batch size; points of `provisional` cells may still move."""

    def draw(width: int, height: int, look: Look) -> Drawing | None:
        return draw_curves(
            run.curves(acceptance), batch_size, width, height, look.palette, look.glyphs, run.seq_lens
        )

    # the run itself is in the key: as long as the picture is shown its identity is taken
    return Picture((_Same(run), acceptance, batch_size, frozenset(provisional)), draw)


def quantity_picture(
    run: Run,
    quantity: Quantity,
    acceptance: AcceptanceModel,
    batch_size: int,
    provisional: Collection[Cell] = (),
    overlay: Run | None = None,
) -> Picture:
    """The curves of one quantity at one batch size, those of another run behind them."""

    def draw(width: int, height: int, look: Look) -> Drawing | None:
        figure = figure_of(run, quantity, acceptance, batch_size, provisional)
        others = ()
        return draw_figure(
            figure,
            width,
            height,
            look.palette,
            look.glyphs,
            run.seq_lens,
            letters=look.letters,
            overlay=others,
        )

    key = (_Same(run), quantity, acceptance, batch_size, frozenset(provisional), _Same(overlay))
    return Picture(key, draw)


class _Same:
    """Equal to itself only, and keeps what it stands for alive."""

    def __init__(self, thing: object) -> None:
        self._thing = thing

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other._thing is self._thing

    def __hash__(self) -> int:
        return id(self._thing)
