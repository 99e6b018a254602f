"""A terminal's screen: pyte's, with what pyte lacks for programs of today."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import pyte
from wcwidth import wcwidth

from . import modes as m
from .sequences import Cutter, Escape

_PYTE_MODES = frozenset({5, 6, 7, 25})
_CONTROLS = re.compile("([\x00-\x1f\x7f])")
_PRINTABLE = re.compile("[ -~]*")
_REPORTS = ("report_device_status", "report_device_attributes")


@dataclass(frozen=True)
class Cell:
    """One cell: `foreground` and `background` are six hex digits, a name (`red`) or `default`."""

    char: str
    foreground: str
    background: str
    bold: bool
    italic: bool
    underline: bool
    reverse: bool


class Emulator:
    """The screen that `feed` has drawn so far.

    `on_answer` is called with the bytes a terminal sends back for a query; `on_update` and `on_frame`
    when a synchronised update (DECSET 2026) begins and has ended. `knows` are the private modes that it
    answers for as recognised.
    """

    def __init__(
        self,
        columns: int,
        rows: int,
        *,
        knows: frozenset[int] = frozenset(m.PRIVATE),
        on_answer: Callable[[bytes], None] = lambda _: None,
        on_update: Callable[[], None] = lambda: None,
        on_frame: Callable[[], None] = lambda: None,
    ) -> None:
        self.modes = m.Modes()
        self.titles: list[str] = []
        self._screen = pyte.Screen(columns, rows)
        self._cutter = Cutter()
        self._knows = knows
        self._on_answer = on_answer
        self._on_update = on_update
        self._on_frame = on_frame
        self._kept: tuple[defaultdict, pyte.screens.Cursor] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        return self._screen.columns, self._screen.lines

    @property
    def cursor(self) -> tuple[int, int]:
        """Row and column, from 0."""
        return self._screen.cursor.y, self._screen.cursor.x

    def lines(self) -> list[str]:
        """The rows as text without trailing spaces; a wide character counts once."""
        columns, rows = self.size
        buffer = self._screen.buffer
        return ["".join(buffer[y][x].data for x in range(columns)).rstrip() for y in range(rows)]

    def cell(self, row: int, column: int) -> Cell:
        """The cell at `row` and `column`, from 0; from the end if negative. IndexError outside."""
        columns, rows = self.size
        found = self._screen.buffer[range(rows)[row]][range(columns)[column]]
        return Cell(
            found.data, found.fg, found.bg, found.bold, found.italics, found.underscore, found.reverse
        )

    def filled(self) -> int:
        """How many cells show something other than a space."""
        return sum(len(line) - line.count(" ") for line in self.lines())

    def changed(self) -> list[str]:
        """What the program has left switched on, see Modes.changed; and colours of text to come."""
        pen = self._screen.cursor.attrs._replace(data=" ")
        return self.modes.changed() + ([] if pen == self._screen.default_char else [f"text drawn as {pen}"])

    def resize(self, columns: int, rows: int) -> None:
        """Another size; rows that no longer fit go from the bottom of the alternate screen, as in xterm."""
        if self.modes.alternate_screen:
            for row in [row for row in self._screen.buffer if row >= rows]:
                del self._screen.buffer[row]
            self._screen.lines = rows
            self._screen.cursor.y = min(self._screen.cursor.y, rows - 1)
        self._screen.resize(rows, columns)
        self._screen.cursor.x = min(self._screen.cursor.x, columns - 1)

    def feed(self, data: bytes) -> None:
        for piece in self._cutter.cut(data):
            if isinstance(piece, str):
                self._draw(piece)
            else:
                self._obey(piece)

    def _draw(self, text: str) -> None:
        for part in _CONTROLS.split(text):
            if part in pyte.Stream.basic and part not in "\x0e\x0f":
                getattr(self._screen, pyte.Stream.basic[part])()
            elif part and not _CONTROLS.match(part):
                # pyte forgets the rest of a text after a character of no width
                plain = _PRINTABLE.fullmatch(part)
                self._screen.draw(part if plain else "".join(filter(_has_place, part)))

    def _obey(self, escape: Escape) -> None:
        if escape.name in ("CSI ?h", "CSI ?l"):
            self._switch(escape)
            return
        self.modes.told(escape)
        if escape.kind == "CSI":
            self._answer(escape)
            method = pyte.Stream.csi.get(escape.final)
            # pyte would take `CSI > 4 m` for underlined text
            if method and re.fullmatch("[0-9;]*", escape.body) and _known(method, escape.numbers):
                getattr(self._screen, method)(*_parameters(method, escape.numbers))
        elif escape.kind == "ESC" and escape.body in pyte.Stream.escape:
            getattr(self._screen, pyte.Stream.escape[escape.body])()
        elif escape.kind == "OSC" and escape.body.partition(";")[0] in ("0", "1", "2"):
            self.titles.append(escape.body.partition(";")[2])

    def _switch(self, escape: Escape) -> None:
        updating, alternate = self.modes.on(m.SYNCHRONISED), self.modes.alternate_screen
        if escape.final == "h" and m.SYNCHRONISED in escape.numbers and not updating:
            self._on_update()
        self.modes.told(escape)
        for mode in _PYTE_MODES.intersection(escape.numbers):
            (self._screen.set_mode if escape.final == "h" else self._screen.reset_mode)(mode, private=True)
        if self.modes.alternate_screen != alternate:
            self._other_screen(clear=not alternate)
        if updating and not self.modes.on(m.SYNCHRONISED):
            self._on_frame()

    def _other_screen(self, *, clear: bool) -> None:
        screen = self._screen
        if clear:
            self._kept = screen.buffer, screen.cursor
            screen.buffer = defaultdict(screen.buffer.default_factory)
            screen.cursor = pyte.screens.Cursor(screen.cursor.x, screen.cursor.y, screen.cursor.attrs)
        elif self._kept is not None:
            hidden = screen.cursor.hidden
            screen.buffer, screen.cursor = self._kept
            screen.cursor.hidden = hidden
            screen.cursor.y = min(screen.cursor.y, screen.lines - 1)
            screen.cursor.x = min(screen.cursor.x, screen.columns - 1)

    def _answer(self, escape: Escape) -> None:
        numbers = escape.numbers
        if escape.name == "CSI ?$p" and numbers:
            state = (1 if self.modes.on(numbers[0]) else 2) if numbers[0] in self._knows else 0
            self._on_answer(f"\x1b[?{numbers[0]};{state}$y".encode())
        elif escape.name == "CSI c" and not any(numbers):
            self._on_answer(b"\x1b[?62;22c")
        elif escape.name == "CSI n" and numbers == (5,):
            self._on_answer(b"\x1b[0n")
        elif escape.name == "CSI n" and numbers == (6,):
            row, column = self.cursor
            self._on_answer(f"\x1b[{row + 1};{column + 1}R".encode())


def _has_place(char: str) -> bool:
    return wcwidth(char) > 0 or bool(unicodedata.combining(char))


def _known(method: str, numbers: tuple[int, ...]) -> bool:
    """Terminals ignore a way to erase that there is not; pyte falls over it. Reports are answered here."""
    if method in _REPORTS:
        return False
    last = {"erase_in_display": 3, "erase_in_line": 2}.get(method)
    return last is None or not numbers or numbers[0] <= last


def _parameters(method: str, numbers: tuple[int, ...]) -> tuple[int, ...]:
    """As many as pyte's `method` takes, and as large as a terminal takes: it ignores the rest."""
    numbers = tuple(min(number, 9999) for number in numbers)
    if method in ("select_graphic_rendition", "set_mode", "reset_mode"):
        return numbers or ((0,) if method == "select_graphic_rendition" else ())
    return numbers[:2] if method in ("cursor_position", "set_margins") else numbers[:1]
