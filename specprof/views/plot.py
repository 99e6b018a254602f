"""The curves in a terminal. The only module that touches plotext, whose figure is global state.

plotext draws frame, ticks, dashes and points; title, labels, legend and captions are written over its
matrix. Each role is given to plotext as a colour of its own and read back as a role.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import plotext
from rich.cells import cell_len

from specprof.analysis.curves import Curve, CurveSet
from specprof.views.drawing import Drawing, Mark, Sheet
from specprof.views.glyphs import Glyphs
from specprof.views.legend import clear_place, lines_of
from specprof.views.literal import cut
from specprof.views.palette import Palette, Role
from specprof.views.plotted import PlottedCurve, plot_curves, taken_cells
from specprof.views.scale import Scale, columns, shown_labels, vertical_scale

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


def draw_curves(
    curves: CurveSet, batch_size: int, width: int, height: int, palette: Palette, glyphs: Glyphs
) -> Drawing | None:
    """The curves of one batch size in `width` × `height` characters; None where that is too small."""
    if width < MIN_WIDTH or height < MIN_HEIGHT:
        return None
    here = [curve for curve in curves.of_batch(batch_size) if curve.size]
    captions = _captions(curves, here, width, 1 if height < 30 else 2, glyphs)
    seq_lens = sorted({curve.seq_len for curve in curves.of_batch(batch_size)})
    letters = not palette.colour and len(seq_lens) > 1
    below = 0
    legends = _legends(here, width, height)
    for label, rows_below in legends:
        below = rows_below
        layout = _lay_out(curves, here, seq_lens, width, height - 2 - len(captions) - below, letters)
        if below or _inside(layout, label, letters) is not None:
            break
    sheet = Sheet(width, height)
    _head(sheet, layout, f"{curves.title}, Batch Size: {batch_size}", glyphs)
    _transfer(sheet, layout, glyphs)
    bottom = 1 + layout.rows + _FRAME_ROWS
    words = glyphs.fit(X_LABEL)
    sheet.write(bottom, layout.left + max(0, (layout.width - len(words)) // 2), words, "muted")
    if letters:
        _write_letters(sheet, layout)
    _write_legend(sheet, layout, label, below, bottom + 1, letters, glyphs)
    for index, caption in enumerate(captions):
        sheet.write(bottom + 1 + below + index, 0, caption, "muted")
    return sheet.finish(_marks(layout), palette)


@dataclass(frozen=True)
class _Layout:
    """A plot of `width` × `rows` cells, its first column at `left` and its first row at 2 of the sheet."""

    left: int
    width: int
    rows: int
    scale: Scale
    column_of: dict[int, int]
    plotted: list[PlottedCurve]


def _lay_out(
    curves: CurveSet, here: Sequence[Curve], seq_lens: list[int], width: int, height: int, letters: bool
) -> _Layout:
    rows = height - _FRAME_ROWS
    values = [float(value) for curve in here for value in curve.speedup]
    scale = vertical_scale(min(values, default=1.0), max(values, default=1.0), rows)
    left = max(len(label) for _, label in scale.ticks) + 1
    plot_width = width - left - 1
    column_of = columns(curves.candidates, plot_width, 2, 4 if letters else 2)
    return _Layout(left, plot_width, rows, scale, column_of, plot_curves(here, seq_lens, scale, column_of))


def _legends(here: Sequence[Curve], width: int, height: int) -> list[tuple[str, int]]:
    """The legends to try, best first: words of an entry and lines below the plot, 0 for inside it."""

    def below(label: str) -> int:
        return len(lines_of([len(label.format(curve.seq_len)) + 5 for curve in here], width))

    short = (SHORT_SERIES, 0), (SHORT_SERIES, below(SHORT_SERIES))
    if width < WIDE:
        return [*short]
    lines = below(SERIES)
    return [(SERIES, 0), *([(SERIES, lines)] if lines <= height // 12 else []), *short]


# Writing over plotext's matrix


def _head(sheet: Sheet, layout: _Layout, title: str, glyphs: Glyphs) -> None:
    label = glyphs.fit(Y_LABEL)
    sheet.write(0, 0, label, "muted")
    free = len(label) + 2
    words = cut(glyphs.fit(title), sheet.width - free, glyphs.ellipsis)
    centred = layout.left + (layout.width - cell_len(words)) // 2
    sheet.write(0, min(max(free, centred), sheet.width - cell_len(words)), words, "title")


def _entry(label: str, curve: PlottedCurve, letters: bool, glyphs: Glyphs) -> tuple[str, str]:
    """A legend entry: its key and its words."""
    dash = "-" if glyphs.ascii else "⠒"
    key = f"{dash}{glyphs.star}{curve.letter}" if letters else f"{dash}{dash}{glyphs.star}"
    return key, label.format(curve.seq_len)


def _inside(layout: _Layout, label: str, letters: bool) -> tuple[int, int] | None:
    """Where the framed legend fits, from the plot's top left corner."""
    entries = [label.format(curve.seq_len) for curve in layout.plotted]
    if not entries:
        return None
    taken = taken_cells(layout.plotted, layout.rows, layout.width, 1 if letters else 0)
    # the line at 1.0 may pass behind the legend, but is not to be hidden where that can be helped
    anchor = layout.rows - 1 - round(layout.scale.row(layout.scale.anchor))
    taken[anchor, :] = True
    # one column is kept free on either side
    return clear_place(taken, len(entries) + 2, max(map(len, entries)) + 10)


