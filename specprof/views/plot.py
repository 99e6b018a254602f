"""The curves in a terminal. The only module that touches plotext, whose figure is global state.

plotext draws frame, ticks, dashes and points; title, labels, legend and captions are written over its
matrix. Each role is given to plotext as a colour of its own and read back as a role.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import plotext
from rich.cells import cell_len

from specprof.analysis.curves import Curve, CurveSet
from specprof.views.drawing import Drawing, Mark, Sheet
from specprof.views.glyphs import Glyphs
from specprof.views.legend import Entry, framed_place, lines_of, write_framed, write_lines
from specprof.views.literal import cut, join_facts
from specprof.views.palette import Palette, Role
from specprof.views.plotted import PlottedCurve, plot_curves, taken_cells
from specprof.views.scale import MIN_ROWS, Scale, columns, shown_labels, vertical_scale

MIN_WIDTH = 60
MIN_HEIGHT = 16
"""Below this seven curves merge: show the table."""

WIDE = 100
"""From here on the legend has room for the published words."""

X_LABEL = "Number of Candidate Tokens"
Y_LABEL = "Speedup (×)"
SERIES = "Simulated Speedup @ seq_len {}"
SHORT_SERIES = "seq_len {}"

_FRAME_ROWS = 3
"""Upper and lower frame, tick labels."""

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
    """The curves of one batch size in `width` × `height` characters; None where that is too small.

    Without colour, or with more curves than the palette has colours, letters tell the curves apart. With
    `seq_lens`, all that the plan holds, a curve keeps its colour while others are still to come.
    """
    if width < MIN_WIDTH or height < MIN_HEIGHT:
        return None
    here = [curve for curve in curves.of_batch(batch_size) if curve.size]
    letters = max(len(here), len(seq_lens)) > (len(palette.series) if palette.colour else 1)
    facts = [glyphs.fit(fact) for fact in _facts(curves, here, glyphs)]
    captions = join_facts(facts, width, glyphs.separator)[: 1 if height < 30 else 2]
    for label, below in _legends(here, width, height - len(captions)):
        layout = _lay_out(curves, here, seq_lens, width, height - 2 - len(captions) - below, letters)
        entries = [_entry(label, curve, letters, glyphs) for curve in layout.plotted]
        place = None if below else framed_place(_taken(layout, letters), entries)
        if below or place:
            break
    sheet = Sheet(width, height)
    _write_head(sheet, layout, f"{curves.title}, Batch Size: {batch_size}", glyphs)
    _transfer(sheet, layout, glyphs)
    bottom = 1 + layout.rows + _FRAME_ROWS
    sheet.write(bottom, layout.left + (layout.width - len(X_LABEL)) // 2, X_LABEL, "muted")
    if letters:
        _write_letters(sheet, layout)
    if place:
        write_framed(sheet, layout.top + place.row, layout.left + place.column, entries, glyphs)
    elif below:
        write_lines(sheet, bottom + 1, below, entries, glyphs)
    if any(curve.bars for curve in layout.plotted):
        facts.append(glyphs.fit("│ 95 % interval"))
    captions = join_facts(facts, width, glyphs.separator)[: len(captions)]
    for row, caption in enumerate(captions, start=bottom + 1 + below):
        sheet.write(row, 0, caption, "muted")
    return sheet.finish(_marks(layout), palette)


@dataclass(frozen=True)
class _Layout:
    """A plot of `width` × `rows` cells, its first column at `left` of the sheet and its first row at 2."""

    left: int
    width: int
    rows: int
    scale: Scale
    column_of: dict[int, int]
    plotted: list[PlottedCurve]

    top = 2

    def sheet_row(self, row: int) -> int:
        """The sheet's row of a plot's row, which counts upwards."""
        return self.top + self.rows - 1 - row


def _lay_out(
    curves: CurveSet,
    here: Sequence[Curve],
    seq_lens: Sequence[int],
    width: int,
    height: int,
    letters: bool,
) -> _Layout:
    rows = height - _FRAME_ROWS
    values = [float(value) for curve in here for value in curve.speedup]
    scale = vertical_scale(min(values, default=1.0), max(values, default=1.0), rows)
    left = max(len(label) for _, label in scale.ticks) + 1
    counts = {*curves.candidates, *(int(k) for curve in here for k in curve.candidates)}
    column_of = columns(sorted(counts), width - left - 1, 2, 4 if letters else 2)
    plotted = plot_curves(here, seq_lens, scale, column_of)
    return _Layout(left, width - left - 1, rows, scale, column_of, plotted)


def _legends(here: Sequence[Curve], width: int, height: int) -> Iterator[tuple[str, int]]:
    """The legends to try, best first: words of an entry and lines below the plot, 0 for inside it."""
    most = height - 2 - _FRAME_ROWS - MIN_ROWS
    for label in (SERIES, SHORT_SERIES) if width >= WIDE else (SHORT_SERIES,):
        yield label, 0
        entries = [Entry("", label.format(curve.seq_len), "text").width for curve in here]
        lines = len(lines_of(entries, width))
        if label is SHORT_SERIES:
            yield label, min(lines, most)
        elif lines <= height // 12:
            yield label, lines


def _entry(label: str, curve: PlottedCurve, letters: bool, glyphs: Glyphs) -> Entry:
    dash = "-" if glyphs.ascii else "⠒"
    key = dash + glyphs.star + curve.letter if letters else dash + dash + glyphs.star
    return Entry(key, label.format(curve.seq_len), curve.role)


def _taken(layout: _Layout, letters: bool) -> Any:
    """What the legend may not hide, `[rows, columns]`: the curves, their letters, the line at 1.0."""
    taken = taken_cells(layout.plotted, layout.rows, layout.width, 1 if letters else 0)
    taken[layout.rows - 1 - layout.scale.reference_row] = True
    return taken


# Writing over plotext's matrix


def _write_head(sheet: Sheet, layout: _Layout, title: str, glyphs: Glyphs) -> None:
    label = glyphs.fit(Y_LABEL)
    sheet.write(0, 0, label, "muted")
    first = len(label) + 2
    words = cut(glyphs.fit(title), sheet.width - first, glyphs.ellipsis)
    centred = layout.left + (layout.width - cell_len(words)) // 2
    sheet.write(0, min(max(first, centred), sheet.width - cell_len(words)), words, "title")


def _write_letters(sheet: Sheet, layout: _Layout) -> None:
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


def _marks(layout: _Layout) -> tuple[Mark, ...]:
    return tuple(
        Mark(curve.seq_len, star.candidates, layout.sheet_row(star.row), layout.left + star.column)
        for curve in layout.plotted
        for star in curve.stars
    )


def _facts(curves: CurveSet, here: Sequence[Curve], glyphs: Glyphs) -> list[str]:
    """What must be known to read the plot, the gravest first."""
    facts = []
    if curves.published:
        error = f" (±{curves.reading_error:g})" if curves.reading_error else ""
        facts.append(f"published figure{error}, not measured here")
    if curves.estimated:
        facts.append("full depth estimated from a slice")
    if not all(curve.trusted.all() for curve in here):
        facts.append(f"{glyphs.untrusted} invalid")
    facts.append(f"E(K) = {curves.acceptance_formula}")
    return facts


# plotext


def _transfer(sheet: Sheet, layout: _Layout, glyphs: Glyphs) -> None:
    """Draws with plotext and copies its matrix to the sheet, from row 1 on."""
    roles: list[Role] = ["text", "axis", "muted", "grid", *(curve.role for curve in layout.plotted)]
    with _FIGURE:
        try:
            text = _built(layout, roles, glyphs)
        finally:
            plotext.figure.clear.all()
    for row, line in enumerate(text.split("\n")[: layout.rows + _FRAME_ROWS], start=1):
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


def _built(layout: _Layout, roles: list[Role], glyphs: Glyphs) -> str:
    """plotext's matrix as text with escape sequences. Its units are cells: see `plotted`."""

    def ink(role: Role) -> Any:
        return plotext.pixel((0, 0, roles.index(role)))

    figure = plotext.figure
    plotext.terminal.limit(False, False)
    figure.clear.all()
    figure.plot_size(layout.left + layout.width + 1, layout.rows + _FRAME_ROWS)
    figure.canvas("default")
    figure.axes(True, pixel=ink("axis"))
    for axis, cells in (("x", layout.width), ("y", layout.rows)):
        figure.ruler(axis).pixel(ink("muted"))
        figure.ruler(axis).lim(0, cells - 1)
    labels, centres = [str(count) for count in layout.column_of], list(layout.column_of.values())
    shown = shown_labels(centres, labels, layout.width)
    figure.ruler("x").ticks([centres[i] for i in shown], [labels[i] for i in shown])
    figure.ruler("y").ticks(*map(list, zip(*layout.scale.ticks, strict=True)))
    figure.line(layout.scale.reference_row, orientation=0, pixel=ink("grid"))
    for curve in layout.plotted:
        bars = [(bar.column, row) for bar in curve.bars for row in range(bar.low_row, bar.high_row + 1)]
        _draw_points(bars, glyphs.fit("│"), ink(curve.role))
    for curve in layout.plotted:
        _draw_dashes(curve, ink(curve.role), glyphs)
    for curve in layout.plotted:
        for sign, trusted in ((glyphs.star, True), (glyphs.untrusted, False)):
            stars = [(star.column, star.row) for star in curve.stars if star.trusted is trusted]
            _draw_points(stars, sign, ink(curve.role))
    built: str = figure.build().string()
    return built


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
