"""A drawing: a matrix of characters, each with its role. Colours come last, so a theme can change them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from rich.cells import cell_len
from rich.text import Text

from specprof.views.palette import Palette, Role


class Mark(NamedTuple):
    """Where a measured point is drawn: row and column of the drawing, from the top left."""

    seq_len: int
    candidates: int
    row: int
    column: int
    provisional: bool = False
    """Whether it is still being measured and may move."""


@dataclass(frozen=True)
class Drawing:
    """`characters` and `roles` are `[height][width]`; the cell after a wide character is empty."""

    characters: tuple[tuple[str, ...], ...]
    roles: tuple[tuple[Role, ...], ...]
    marks: tuple[Mark, ...]
    palette: Palette
    laid_over: tuple[Mark, ...] = ()
    """The points of a second run, where the first has none in the same cell."""

    @property
    def width(self) -> int:
        return len(self.characters[0])

    @property
    def height(self) -> int:
        return len(self.characters)

    def runs(self, row: int) -> list[tuple[str, Role]]:
        """One line as stretches of one role each: what a widget makes its segments from."""
        cells = zip(self.characters[row], self.roles[row], strict=True)
        return [
            ("".join(sign for sign, _ in run), role) for role, run in groupby(cells, lambda cell: cell[1])
        ]

    def plain(self) -> list[str]:
        """The lines without colour, and without spaces at their ends."""
        return ["".join(line).rstrip() for line in self.characters]

    def rich(self, palette: Palette | None = None) -> Text:
        """The drawing in the colours of `palette`, or of the one that it was made with."""
        palette = palette or self.palette
        shown = Text(no_wrap=True, overflow="crop", end="")
        for row in range(self.height):
            for words, role in self._trimmed(row):
                shown.append(words, palette.style(role, bold=role == "title"))
            shown.append("\n")
        return shown

    def _trimmed(self, row: int) -> Iterator[tuple[str, Role]]:
        runs = self.runs(row)
        while runs and not runs[-1][0].strip():
            runs.pop()
        for index, (words, role) in enumerate(runs):
            yield (words.rstrip() if index == len(runs) - 1 else words), role


class Sheet:
    """A drawing in the making. Writing outside it is left out."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._characters = [[" "] * width for _ in range(height)]
        self._roles: list[list[Role]] = [["text"] * width for _ in range(height)]

    def put(self, row: int, column: int, character: str, role: Role) -> None:
        """One character, of width 1."""
        if 0 <= row < self.height and 0 <= column < self.width:
            self._characters[row][column] = character
            self._roles[row][column] = role

    def put_line(self, row: int, column: int, characters: str, role: Role) -> None:
        """Characters of width 1 side by side, from inside the sheet on."""
        characters = characters[: self.width - column]
        self._characters[row][column : column + len(characters)] = characters
        self._roles[row][column : column + len(characters)] = [role] * len(characters)

    def write(self, row: int, column: int, words: str, role: Role) -> None:
        """Words that are clean and fit: see `Glyphs.fit` and `lines.cut`."""
        for character in words:
            size = cell_len(character)
            if size == 0 or column + size > self.width:
                continue
            self.put(row, column, character, role)
            for extra in range(1, size):
                self.put(row, column + extra, "", role)
            column += size

    def blank(self, row: int, column: int, height: int, width: int) -> None:
        for y in range(row, row + height):
            for x in range(column, column + width):
                self.put(y, x, " ", "text")

    def finish(self, marks: tuple[Mark, ...], palette: Palette, laid_over: tuple[Mark, ...] = ()) -> Drawing:
        characters, roles = tuple(map(tuple, self._characters)), tuple(map(tuple, self._roles))
        return Drawing(characters, roles, marks, palette, laid_over)
