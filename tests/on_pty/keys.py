"""What a terminal sends for a key (xterm's defaults)."""

from __future__ import annotations

_SIMPLE = {
    "enter": "\r",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "escape": "\x1b",
    "space": " ",
    "backspace": "\x7f",
    "insert": "\x1b[2~",
    "delete": "\x1b[3~",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "f1": "\x1bOP",
    "f2": "\x1bOQ",
    "f3": "\x1bOR",
    "f4": "\x1bOS",
    "f5": "\x1b[15~",
    "f6": "\x1b[17~",
    "f7": "\x1b[18~",
    "f8": "\x1b[19~",
    "f9": "\x1b[20~",
    "f10": "\x1b[21~",
    "f11": "\x1b[23~",
    "f12": "\x1b[24~",
    "ctrl+space": "\x00",
    "ctrl+@": "\x00",
    "ctrl+backslash": "\x1c",
    "ctrl+\\": "\x1c",
}
_CURSOR = {"up": "A", "down": "B", "right": "C", "left": "D", "home": "H", "end": "F"}
_MODIFIERS = {"shift": 1, "alt": 2, "ctrl": 4}


def bytes_of(key: str, *, application: bool = False) -> bytes:
    """The bytes of `key`: a character, `enter`, `up`, `ctrl+c`, `shift+tab`, `alt+x`, `ctrl+right`, `f5` …

    `application`: cursor keys as after DECCKM. Raises KeyError for an unknown key.
    """
    if len(key) == 1:
        return key.encode()
    if key in _SIMPLE:
        return _SIMPLE[key].encode()
    if key in _CURSOR:
        return f"\x1b{'O' if application else '['}{_CURSOR[key]}".encode()
    *held, name = key.split("+")
    if name in _CURSOR and set(held) <= set(_MODIFIERS):
        return f"\x1b[1;{1 + sum(_MODIFIERS[one] for one in held)}{_CURSOR[name]}".encode()
    if held == ["ctrl"] and len(name) == 1 and name.isascii() and name.isalpha():
        return bytes([ord(name.lower()) & 0x1F])
    if held == ["alt"]:
        return b"\x1b" + bytes_of(name)
    raise KeyError(f"no such key: {key}")
