"""What a program has switched on in the terminal and not off again."""

from __future__ import annotations

import termios
from typing import Any

from .sequences import Escape

PRIVATE = {
    1: "application cursor keys",
    5: "reverse video",
    6: "origin mode",
    7: "line wrap",
    9: "mouse reports",
    25: "cursor",
    47: "alternate screen",
    66: "application keypad",
    69: "left and right margins",
    1000: "mouse reports",
    1001: "mouse reports",
    1002: "mouse reports",
    1003: "mouse reports",
    1004: "focus reports",
    1005: "mouse coordinates",
    1006: "mouse coordinates",
    1007: "wheel as arrow keys",
    1015: "mouse coordinates",
    1016: "mouse coordinates",
    1047: "alternate screen",
    1049: "alternate screen",
    2004: "bracketed paste",
    2026: "synchronised output",
    2027: "grapheme clusters",
    2031: "colour scheme reports",
    2048: "in-band resize",
}
AS_FOUND = {7: True, 25: True}
ALTERNATE = frozenset({47, 1047, 1049})
SYNCHRONISED = 2026
CURSOR_KEYS = 1
BRACKETED_PASTE = 2004
IN_BAND_RESIZE = 2048
SGR_MOUSE = 1006


class Modes:
    """The terminal's switches, moved by the sequences it is told."""

    def __init__(self) -> None:
        self._private: dict[int, bool] = {}
        self._told: dict[str, str] = {}
        self._keyboard: list[int] = []

    def on(self, mode: int) -> bool:
        """Whether DEC private mode `mode` is set."""
        return self._private.get(mode, AS_FOUND.get(mode, False))

    @property
    def alternate_screen(self) -> bool:
        return any(self.on(mode) for mode in ALTERNATE)

    def told(self, escape: Escape) -> None:
        """Takes `escape` into account."""
        name, numbers = escape.name, escape.numbers if escape.kind == "CSI" else ()
        if name in ("CSI ?h", "CSI ?l"):
            for mode in numbers:
                if mode in ALTERNATE:
                    self._private.update(dict.fromkeys(ALTERNATE, False))
                self._private[mode] = name == "CSI ?h"
        elif name == "CSI >u":
            self._keyboard.append(numbers[0] if numbers else 0)
        elif name == "CSI <u":
            count = (numbers[0] if numbers else 0) or 1
            del self._keyboard[-count:]
        elif name == "CSI =u":
            self._keyboard = [*self._keyboard[:-1], numbers[0] if numbers else 0]
        elif name in ("CSI h", "CSI l") and 4 in numbers:
            self._say("insert mode", "on" if name == "CSI h" else "")
        elif name in ("ESC =", "ESC >"):
            self._private[66] = name == "ESC ="
        elif name == "CSI r":
            self._say("scroll region", escape.body)
        elif name == "CSI  q":
            self._say("cursor shape", escape.body.strip() if numbers and numbers[0] else "")
        elif name == "CSI >m" and numbers[:1] == (4,):
            self._say("modified keys", escape.body if sum(numbers[1:]) else "")
        elif escape.kind == "OSC":
            self._osc(*escape.body.partition(";")[::2])
        elif name in ("ESC c", "CSI !p"):
            self.__init__()  # type: ignore[misc]

    def _osc(self, code: str, value: str) -> None:
        if code == "22":
            self._say("pointer shape", "" if value in ("", "default") else value)
        elif code in ("10", "11", "12") and value != "?":
            self._say(f"colour {code}", value)
        elif code in ("110", "111", "112"):
            self._say(f"colour {code[1:]}", "")

    def _say(self, what: str, value: str) -> None:
        self._told[what] = value

    def changed(self) -> list[str]:
        """What differs from a terminal that nobody has touched, a line each."""
        lines = []
        for mode, value in sorted(self._private.items()):
            if value != AS_FOUND.get(mode, False):
                lines.append(f"{PRIVATE.get(mode, 'unknown mode')} {'on' if value else 'off'} (?{mode})")
        if self._keyboard:
            lines.append(f"kitty keyboard flags {self._keyboard} on")
        return lines + [f"{what} set: {value}" for what, value in self._told.items() if value]


_FLAGS = {
    0: ("IGNBRK", "BRKINT", "PARMRK", "ISTRIP", "INLCR", "IGNCR", "ICRNL", "IXON", "IXOFF", "IXANY"),
    1: ("OPOST", "ONLCR", "OCRNL", "ONOCR", "ONLRET"),
    3: ("ISIG", "ICANON", "ECHO", "ECHOE", "ECHOK", "ECHONL", "NOFLSH", "TOSTOP", "IEXTEN"),
}


def settings_changed(before: list[Any], after: list[Any]) -> list[str]:
    """How two answers of `termios.tcgetattr` differ, a line each."""
    lines = []
    for word, names in _FLAGS.items():
        differ = before[word] ^ after[word]
        for name in names:
            flag = getattr(termios, name)
            if differ & flag:
                lines.append(f"termios {name} {'on' if after[word] & flag else 'off'}")
                differ &= ~flag
        if differ:
            lines.append(f"termios word {word} differs by {differ:#x}")
    if before[2] != after[2] or before[4:6] != after[4:6]:
        lines.append("termios line speed or character size differs")
    if before[6] != after[6]:
        lines.append("termios control characters differ")
    return lines
