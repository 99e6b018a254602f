"""The curves in a terminal. The only module that touches plotext, whose figure is global state.

plotext draws frame, ticks, dashes and points; title, labels, legend and captions are written over its
matrix. Each role is given to plotext as a colour of its own and read back as a role.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import plotext
from rich.cells import cell_len

from specprof.analysis.curves import CurveSet
from specprof.views.curves.drawing import Drawing, Sheet
from specprof.views.curves.figure import Figure, Overlay, speedup_figure
from specprof.views.curves.layout import FRAME_ROWS, Layout, lay_out
from specprof.views.curves.legend import Entry, Legend, lines_of
from specprof.views.curves.plotted import PlottedCurve, Star
from specprof.views.curves.scale import MIN_ROWS, shown_labels
from specprof.views.glyphs import Glyphs
from specprof.views.lines import cut, join_facts
from specprof.views.palette import Palette, Role

MIN_WIDTH = 60
MIN_HEIGHT = 16
"""Below this seven curves merge: show the table."""

WIDE = 100
"""From here on the legend has room for the published words."""

X_LABEL = "Number of Candidate Tokens"
SERIES = "Simulated Speedup @ seq_len {}"
SHORT_SERIES = "seq_len {}"
SERIES_TITLE = "Simulated Speedup @"
"""Over the short entries, so that both together are the published words."""

_FIGURE = threading.Lock()
_ESCAPE = re.compile(r"\x1b\[([0-9;]*)m")
_OWN_COLOUR = "38;2;0;0;"


def draw_curves(
    curves: CurveSet,
    batch_size: int,
    width: int,
    height: int,
    palette: Palette,
    glyphs: Glyphs,
    seq_lens: Sequence[int] = (),
) -> Drawing | None:
    """The speedup curves of one batch size, see `draw_figure`."""
    return draw_figure(speedup_figure(curves, batch_size), width, height, palette, glyphs, seq_lens)


def draw_figure(
    figure: Figure,
    width: int,
    height: int,
    palette: Palette,
    glyphs: Glyphs,
    seq_lens: Sequence[int] = (),
    *,
    letters: bool | None = None,
    overlay: Overlay | None = None,
) -> Drawing | None:
    """A figure in `width` × `height` characters; None where that is too small.

    Without colour, or with more curves than the palette has colours, letters tell the curves apart; with
    `letters` they always stand there. With `seq_lens`, all that the plan holds, a curve keeps its colour
    while others are still to come. An overlay's points are single ones, of another sign.
    """
    if width < MIN_WIDTH or height < MIN_HEIGHT:
        return None
    here = figure.series
    if letters is None:
        letters = max(len(here), len(seq_lens)) > (len(palette.series) if palette.colour else 1)
    facts = [glyphs.fit(fact) for fact in _facts(figure, overlay, glyphs)]
    captions = join_facts(facts, width, glyphs.separator, glyphs.ellipsis)[: 1 if height < 30 else 2]
    for form in _legends(figure, width, height - len(captions)):
        plot_height = height - 2 - len(captions) - form.lines
        layout = lay_out(figure, overlay, seq_lens, width, plot_height, letters)
        legend = Legend([_entry(form.label, curve, letters, glyphs) for curve in layout.plotted], form.title)
        place = None if form.lines else legend.place(layout.taken())
        if form.lines or place:
            break
    sheet = Sheet(width, height)
    _write_head(sheet, layout, figure, glyphs)
    _transfer(sheet, layout, glyphs)
    bottom = 1 + layout.rows + FRAME_ROWS
    sheet.write(bottom, layout.left + (layout.width - len(X_LABEL)) // 2, X_LABEL, "muted")
    if letters:
        _write_letters(sheet, layout)
    if place:
        legend.write_framed(sheet, layout.top + place.row, layout.left + place.column, glyphs)
    elif form.lines:
        legend.write_lines(sheet, bottom + 1, form.lines, glyphs)
    if any(curve.bars for curve in layout.plotted):
        facts.append(glyphs.fit("│ 95 % interval"))
    captions = join_facts(facts, width, glyphs.separator, glyphs.ellipsis)[: len(captions)]
    for row, caption in enumerate(captions, start=bottom + 1 + form.lines):
        sheet.write(row, 0, caption, "muted")
    return sheet.finish(layout.marks(), palette)


class _Form(NamedTuple):
    """A legend: the words of an entry, a title in its frame, lines below the plot or 0 for inside it."""

    label: str
    title: str
    lines: int


def _legends(figure: Figure, width: int, height: int) -> Iterator[_Form]:
    """The legends to try, best first. The last one always fits."""

    def lines(label: str) -> int:
        entries = [Entry("", label.format(series.seq_len), "text") for series in figure.series]
        return len(lines_of([entry.width for entry in entries], width))

    if width >= WIDE and figure.simulated:
        yield _Form(SERIES, "", 0)
        if lines(SERIES) <= height // 12:
            yield _Form(SERIES, "", lines(SERIES))
    if figure.simulated:
        yield _Form(SHORT_SERIES, SERIES_TITLE, 0)
    yield _Form(SHORT_SERIES, "", 0)
    yield _Form(SHORT_SERIES, "", min(lines(SHORT_SERIES), height - 2 - FRAME_ROWS - MIN_ROWS))


def _entry(label: str, curve: PlottedCurve, letters: bool, glyphs: Glyphs) -> Entry:
    dash = "-" if glyphs.ascii else "⠒"
    key = dash + glyphs.star + curve.letter if letters else dash + dash + glyphs.star
    return Entry(key, label.format(curve.seq_len), curve.role)


# Writing over plotext's matrix


def _write_head(sheet: Sheet, layout: Layout, figure: Figure, glyphs: Glyphs) -> None:
    label = glyphs.fit(figure.label)
    sheet.write(0, 0, label, "muted")
    first = len(label) + 2
    words = cut(glyphs.fit(figure.title), sheet.width - first, glyphs.ellipsis)
    centred = layout.left + (layout.width - cell_len(words)) // 2
    sheet.write(0, min(max(first, centred), sheet.width - cell_len(words)), words, "title")


def _write_letters(sheet: Sheet, layout: Layout) -> None:
    """Beside each point the letters of the curves in its cell; K = 1, where all are 1, stays bare."""
    owners: dict[tuple[int, int], list[PlottedCurve]] = {}
    for curve in layout.plotted:
        for star in curve.stars:
            if star.candidates > 1:
                owners.setdefault((star.column, star.row), []).append(curve)
    for (column, row), curves in owners.items():
        for offset, curve in enumerate(curves[:3], start=1):
            if (column + offset, row) not in owners:
                sheet.put(layout.sheet_row(row), layout.left + column + offset, curve.letter, curve.role)


def _facts(figure: Figure, overlay: Overlay | None, glyphs: Glyphs) -> list[str]:
    """What must be known to read the plot, the gravest first."""
    facts = list(figure.caveats)
    if not all(series.trusted.all() for series in figure.series):
        facts.append(f"{glyphs.untrusted} invalid")
    if any(series.provisional.any() for series in figure.series):
        facts.append(f"{glyphs.near_best} still being measured")
    if overlay is not None:
        facts.append(f"{glyphs.other} {overlay.name}")
    return [*facts, *figure.notes]


# plotext


def _transfer(sheet: Sheet, layout: Layout, glyphs: Glyphs) -> None:
    """Draws with plotext and copies its matrix to the sheet, from row 1 on."""
    drawn = [*layout.plotted, *layout.laid_over]
    roles: list[Role] = list(dict.fromkeys(["text", "axis", "muted", "grid", *(one.role for one in drawn)]))
    with _FIGURE:
        try:
            text = _built(layout, roles, glyphs)
        finally:
            plotext.figure.clear.all()
    for row, line in enumerate(text.split("\n")[: layout.rows + FRAME_ROWS], start=1):
        column, role = 0, "text"
        # every second piece is an escape sequence's inside: a colour, a background, or the end of both
        for index, piece in enumerate(_ESCAPE.split(line)):
            if index % 2 == 0:
                for character in piece:
                    sheet.put(row, column, glyphs.fit(character) if glyphs.ascii else character, role)
                    column += 1
            elif piece.startswith(_OWN_COLOUR):
                role = roles[int(piece.removeprefix(_OWN_COLOUR))]
            elif not piece.startswith("48;"):
                role = "text"


def _built(layout: Layout, roles: list[Role], glyphs: Glyphs) -> str:
    """plotext's matrix as text with escape sequences. Its units are cells: see `plotted`."""

    def ink(role: Role) -> Any:
        return plotext.pixel((0, 0, roles.index(role)))

    figure = plotext.figure
    plotext.terminal.limit(False, False)
    figure.clear.all()
    figure.plot_size(layout.left + layout.width + 1, layout.rows + FRAME_ROWS)
    figure.canvas("default")
    figure.axes(True, pixel=ink("axis"))
    for axis, cells in (("x", layout.width), ("y", layout.rows)):
        figure.ruler(axis).pixel(ink("muted"))
        figure.ruler(axis).lim(0, cells - 1)
    labels, centres = [str(count) for count in layout.column_of], list(layout.column_of.values())
    shown = shown_labels(centres, labels, layout.width)
    figure.ruler("x").ticks([centres[i] for i in shown], [labels[i] for i in shown])
    figure.ruler("y").ticks(*map(list, zip(*layout.scale.ticks, strict=True)))
    if layout.reference_row is not None:
        figure.line(layout.reference_row, orientation=0, pixel=ink("grid"))
    for curve in layout.plotted:
        bars = [(bar.column, row) for bar in curve.bars for row in range(bar.low_row, bar.high_row + 1)]
        _draw_points(bars, glyphs.fit("│"), ink(curve.role))
    for curve in layout.plotted:
        _draw_dashes(curve, ink(curve.role), glyphs)
    for curve in layout.laid_over:
        _draw_points([(star.column, star.row) for star in curve.stars], glyphs.other, ink(curve.role))
    for curve in layout.plotted:
        for sign in (glyphs.star, glyphs.near_best, glyphs.untrusted):
            stars = [(star.column, star.row) for star in curve.stars if _sign(star, glyphs) == sign]
            _draw_points(stars, sign, ink(curve.role))
    built: str = figure.build().string()
    return built


