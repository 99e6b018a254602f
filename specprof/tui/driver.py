"""The terminal under the app: what is written to it, in its own character set, for as long as it is there."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterable
from typing import Any, TextIO

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.drivers.linux_driver import LinuxDriver
from textual.filter import LineFilter

# one character for one: the screen is laid out already
_ASCII = {
    **dict.fromkeys("─━═╌┄┈▔▁▂▃╶╴╺╸╼╾", "-"),
    **dict.fromkeys("│┃║╎┆┊▏▎▍▌▐▕╷╵", "|"),
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯╔╗╚╝╠╣╦╩╬┏┓┗┛┣┫┳┻╋", "+"),
    **dict.fromkeys("▄▅▆▇█▀▓▒▰■", "#"),
    **dict.fromkeys("░▱□", "."),
    **dict.fromkeys("★✶●◆◉⬤•", "*"),
    **dict.fromkeys("☆○◇◌◈", "o"),
    **dict.fromkeys("▸▶►→❯›»", ">"),
    **dict.fromkeys("◂◀◄←❮‹«", "<"),
    **dict.fromkeys("▲↑△⌃", "^"),
    **dict.fromkeys("▼↓▽⌄", "v"),
    **dict.fromkeys("×✕✗╳", "x"),
    **dict.fromkeys("‘’", "'"),
    **dict.fromkeys("“”", '"'),
    **dict.fromkeys("–—−‐‑", "-"),
    "±": "~", "·": ".", "…": ".", "°": " ", "≥": ">", "≤": "<", "≈": "~", "◐": "?", "✓": "v", "⏎": "^",
    "⠒": "-", "\xa0": " ", "⏸": "=", "⏵": ">",
}  # fmt: skip


class _Ascii(dict[int, str]):
    """A table for str.translate: what has no counterpart is a `?`, a braille cell a dot."""

    def __missing__(self, code: int) -> str:
        if code < 128:
            return chr(code)
        return "." if 0x2800 <= code < 0x2900 else "?"


_TO_ASCII = _Ascii({ord(sign): ascii_sign for sign, ascii_sign in _ASCII.items()})


def ascii_only(data: str) -> str:
    """`data` with one ASCII character for each other one, so that columns stay where they are."""
    return data if data.isascii() else data.translate(_TO_ASCII)


class _Outlet:
    """The stream to the terminal. Once that is gone nothing written to it matters any more.

    Textual's writer thread would die of the first error, and everybody who writes would wait for it.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.gone = False

    def write(self, data: str) -> int:
        if not self.gone:
            try:
                return self._stream.write(data)
            except (OSError, ValueError):
                self.gone = True
        return len(data)

    def flush(self) -> None:
        if not self.gone:
            try:
                self._stream.flush()
            except (OSError, ValueError):
                self.gone = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class TerminalDriver(LinuxDriver):
    """Textual's driver, that outlives its terminal and writes ASCII where it has nothing else."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._file = _Outlet(self._file)  # type: ignore[assignment, arg-type]

    def start_application_mode(self) -> None:
        super().start_application_mode()  # type: ignore[no-untyped-call]
        # as a callback of the loop: handled in the middle of whatever that was doing, one quick resize in
        # some hundred was seen only with the next key
        resized = signal.getsignal(signal.SIGWINCH)
        if callable(resized):
            asyncio.get_running_loop().add_signal_handler(signal.SIGWINCH, resized, signal.SIGWINCH, None)

    def _disable_mouse_support(self) -> None:
        super()._disable_mouse_support()
        if self._mouse and self._writer_thread is not None:
            self.write("\x1b[?1016l")  # textual switches pixels on where it can, and never off

    def write(self, data: str) -> None:
        if self._writer_thread is None:
            return  # after the end, or before a start that failed
        super().write(data)

    def _sigcont_application(self, *_: object) -> None:
        if self._must_signal_resume:
            super()._sigcont_application()
        else:
            # stopped without a word, by SIGSTOP: the screen was not given up, and a second thread that
            # reads the keyboard would take every other key. The window may have another size by now
            os.kill(os.getpid(), signal.SIGWINCH)
            self._app.call_later(self._app.refresh)

    def _run_input_thread(self) -> None:
        try:
            self.run_input_thread()
        except OSError:  # EIO: the terminal is gone, and the signal that says so is on its way
            return
        except BaseException:
            super()._run_input_thread()


class AsciiDriver(TerminalDriver):
    """For terminals whose character set has no more."""

    def write(self, data: str) -> None:
        super().write(ascii_only(data))


class WithoutColour(LineFilter):
    """NO_COLOR: no colour at all. What stands on another ground than its surroundings is reversed."""

    def __init__(self, grounds: Iterable[str]) -> None:
        super().__init__()
        self.grounds = frozenset(ground.lower() for ground in grounds)

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(text, self._plain(style), control) for text, style, control in segments]

    def _plain(self, style: Style | None) -> Style | None:
        if style is None:
            return None
        ground = style.bgcolor
        lifted = ground is not None and ground.triplet is not None and ground.triplet.hex not in self.grounds
        return Style(
            bold=style.bold,
            italic=style.italic,
            underline=style.underline,
            strike=style.strike,
            reverse=True if lifted else style.reverse,
        )


def leave_terminal(descriptor: int) -> None:
    """Writes what puts a terminal back, for an end at which the driver could not do it."""
    off = "\x1b[?2026l\x1b[<u\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1016l\x1b[?1006l"
    off += "\x1b[?2004l\x1b[?1004l\x1b[?2048l"
    try:
        os.write(descriptor, (off + "\x1b[?7h\x1b[?1049l\x1b[?25h\x1b[0m").encode())
    except OSError:
        return
