"""The curves in a terminal. The only module that touches plotext, whose figure is global state.

plotext draws frame, ticks, dashes and points; title, labels, legend and captions are written over its
matrix. Each role is given to plotext as a colour of its own and read back as a role.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import plotext
from rich.cells import cell_len

from specprof.analysis.curves import CurveSet
from specprof.views.curves.drawing import Drawing, Sheet
from specprof.views.curves.figure import Figure, Overlay, speedup_figure
from specprof.views.curves.layout import FRAME_ROWS, Layout, colour_order, lay_out
from specprof.views.curves.legend import Entry, Legend, lines_of
from specprof.views.curves.plotted import PlottedCurve, Star
from specprof.views.curves.scale import MIN_ROWS, LogScale, shown_labels
from specprof.views.glyphs import Glyphs
from specprof.views.lines import cut, join_facts
from specprof.views.palette import Palette, Role

MIN_WIDTH = 60
MIN_HEIGHT = 16
"""Below this seven curves merge: show the table."""

WIDE = 100
"""From here on the legend has room for the published words."""

MOST_NAME = 40
"""Columns of a name in the legend."""

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
    while others are still to come. An overlay's points are single ones, of another sign; where one falls
    on a point of the figure a third sign stands for both.
    """
    if width < MIN_WIDTH or height < MIN_HEIGHT:
        return None
    order = colour_order(figure, overlay, seq_lens)
    if letters is None:
        letters = len(order) > (len(palette.series) if palette.colour else 1)
    signs = [*figure.caveats, *_signs(figure, overlay, glyphs)]
    facts = [glyphs.fit(fact) for fact in (*signs, *figure.notes)]
    captions = join_facts(facts, width, glyphs.separator, glyphs.ellipsis)
    # what a bar means is known last, so one line at least; the formula may be left out where the plot is
    # low, what a sign means may not
    needed = len(join_facts(facts[: len(signs)], width, glyphs.separator, glyphs.ellipsis))
    below = max(1, min(len(captions), max(needed, 1 if height < 30 else 2)))
    lengths = colour_order(figure, overlay, ())
    laid_out: dict[int, Layout] = {}
    for form in _legends(figure, lengths, width, height - below, glyphs):
        if form.lines not in laid_out:
            plot_height = height - 2 - below - form.lines
            laid_out[form.lines] = lay_out(figure, overlay, order, width, plot_height, letters)
        layout = laid_out[form.lines]
        legend = Legend(_entries(form.label, layout, letters, glyphs), form.title)
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
    captions = join_facts(facts, width, glyphs.separator, glyphs.ellipsis)[:below]
    for row, caption in enumerate(captions, start=bottom + 1 + form.lines):
        sheet.write(row, 0, caption, "muted")
    return sheet.finish(layout.marks(), palette, layout.marks_laid_over())


class _Form(NamedTuple):
    """A legend: the words of an entry, a title in its frame, lines below the plot or 0 for inside it."""

    label: Callable[[int], str]
    title: str
    lines: int


def _legends(
    figure: Figure, lengths: Sequence[int], width: int, height: int, glyphs: Glyphs
) -> Iterator[_Form]:
    """The legends to try, best first. The last one always fits."""

    def lines(label: Callable[[int], str]) -> int:
        entries = [Entry("", label(length), "text") for length in lengths]
        return len(lines_of([entry.width for entry in entries], width))

    most = height - 2 - FRAME_ROWS - MIN_ROWS
    if figure.names:

        def name(number: int) -> str:
            return cut(glyphs.fit(figure.names[number]), MOST_NAME, glyphs.ellipsis)

        yield _Form(name, "", 0)
        yield _Form(name, "", min(lines(name), most))
        return
    if width >= WIDE and figure.simulated:
        yield _Form(SERIES.format, "", 0)
        if lines(SERIES.format) <= height // 12:
            yield _Form(SERIES.format, "", lines(SERIES.format))
    if figure.simulated:
        yield _Form(SHORT_SERIES.format, SERIES_TITLE, 0)
    yield _Form(SHORT_SERIES.format, "", 0)
    yield _Form(SHORT_SERIES.format, "", min(lines(SHORT_SERIES.format), most))


