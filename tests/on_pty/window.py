"""A program in a terminal, and what a person sees there."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from . import modes as m
from .emulator import Cell, Emulator
from .frames import LEAST, Frame, Output, Resized, blank, frames_of
from .line import Line, Stream

UPDATE_PATIENCE_S = 1.0
"""How long a terminal keeps the old screen for a synchronised update that does not end."""


class Window:
    """A program in the foreground of a terminal, watched until its line is closed.

    `stdin`, `stdout` and `stderr` are the terminal unless given: a path, a descriptor or PIPE (then read
    with `.stdout` and `.stderr`; stdin's PIPE is /dev/null). `env` is laid over the environment; None
    takes a variable out. `answers`: the terminal answers queries as one of today does; otherwise it is
    silent, like an old one. `in_band_resize`: it has DECSET 2048 too.
    """

    def __init__(
        self,
        arguments: Sequence[str | Path],
        *,
        columns: int = 120,
        rows: int = 40,
        env: Mapping[str, str | None] | None = None,
        cwd: str | Path | None = None,
        stdin: Stream = None,
        stdout: Stream = None,
        stderr: Stream = None,
        answers: bool = True,
        in_band_resize: bool = False,
    ) -> None:
        self._first_size = (columns, rows)
        self._log: list[Output | Resized] = []
        self._begun = self._last = time.monotonic()
        self._answers = answers
        knows = frozenset(m.PRIVATE) - (set() if in_band_resize else {m.IN_BAND_RESIZE})
        self._emulator = Emulator(columns, rows, knows=knows, on_answer=self._answer)
        self._line = Line(
            [str(argument) for argument in arguments],
            size=(columns, rows),
            env=environment(env or {}),
            cwd=cwd,
            streams=(stdin, stdout, stderr),
            on_output=self._came,
        )

    def text(self) -> str:
        """The rows without trailing spaces, joined by newlines; never in the middle of an update."""
        with self._line.changed:
            self._line.changed.wait_for(lambda: not self._updating(), UPDATE_PATIENCE_S)
            if self._line.fault is not None:
                raise RuntimeError("the terminal itself has failed, not the program") from self._line.fault
            return "\n".join(self._emulator.lines())

    def lines(self) -> list[str]:
        """The rows of `text`."""
        return self.text().split("\n")

    def cell(self, row: int, column: int) -> Cell:
        """One cell, counted from 0, or from the end if negative."""
        with self._line.changed:
            return self._emulator.cell(row, column)

    def find(self, text: str) -> tuple[int, int]:
        """Row and column (cells) where `text` stands first. AssertionError where it does not."""
        for row, line in enumerate(self.lines()):
            if (at := line.find(text)) >= 0:
                return row, self._column(row, at)
        raise AssertionError(f"{text!r} is not on the screen\n{self.picture()}")

    def _column(self, row: int, at: int) -> int:
        column = 0
        while at > 0:
            at -= len(self.cell(row, column).char)
            column += 1
        return column

    @property
    def cursor(self) -> tuple[int, int]:
        """Row and column of the cursor."""
        with self._line.changed:
            return self._emulator.cursor

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        return self._emulator.size

    @property
    def titles(self) -> list[str]:
        """The window titles set, in order."""
        return list(self._emulator.titles)

    @property
    def raw(self) -> bytes:
        """All that came to the terminal."""
        with self._line.changed:
            return b"".join(entry.data for entry in self._log if isinstance(entry, Output))

    @property
    def stdout(self) -> bytes:
        """What came through stdout's pipe."""
        return self._line.captured(1)

    @property
    def stderr(self) -> bytes:
        """What came through stderr's pipe."""
        return self._line.captured(2)

    @property
    def pid(self) -> int:
        """The program's."""
        return self._line.pid

    @property
    def exit_code(self) -> int | None:
        """None while the program runs."""
        return self._line.code

    def frames(self) -> list[Frame]:
        """What stood on the screen after each update, see frames_of."""
        with self._line.changed:
            log = list(self._log)
        return frames_of(log, *self._first_size)

    def blank_frames(self, least: int = LEAST) -> list[Frame]:
        """The frames after the app's first paint that had fewer than `least` characters."""
        return blank(self.frames(), least)

    def picture(self) -> str:
        """The screen with a frame around it, for messages."""
        columns, rows = self.size
        shown = "\n".join(f"|{line}" for line in self.text().rstrip("\n").split("\n"))
        state = "runs" if self.exit_code is None else f"ended with {self.exit_code}"
        return f"+-- {columns}x{rows}, the program {state}\n{shown}\n+--"

    # the reader's side; the line holds its lock

    def _came(self, data: bytes) -> None:
        self._last = time.monotonic()
        self._log.append(Output(self._now(), data))
        self._emulator.feed(data)

    def _answer(self, data: bytes) -> None:
        if self._answers:
            self._line.write(data)

    def _updating(self) -> bool:
        return self._emulator.modes.on(m.SYNCHRONISED) and self.exit_code is None

    def _now(self) -> float:
        return time.monotonic() - self._begun


def environment(changes: Mapping[str, str | None]) -> dict[str, str]:
    """This process's, as in a terminal with true colour and UTF-8, with `changes`."""
    strange = re.compile(
        r"NO_COLOR|FORCE_COLOR|COLUMNS|LINES|LC_ALL|TERM_PROGRAM.*|TEXTUAL.*|TMUX.*|STY|PYTEST_.*"
    )
    env = {name: value for name, value in os.environ.items() if not strange.fullmatch(name)}
    env |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
    env |= {name: value for name, value in changes.items() if value is not None}
    return {name: value for name, value in env.items() if changes.get(name, "") is not None}