def _sign(star: Star, glyphs: Glyphs) -> str:
    if not star.trusted:
        return glyphs.untrusted
    return glyphs.near_best if star.provisional else glyphs.star


def _draw_points(places: Sequence[tuple[int, int]], sign: str, ink: Any) -> None:
    if places:
        xs, ys = zip(*places, strict=True)
        plotext.figure.draw(plotext.figure.signal(list(xs), list(ys), marker=plotext.marker(sign, ink)))


def _draw_dashes(curve: PlottedCurve, ink: Any, glyphs: Glyphs) -> None:
    """Dashes as two-point lines, in braille; in ASCII flat ones as `-`, steep ones as `.`."""
    flat = [abs(end.y - start.y) < 0.5 * abs(end.x - start.x) for start, end in curve.strokes]
    for sign, of_flat in (("-", True), (".", False)) if glyphs.ascii else (("braille", None),):
        ends = [
            point
            for stroke, lies in zip(curve.strokes, flat, strict=True)
            if of_flat in (None, lies)
            for point in stroke
        ]
        if not ends:
            continue
        marker = plotext.marker(sign, ink)
        signal = plotext.figure.signal(
            [end.x for end in ends], [end.y for end in ends], marker=marker
        ).lines()
        for index in range(0, len(ends), 2):
            signal.line(index, False)
        plotext.figure.draw(signal)
