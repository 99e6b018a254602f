"""Comparisons on stdout: the runs by letters, what differs besides, what changed, and the curves."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import IO

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from specprof.analysis.acceptance import AcceptanceModel
from specprof.analysis.compare.comparison import Comparison
from specprof.analysis.compare.differences import Difference, batch_laid_over, name_of
from specprof.analysis.opened import Run
from specprof.analysis.quantities import QUANTITIES
from specprof.views.compare.cells import cells_view
from specprof.views.compare.shape import shape_view
from specprof.views.curves.figure import Overlay, figure_of, series_of
from specprof.views.curves.plot import MIN_HEIGHT, MIN_WIDTH, draw_figure
from specprof.views.glyphs import Glyphs
from specprof.views.palette import Palette
from specprof.views.report import plot_height
from specprof.views.sections import print_sections
from specprof.views.terminal import Surface

LETTERS = string.ascii_uppercase
"""What the runs are called: as many as may be compared at once."""


def print_comparisons(
    surface: Surface, comparisons: Sequence[Comparison], acceptance: AcceptanceModel, stream: IO[str]
) -> None:
    """Prints comparisons of the same first run, at most one less than there are letters."""
    palette, glyphs, width = surface.palette(), surface.glyphs, surface.width
    runs = [comparisons[0].base, *(one.other for one in comparisons)]
    sections: list[Sequence[RenderableType]] = [_head(runs, palette, glyphs)]
    for letter, one in zip(LETTERS[1:], comparisons, strict=False):
        letters = LETTERS[0], letter
        sections.append(_about(one, letters, palette, glyphs))
        if one.by_shape:
            sections += [shape_view(shape, letters, width, palette, glyphs) for shape in one.shapes]
        else:
            sections.append(cells_view(one, letters, width, palette, glyphs))
        sections += [[figure] for figure in _figures(surface, palette, one, letters, acceptance)]
    print_sections(surface.console(stream), sections)


def _head(runs: Sequence[Run], palette: Palette, glyphs: Glyphs) -> list[RenderableType]:
    grid = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_column(overflow="fold")
    for letter, run in zip(LETTERS, runs, strict=False):
        record = run.record
        facts = [record.plan.model.title]
        if run.published:
            facts.append("published figure")
        elif record.environment is not None:
            facts.append(f"{record.environment.device.name} ({record.environment.device.kind})")
        facts += [record.created_at, record.status]
        grid.add_row(
            Text(letter, palette.style("text", bold=True)),
            Text(glyphs.fit(name_of(run)), palette.style("text")),
            Text(f" {glyphs.separator} ".join(map(glyphs.fit, facts)), palette.style("muted")),
        )
    return [grid]


def _about(
    one: Comparison, letters: tuple[str, str], palette: Palette, glyphs: Glyphs
) -> list[RenderableType]:
    """The heading, why the comparison limps, and what differs besides."""
    title = f"{letters[1]} against {letters[0]}"
    parts: list[RenderableType] = [Text(title, palette.style("text", bold=True))]
    for words in one.obstacles:
        told = f"not comparable, compared with --force: {words}"
        parts.append(Text(glyphs.fit(told), palette.style("bad")))
    if one.same_run:
        words = "both carry the same run id: copies, or stages, of one run"
        parts.append(Text(words, palette.style("warn")))
    if one.differences:
        parts.append(_differences(one.differences, letters, palette, glyphs))
    else:
        words = "Environment and plan are the same."
        parts.append(Text(words, palette.style("muted")))
    return parts


def _differences(
    found: Sequence[Difference], letters: tuple[str, str], palette: Palette, glyphs: Glyphs
) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    for _ in range(3):
        grid.add_column(overflow="fold")
    grid.add_row(*(Text(words, palette.style("muted")) for words in ("differs", *letters)))
    for name, here, there in found:
        grid.add_row(
            Text(glyphs.fit(name), palette.style("muted")),
            *(Text(glyphs.fit(words), palette.style("text")) for words in (here, there)),
        )
    return grid


def _figures(
    surface: Surface,
    palette: Palette,
    one: Comparison,
    letters: tuple[str, str],
    acceptance: AcceptanceModel,
) -> list[RenderableType]:
    """The speedup curves of the first run, one figure per batch size, with the points of the other."""
    glyphs, width, height = surface.glyphs, surface.width, plot_height(surface.width, surface.height)
    if width < MIN_WIDTH or height < MIN_HEIGHT:
        words = f"(curves are drawn from {MIN_WIDTH} × {MIN_HEIGHT} characters on)"
        return [Text(glyphs.fit(words), palette.style("muted"))]
    found: list[RenderableType] = []
    speedup = QUANTITIES["speedup"]
    for batch_size in one.base.curves(acceptance).batch_sizes:
        size = batch_laid_over(one.other, batch_size)
        name = letters[1] + (f", batch {size}" if size != batch_size else "")
        over = Overlay(name, tuple(series_of(one.other, speedup, acceptance, size)))
        figure = figure_of(one.base, speedup, acceptance, batch_size)
        drawing = draw_figure(figure, width, height, palette, glyphs, one.base.seq_lens, overlay=over)
        if drawing is not None:
            found.append(drawing.rich())
    return found