def _write_legend(
    sheet: Sheet, layout: _Layout, label: str, below: int, first: int, letters: bool, glyphs: Glyphs
) -> None:
    entries = [(*_entry(label, curve, letters, glyphs), curve.role) for curve in layout.plotted]
    widest = max((len(words) for _, words, _ in entries), default=0)
    if below:
        lines = lines_of([len(words) + 5 for _, words, _ in entries], sheet.width)
        cell = widest + 4 + 3
        margin = max(0, (sheet.width - cell * len(lines[0]) + 3) // 2) if lines else 0
        for row, line in enumerate(lines):
            for place, index in enumerate(line):
                _write_entry(sheet, first + row, margin + place * cell, *entries[index])
        return
    place = _inside(layout, label, letters)
    if place is None:
        return
    row, column = place[0] + 2, place[1] + layout.left + 1
    inner = widest + 6
    sheet.blank(row, column - 1, len(entries) + 2, inner + 4)
    top, side, bottom = ("+-+", "||", "+-+") if glyphs.ascii else ("╭─╮", "││", "╰─╯")
    sheet.write(row, column, top[0] + top[1] * inner + top[2], "grid")
    for index, entry in enumerate(entries):
        sheet.put(row + 1 + index, column, side[0], "grid")
        _write_entry(sheet, row + 1 + index, column + 2, *entry)
        sheet.put(row + 1 + index, column + inner + 1, side[1], "grid")
    sheet.write(row + 1 + len(entries), column, bottom[0] + bottom[1] * inner + bottom[2], "grid")


def _write_entry(sheet: Sheet, row: int, column: int, key: str, words: str, role: Role) -> None:
    sheet.write(row, column, key, role)
    sheet.write(row, column + 4, words, "text")


def _write_letters(sheet: Sheet, layout: _Layout) -> None:
    """Beside each point the letters of the curves in its cell; K = 1, where all are 1, stays bare."""
    cells: dict[tuple[int, int], list[PlottedCurve]] = {}
    for curve in layout.plotted:
        for star in curve.stars:
            if star.candidates > 1:
                cells.setdefault((star.column, star.row), []).append(curve)
    for (column, row), owners in cells.items():
        for offset, owner in enumerate(owners[:3], start=1):
            if (column + offset, row) not in cells:
                sheet.put(
                    layout.rows + 1 - row, layout.left + column + offset, owner.letter, owner.role
                )


def _marks(layout: _Layout) -> tuple[Mark, ...]:
    return tuple(
        Mark(curve.seq_len, star.candidates, layout.rows + 1 - star.row, layout.left + star.column)
        for curve in layout.plotted
        for star in curve.stars
    )


def _captions(
    curves: CurveSet, here: Sequence[Curve], width: int, lines: int, glyphs: Glyphs
) -> list[str]:
    """What must be known to read the plot, the gravest first."""
    facts = []
    if curves.published:
        error = f" (±{curves.reading_error:g})" if curves.reading_error else ""
        facts.append(f"published figure{error}, not measured here")
    if curves.estimated:
        facts.append("full depth estimated from a slice")
    if not all(curve.trusted.all() for curve in here):
        facts.append("✕ invalid")
    facts.append(f"E(K) = {curves.acceptance_formula}")
    return wrap_facts([glyphs.fit(fact) for fact in facts], width, lines, glyphs)


def wrap_facts(facts: Iterable[str], width: int, lines: int, glyphs: Glyphs) -> list[str]:
    """Short facts joined by separators, in at most `lines` lines; what does not fit is left out."""
    joint = f" {glyphs.separator} "
    found: list[str] = []
    for fact in facts:
        if found and cell_len(found[-1]) + len(joint) + cell_len(fact) <= width:
            found[-1] += joint + fact
        elif len(found) < lines:
            found.append(cut(fact, width, glyphs.ellipsis))
    return found


# plotext


def _transfer(sheet: Sheet, layout: _Layout, glyphs: Glyphs) -> None:
    """Draws with plotext and copies its matrix to the sheet, from row 1 on."""
    roles: list[Role] = ["text", "axis", "muted", "grid", *(curve.role for curve in layout.plotted)]
    width, height = layout.left + layout.width + 1, layout.rows + _FRAME_ROWS
    with _FIGURE:
        try:
            text = _built(layout, width, height, roles, glyphs)
        finally:
            plotext.figure.clear.all()
    for row, line in enumerate(text.split("\n")[:height], start=1):
        column, role = 0, "text"
        for index, piece in enumerate(_ESCAPE.split(line)):
            if index % 2:
                if not piece.startswith("48"):
                    role = roles[int(piece.split(";")[4])] if piece.startswith("38;2;0;0;") else "text"
                continue
            for character in piece:
                sheet.put(row, column, glyphs.fit(character) if glyphs.ascii else character, role)
                column += 1


def _built(layout: _Layout, width: int, height: int, roles: list[Role], glyphs: Glyphs) -> str:
    """plotext's matrix as text, with one escape sequence before and after each stretch of a colour."""

    def ink(role: Role) -> plotext.pixel:
        return plotext.pixel((0, 0, roles.index(role)))

    figure = plotext.figure
    plotext.terminal.limit(False, False)
    figure.clear.all()
    figure.plot_size(width, height)
    figure.canvas("default")
    figure.axes(True, pixel=ink("axis"))
    labels = [str(count) for count in layout.column_of]
    centres = list(layout.column_of.values())
    shown = shown_labels(centres, labels, layout.width)
    for axis, cells in (("x", layout.width), ("y", layout.rows)):
        figure.ruler(axis).pixel(ink("muted"))
        figure.ruler(axis).lim(0, cells - 1)
    figure.ruler("x").ticks([centres[i] for i in shown], [labels[i] for i in shown])
    ticks = layout.scale.ticks
    figure.ruler("y").ticks([row for row, _ in ticks], [label for _, label in ticks])
    figure.line(round(layout.scale.row(layout.scale.anchor)), orientation=0, pixel=ink("grid"))
    for curve in layout.plotted:
        _draw_bars(curve, ink(curve.role), glyphs)
    for curve in layout.plotted:
        _draw_strokes(curve, ink(curve.role), glyphs)
    for curve in layout.plotted:
        for sign, trusted in ((glyphs.star, True), (glyphs.untrusted, False)):
            stars = [star for star in curve.stars if star.trusted is trusted]
            _draw_points([(star.column, star.row) for star in stars], sign, ink(curve.role))
    built: str = figure.build().string()
    return built


def _draw_points(places: Sequence[tuple[int, int]], sign: str, ink: plotext.pixel) -> None:
    if places:
        xs, ys = zip(*places, strict=True)
        plotext.figure.draw(plotext.figure.signal(list(xs), list(ys), marker=plotext.marker(sign, ink)))


def _draw_bars(curve: PlottedCurve, ink: plotext.pixel, glyphs: Glyphs) -> None:
    places = [(bar.column, row) for bar in curve.bars for row in range(bar.low_row, bar.high_row + 1)]
    _draw_points(places, "|" if glyphs.ascii else "│", ink)


def _draw_strokes(curve: PlottedCurve, ink: plotext.pixel, glyphs: Glyphs) -> None:
    """Dashes as two-point lines in braille; in ASCII flat ones as `-`, steep ones as `.`."""
    kinds = {"-": [], ".": []} if glyphs.ascii else {"braille": list(curve.strokes)}
    if glyphs.ascii:
        for stroke in curve.strokes:
            flat = abs(stroke.end.y - stroke.start.y) < 0.5 * abs(stroke.end.x - stroke.start.x)
            kinds["-" if flat else "."].append(stroke)
    for sign, strokes in kinds.items():
        if not strokes:
            continue
        ends = [point for stroke in strokes for point in stroke]
        signal = plotext.figure.signal(
            [point.x for point in ends], [point.y for point in ends], marker=plotext.marker(sign, ink)
        ).lines()
        for index in range(0, len(ends), 2):
            signal.line(index, False)
        plotext.figure.draw(signal)
