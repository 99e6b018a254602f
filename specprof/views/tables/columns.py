"""Tables column by column: each knows its width, so that a narrow terminal can do without some."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from rich import box
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from specprof.views.glyphs import Glyphs
from specprof.views.palette import Palette, Role

_GAP = 2
"""Characters between two columns."""

_NARROW_GAP = 1

_RULED = box.Box("    \n    \n ── \n    \n    \n    \n    \n    \n")
_RULED_ASCII = box.Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)


class Line(NamedTuple):
    value: str
    error: str
    role: Role


@dataclass
class Column:
    """Lines of a value and its ±, which stand aligned below each other."""

    header: str
    left: bool = False
    lines: list[Line] = field(default_factory=list)

    def add(self, value: str, error: str = "", role: Role = "text") -> None:
        self.lines.append(Line(value, error, role))

    @property
    def _widths(self) -> tuple[int, int]:
        """Of the values, and of the ± with the space before it."""
        value = max((cell_len(line.value) for line in self.lines), default=0)
        error = max((cell_len(line.error) for line in self.lines), default=0)
        return value, error + (error > 0)

    @property
    def width(self) -> int:
        return max(sum(self._widths), *map(cell_len, self.header.split("\n")))

    def head(self, palette: Palette) -> Text:
        lines = [self._pushed(line, self.width) for line in self.header.split("\n")]
        return Text("\n".join(lines), palette.style("muted"))

    def texts(self, palette: Palette) -> list[Text]:
        """The lines, each as wide as the column."""
        _, error = self._widths
        width = self.width - error
        found = []
        for line in self.lines:
            value = self._pushed(line.value, width)
            behind = " " * (error - cell_len(line.error)) + line.error
            found.append(Text.assemble((value, palette.style(line.role)), (behind, palette.style("muted"))))
        return found

    def _pushed(self, words: str, width: int) -> str:
        spaces = " " * (width - cell_len(words))
        return words + spaces if self.left else spaces + words


def fitting(columns: Sequence[Column], dispensable: Sequence[Column], width: int) -> list[Column]:
    """The columns without as many of the dispensable ones, in their order, as it takes to fit in `width`.

    The last of them goes only where narrow gaps do not save it.
    """
    kept = list(columns)
    for column in dispensable:
        gap = _NARROW_GAP if column is dispensable[-1] else _GAP
        if _width(kept, gap) > width:
            kept = [one for one in kept if one is not column]
    return kept


def _width(columns: Sequence[Column], gap: int) -> int:
    return sum(column.width + gap for column in columns) - gap


def ruled(
    columns: Sequence[Column], ends: Collection[int], width: int, palette: Palette, glyphs: Glyphs
) -> Table:
    """The table, with a blank line after each line of `ends`. Too wide for `width`, it is cut."""
    gap = _GAP if _width(columns, _GAP) <= width else _NARROW_GAP
    table = Table(
        box=_RULED_ASCII if glyphs.ascii else _RULED,
        show_edge=False,
        pad_edge=False,
        collapse_padding=True,
        padding=(0, gap - 1, 0, 0),
        border_style=palette.style("grid"),
    )
    for column in columns:
        table.add_column(column.head(palette), no_wrap=True, overflow="crop", vertical="bottom")
    lines = list(zip(*(column.texts(palette) for column in columns), strict=True))
    for index, line in enumerate(lines):
        table.add_row(*line, end_section=index in ends and index < len(lines) - 1)
    return table


def notes_grid(notes: Iterable[tuple[str, str]], palette: Palette, glyphs: Glyphs) -> Table:
    """Notes, each behind its mark, wrapped beside it."""
    grid = Table.grid(padding=(0, 1, 0, 0), pad_edge=False)
    grid.add_column(no_wrap=True, justify="right")
    grid.add_column(overflow="fold")
    for mark, words in notes:
        grid.add_row(
            Text(glyphs.fit(mark), palette.style("muted")), Text(glyphs.fit(words), palette.style("muted"))
        )
    return grid
