"""The curves on screen: a drawing, made again only when it, the size or the look has changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from specprof.tui.look import Look, look_of
from specprof.views.curves.drawing import Drawing, Mark

Draw = Callable[[int, int, Look], Drawing | None]
"""Draws in so many columns and rows; None where that is too small."""


@dataclass(frozen=True)
class Picture:
    """Something to draw. Two pictures of equal `key` look alike."""

    key: object
    draw: Draw


class CurvesPlot(Widget):
    """Shows a picture; the point it is told to point at stands in a crosshair."""

    @dataclass
    class Clicked(Message):
        """A place of the drawing was clicked: the mark nearest to it."""

        mark: Mark

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._picture: Picture | None = None
        self._drawn: tuple[object, Drawing | None] | None = None
        self._strips: dict[int, Strip] = {}
        self._pointed: tuple[int, int] | None = None

    def show(self, picture: Picture | None) -> None:
        old = self._picture.key if self._picture else None
        new = picture.key if picture else None
        self._picture = picture
        if old != new:
            self.refresh()

    def point_at(self, place: tuple[int, int] | None) -> None:
        """Puts the crosshair on the point of a sequence length and K, or takes it away."""
        if place != self._pointed:
            self._pointed = place
            self._strips.clear()
            self.refresh()

    @property
    def cursor(self) -> Mark | None:
        """The point under the crosshair, where it is drawn at present."""
        drawing = self.drawing
        if self._pointed is None or drawing is None:
            return None
        return next((m for m in drawing.marks if (m.seq_len, m.candidates) == self._pointed), None)

    def on_click(self, event: events.Click) -> None:
        drawing = self.drawing
        if drawing is not None and drawing.marks:
            # a row is about as high as two columns are wide
            nearest = min(
                drawing.marks, key=lambda m: (m.column - event.x) ** 2 + (2 * (m.row - event.y)) ** 2
            )
            self.post_message(self.Clicked(nearest))

    @property
    def drawing(self) -> Drawing | None:
        """The picture at the present size and in the present look."""
        look = look_of(self)
        width, height = self.size
        key = (self._picture.key if self._picture else None, width, height, look)
        if self._drawn is None or self._drawn[0] != key:
            picture = self._picture
            self._drawn = key, picture.draw(width, height, look) if picture and width and height else None
            self._strips.clear()
        return self._drawn[1]

    def render_line(self, y: int) -> Strip:
        drawing = self.drawing
        base = self.rich_style
        if drawing is None or y >= drawing.height:
            return Strip.blank(self.size.width, base)
        strip = self._strips.get(y)
        if strip is None:
            strip = self._strips[y] = self._strip(drawing, y, base)
        return strip

    def _strip(self, drawing: Drawing, y: int, base: Style) -> Strip:
        palette = look_of(self).palette
        cursor = self.cursor
        if cursor is None:
            segments = [
                Segment(words, base + palette.style(role, bold=role == "title"))
                for words, role in drawing.runs(y)
            ]
        else:
            segments = self._with_crosshair(drawing, y, base, cursor)
        return Strip(segments).adjust_cell_length(self.size.width, base)

    def _with_crosshair(self, drawing: Drawing, y: int, base: Style, cursor: Mark) -> list[Segment]:
        """The line with the cross over what was blank there, and the point itself reversed."""
        look = look_of(self)
        cross = look.glyphs.separator if not look.glyphs.ascii else "."
        left = min(mark.column for mark in drawing.marks)
        top, bottom = min(mark.row for mark in drawing.marks), max(mark.row for mark in drawing.marks)
        found = []
        for x, (sign, role) in enumerate(zip(drawing.characters[y], drawing.roles[y], strict=True)):
            style = base + look.palette.style(role, bold=role == "title")
            across = y == cursor.row and left <= x < cursor.column
            along = x == cursor.column and top <= y <= bottom
            if (y, x) == (cursor.row, cursor.column):
                style += Style(bold=True, reverse=True)
            elif sign == " " and (across or along):
                sign, style = cross, base + look.palette.style("muted")
            found.append(Segment(sign, style))
        return found
