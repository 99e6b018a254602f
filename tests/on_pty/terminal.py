"""A terminal with a program in it: a real pty, and what a person would see and do at it."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from types import TracebackType

from . import modes as m
from .emulator import Cell
from .frames import Frame, Resized
from .keys import bytes_of
from .line import PIPE
from .modes import settings_changed
from .window import Window

PATIENCE_S = 20.0
ESCAPE_PAUSE_S = 0.2
"""After Esc: what follows at once would be taken for one key with it."""

Wanted = str | re.Pattern[str] | Callable[["Terminal"], object]

__all__ = ["PIPE", "Cell", "Frame", "Terminal"]


class Terminal(Window):
    """A Window with hands: types, resizes, signals, waits, and says how the terminal is left.

    A context manager. Arguments are Window's.
    """

    # what is done

    def send(self, text: str | bytes) -> None:
        """Types `text` as it is."""
        self._line.write(text.encode() if isinstance(text, str) else text)

    def press(self, *keys: str) -> None:
        """Presses `keys` one after the other, see bytes_of for their names."""
        for key in keys:
            with self._line.changed:
                application = self._emulator.modes.on(m.CURSOR_KEYS)
            self.send(bytes_of(key, application=application))
            if key == "escape":
                time.sleep(ESCAPE_PAUSE_S)

    def paste(self, text: str) -> None:
        """Pastes `text`, in brackets where the program asked for them."""
        with self._line.changed:
            brackets = self._emulator.modes.on(m.BRACKETED_PASTE)
        self.send(f"\x1b[200~{text}\x1b[201~" if brackets else text)

    def click(self, row: int, column: int) -> None:
        """The left button on a cell, counted from 0. AssertionError where the program hears no mouse."""
        with self._line.changed:
            assert self._emulator.modes.on(m.SGR_MOUSE), "the program has not asked for the mouse"
        place = f"{column + 1};{row + 1}"
        self.send(f"\x1b[<0;{place}M\x1b[<0;{place}m")

    def resize(self, columns: int, rows: int) -> None:
        """Another size; the kernel sends SIGWINCH."""
        with self._line.changed:
            self._emulator.resize(columns, rows)
            self._log.append(Resized(self._now(), columns, rows))
            self._line.resize(columns, rows)
            if self._emulator.modes.on(m.IN_BAND_RESIZE):
                self._answer(f"\x1b[48;{rows};{columns};{rows * 16};{columns * 8}t".encode())

    def signal(self, number: int) -> None:
        """Signals the program alone."""
        assert self.exit_code is None, f"the program has ended with {self.exit_code} already"
        os.kill(self.pid, number)

    def hang_up(self) -> None:
        """Closes the window: SIGHUP, and no terminal any more.

        Words on the screen do not say that the program's write has returned: it may fail with EIO then.
        """
        self._line.hang_up()

    def to_foreground(self) -> None:
        """The shell's `fg`."""
        self._line.to_foreground()

    # what is waited for

    def wait_for(self, wanted: Wanted, within_s: float = PATIENCE_S) -> str:
        """The text of the screen once `wanted` is there: words, a pattern, or what answers true.

        AssertionError after `within_s`, or once the program has ended without it.
        """
        deadline = time.monotonic() + within_s
        while True:
            with self._line.changed:
                came, ended = self._last, self.exit_code is not None
            if (text := self._sees(wanted)) is not None:
                return text
            left = deadline - time.monotonic()
            if ended or left <= 0:
                what = getattr(wanted, "pattern", None) or getattr(wanted, "__name__", repr(wanted))
                why = "the program ended" if ended else f"{within_s:g} s passed"
                raise AssertionError(f"{why} without {what}\n{self.picture()}")
            # a callable may look at other things than the screen
            self._wait_for_more(came, min(left, 0.05 if callable(wanted) else left))

    def _wait_for_more(self, came: float, within_s: float) -> None:
        with self._line.changed:
            self._line.changed.wait_for(
                lambda: self._last != came or self.exit_code is not None or self._line.fault, within_s
            )

    def _sees(self, wanted: Wanted) -> str | None:
        text = self.text()
        if isinstance(wanted, str):
            found: object = wanted in text
        elif isinstance(wanted, re.Pattern):
            found = wanted.search(text)
        else:
            found = wanted(self)
        return text if found else None

    def wait_quiet(self, for_s: float = 0.3, within_s: float = PATIENCE_S) -> str:
        """The text of the screen once nothing has come for `for_s`, from now on.

        AssertionError after `within_s`. For looking only: a test that waits for words is surer.
        """
        since = begun = time.monotonic()
        with self._line.changed:
            while (left := since + for_s - time.monotonic()) > 0 and self.exit_code is None:
                if time.monotonic() > begun + within_s:
                    raise AssertionError(f"the screen still changes after {within_s:g} s")
                self._line.changed.wait(left)
                since = max(begun, self._last)
        return self.text()

    def wait_exit(self, within_s: float = PATIENCE_S) -> int:
        """The exit code, 128 + n for signal n, once the program and its pipes have ended.

        AssertionError after `within_s`.
        """
        with self._line.changed:
            if not self._line.changed.wait_for(lambda: self._line.over, within_s):
                held = "" if self.exit_code is None else "; somebody still holds its pipe"
                problem = f"not over after {within_s:g} s{held}"
            else:
                assert self.exit_code is not None
                return self.exit_code
        raise AssertionError(f"{problem}\n{self.picture()}")

    def wait_stopped(self, within_s: float = PATIENCE_S) -> int:
        """The signal that has stopped the program (Ctrl+Z). AssertionError after `within_s`."""
        with self._line.changed:
            if self._line.changed.wait_for(lambda: self._line.stopped is not None, within_s):
                assert self._line.stopped is not None
                return self._line.stopped
        raise AssertionError(f"not stopped after {within_s:g} s\n{self.picture()}")

    # how it is left

    def modes(self) -> list[str]:
        """What is not as it was found: switches of the terminal, its settings. A line each."""
        with self._line.changed:
            changed = self._emulator.changed()
        return changed + settings_changed(self._line.settings_before, self._line.settings())

    def terminal_left_as_found(self) -> bool:
        """Whether nothing is left switched on, coloured or set otherwise than before."""
        return not self.modes()

    def assert_restored(self) -> None:
        """AssertionError that says what the program has left behind in the terminal."""
        left = self.modes()
        if left:
            listed = "\n".join(f"  {line}" for line in left)
            raise AssertionError(f"the terminal is left with:\n{listed}\nlast bytes: {self.raw[-200:]!r}")

    def close(self) -> None:
        """Ends what still runs in the terminal's session, and the terminal."""
        self._line.close()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