def _entries(label: Callable[[int], str], layout: Layout, letters: bool, glyphs: Glyphs) -> list[Entry]:
    """One entry for each sequence length: a dashed line, or a point alone where only a second run has it."""
    shown = {curve.seq_len for curve in layout.plotted}
    alone = [curve for curve in layout.laid_over if curve.seq_len not in shown]
    dash = "-" if glyphs.ascii else "⠒"
    keyed = [(dash, glyphs.star, curve) for curve in layout.plotted]
    keyed += [(" ", glyphs.other, curve) for curve in alone]
    return [
        Entry(
            line + sign + curve.letter if letters else line + line + sign,
            label(curve.seq_len),
            curve.role,
        )
        for line, sign, curve in keyed
    ]


# Writing over plotext's matrix


def _write_head(sheet: Sheet, layout: Layout, figure: Figure, glyphs: Glyphs) -> None:
    label = glyphs.fit(_log_label(figure.label) if isinstance(layout.scale, LogScale) else figure.label)
    sheet.write(0, 0, label, "muted")
    first = len(label) + 2
    words = cut(glyphs.fit(figure.title), sheet.width - first, glyphs.ellipsis)
    centred = layout.left + (layout.width - cell_len(words)) // 2
    sheet.write(0, min(max(first, centred), sheet.width - cell_len(words)), words, "title")


def _log_label(label: str) -> str:
    """The axis' words with the word that it is logarithmic: `Latency of a verify step (ms, log)`."""
    return label.removesuffix(")") + ", log)" if label.endswith(")") else f"{label} (log)"


def _write_letters(sheet: Sheet, layout: Layout) -> None:
    """Beside each point the letters of the curves in its cell; K = 1, where all are 1, stays bare."""
    owners: dict[tuple[int, int], dict[str, Role]] = {}
    for curve in (*layout.plotted, *layout.laid_over):
        for star in curve.stars:
            if star.candidates > 1:
                owners.setdefault((star.column, star.row), {}).setdefault(curve.letter, curve.role)
    for (column, row), letters in owners.items():
        for offset, (letter, role) in enumerate(list(letters.items())[:3], start=1):
            if (column + offset, row) not in owners:
                sheet.put(layout.sheet_row(row), layout.left + column + offset, letter, role)


def _signs(figure: Figure, overlay: Overlay | None, glyphs: Glyphs) -> list[str]:
    """What the signs beside the usual star mean, those that are used."""
    over = overlay.series if overlay is not None else ()
    signs = []
    if not all(series.trusted.all() for series in (*figure.series, *over)):
        signs.append(f"{glyphs.untrusted} invalid")
    if any(series.provisional.any() for series in figure.series):
        signs.append(f"{glyphs.near_best} still being measured")
    if overlay is not None:
        signs.append(
            f"{glyphs.other} {overlay.name}" + (f" ({glyphs.both} both)" if over else ": nothing of it here")
        )
    return signs


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
                if piece:
                    words = "".join(map(glyphs.fit, piece)) if glyphs.ascii else piece
                    sheet.put_line(row, column, words, role)
                    column += len(piece)
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
        tall = [(bar.column, row) for bar in curve.bars for row in range(bar.low_row, bar.high_row + 1)]
        _draw_points(tall, glyphs.fit("│"), ink(curve.role))
    for curve in layout.plotted:
        _draw_dashes(curve, ink(curve.role), glyphs)
    shared = layout.shared()
    for curves, sign in ((layout.laid_over, glyphs.other), (layout.plotted, glyphs.star)):
        for curve in curves:
            signs: dict[str, list[tuple[int, int]]] = {}
            for star in curve.stars:
                place = star.column, star.row
                usual = glyphs.both if place in shared else sign
                signs.setdefault(_sign(star, usual, glyphs), []).append(place)
            for one, places in signs.items():
                _draw_points(places, one, ink(curve.role))
    built: str = figure.build().string()
    return built


def _sign(star: Star, usual: str, glyphs: Glyphs) -> str:
    if not star.trusted:
        return glyphs.untrusted
    return glyphs.near_best if star.provisional else usual


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
