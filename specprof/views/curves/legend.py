"""The legend: in a corner of the plot where it hides nothing, or else in lines below it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from specprof.views.curves.drawing import Sheet
from specprof.views.glyphs import Glyphs
from specprof.views.palette import Role

KEY_WIDTH = 3
GAP = 3
"""Between two entries of one line."""


class Place(NamedTuple):
    """Top left corner, in cells of the plot, rows counted downwards."""

    row: int
    column: int


class Entry(NamedTuple):
    key: str
    """How the curve is drawn, in `KEY_WIDTH` characters."""
    words: str
    role: Role

    @property
    def width(self) -> int:
        return KEY_WIDTH + 1 + len(self.words)


def clear_place(taken: NDArray[np.bool_], height: int, width: int) -> Place | None:
    """A place of `height` × `width` cells in the plot `[rows, columns]` where nothing is `taken`.

    Top right if it is free, as published; else as low as it goes on the right; else along the top edge,
    as far to the right as it goes. None where all of these hide something.
    """
    rows, columns = taken.shape
    if not (0 < height <= rows and 0 < width <= columns):
        return None
    right = columns - width
    on_the_right = [(0, right), *((row, right) for row in range(rows - height, 0, -1))]
    for row, column in [*on_the_right, *((0, column) for column in range(right - 1, -1, -1))]:
        if not taken[row : row + height, column : column + width].any():
            return Place(row, column)
    return None


def lines_of(widths: Sequence[int], width: int) -> list[list[int]]:
    """Entries of these `widths` set in aligned columns, by index, in as few lines as fit in `width`."""
    if not widths:
        return []
    per_line = max(1, (width + GAP) // (max(widths) + GAP))
    lines = math.ceil(len(widths) / per_line)
    per_line = math.ceil(len(widths) / lines)
    return [
        list(range(first, min(first + per_line, len(widths)))) for first in range(0, len(widths), per_line)
    ]


@dataclass(frozen=True)
class Legend:
    """`title` stands in the upper border of the frame."""

    entries: Sequence[Entry]
    title: str = ""

    @property
    def _inner(self) -> int:
        """Width inside the frame."""
        return 2 + max(len(self.title), *(entry.width for entry in self.entries))

    def place(self, taken: NDArray[np.bool_]) -> Place | None:
        """Where the framed legend, with a free column on either side, fits into the plot."""
        return clear_place(taken, len(self.entries) + 2, self._inner + 4) if self.entries else None

    def write_framed(self, sheet: Sheet, top: int, left: int, glyphs: Glyphs) -> None:
        """The legend in its frame; `top` and `left` are its corner with the free column."""
        inner, last = self._inner, top + len(self.entries) + 1
        sheet.blank(top, left, len(self.entries) + 2, inner + 4)
        left += 1
        line, side = glyphs.fit("─") * inner, glyphs.fit("│")
        sheet.write(top, left, glyphs.fit("╭") + line + glyphs.fit("╮"), "grid")
        if self.title:
            sheet.write(top, left + 1, f" {self.title} ", "muted")
        sheet.write(last, left, glyphs.fit("╰") + line + glyphs.fit("╯"), "grid")
        for row, entry in enumerate(self.entries, start=top + 1):
            sheet.write(row, left, side, "grid")
            _write_entry(sheet, row, left + 2, entry)
            sheet.write(row, left + inner + 1, side, "grid")

    def write_lines(self, sheet: Sheet, top: int, lines: int, glyphs: Glyphs) -> None:
        """The legend in at most `lines` lines from `top` on, with an ellipsis where they are too few."""
        widths = [entry.width for entry in self.entries]
        pitch, wanted = max(widths) + GAP, lines_of(widths, sheet.width)
        margin = max(0, (sheet.width - pitch * len(wanted[0]) + GAP) // 2)
        for row, line in enumerate(wanted[:lines]):
            for place, index in enumerate(line):
                _write_entry(sheet, top + row, margin + place * pitch, self.entries[index])
        if len(wanted) > lines:
            sheet.write(top + lines - 1, sheet.width - len(glyphs.ellipsis), glyphs.ellipsis, "muted")


def _write_entry(sheet: Sheet, row: int, column: int, entry: Entry) -> None:
    sheet.write(row, column, entry.key, entry.role)
    sheet.write(row, column + KEY_WIDTH + 1, entry.words, "text")
