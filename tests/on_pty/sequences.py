"""What a program writes to a terminal, cut into text and escape sequences (ECMA-48, xterm's ctlseqs)."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

_WHOLE = re.compile(
    rb"\x1b\[(?P<csi>[0-?]*)(?P<between>[ -/]*)(?P<final>[@-~])"
    rb"|\x1b\](?P<osc>[^\x07\x1b]*)(?:\x07|\x1b\\)"
    rb"|\x1b(?P<opens>[PX^_])(?P<string>[^\x1b]*)\x1b\\"
    rb"|\x1b(?P<short>[ -/]*[0-OQ-WYZ\\`-~])"
)
_BEGUN = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|[PX^_][^\x1b]*\x1b?|[ -/]*)\Z")
_STRINGS = {b"P": "DCS", b"X": "SOS", b"^": "PM", b"_": "APC"}
_C1 = re.compile("[\x80-\x9f]")


@dataclass(frozen=True)
class Escape:
    """One escape sequence.

    `kind` is CSI, OSC, DCS, APC, PM, SOS, ESC (two or three characters), C1 (one character that a UTF-8
    terminal takes for ESC and a letter) or BROKEN (an ESC that begins nothing).
    """

    kind: str
    body: str
    final: str = ""

    @property
    def name(self) -> str:
        """What it is without its numbers: `OSC 52`, `CSI m`, `CSI ?h`, `CSI >u`, `ESC 7`, `DCS`."""
        if self.kind == "OSC":
            return f"OSC {self.body.partition(';')[0]}"
        if self.kind == "CSI":
            return "CSI " + re.sub("[0-9;:]", "", self.body) + self.final
        return f"{self.kind} {self.body}" if self.kind in ("ESC", "C1") else self.kind

    @property
    def numbers(self) -> tuple[int, ...]:
        """A CSI's parameters; one left out is 0."""
        plain = self.body.lstrip("<=>?").rstrip("!\"#$%&'()*+,-./ ")
        first = [part.partition(":")[0] for part in plain.split(";")] if plain else []
        return tuple(int(part) if part.isdigit() else 0 for part in first)

    def __str__(self) -> str:
        return f"{self.kind} {self.body}{self.final}".rstrip()


class Cutter:
    """Cuts bytes as they come: what is not whole yet waits for the next call."""

    def __init__(self) -> None:
        self._rest = b""
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode

    def cut(self, data: bytes) -> Iterator[str | Escape]:
        """Texts (with their control characters) and escape sequences, in order."""
        data, self._rest = self._rest + data, b""
        at = 0
        while at < len(data):
            escape = data.find(b"\x1b", at)
            if escape < 0:
                yield from self._text(data[at:])
                return
            if escape > at:
                yield from self._text(data[at:escape])
            if whole := _WHOLE.match(data, escape):
                yield _escape(whole)
                at = whole.end()
            elif _BEGUN.match(data, escape):
                self._rest = data[escape:]
                return
            else:
                yield Escape("BROKEN", "")
                at = escape + 1

    def _text(self, data: bytes) -> Iterator[str | Escape]:
        text = self._decode(data)
        at = 0
        for found in _C1.finditer(text):
            if found.start() > at:
                yield text[at : found.start()]
            yield Escape("C1", f"{ord(found[0]):02x}")
            at = found.end()
        if at < len(text):
            yield text[at:]


def _escape(whole: re.Match[bytes]) -> Escape:
    said = {name: part.decode("utf-8", "replace") for name, part in whole.groupdict(b"").items()}
    if whole["csi"] is not None:
        return Escape("CSI", said["csi"] + said["between"], said["final"])
    if whole["osc"] is not None:
        return Escape("OSC", said["osc"])
    if whole["opens"] is not None:
        return Escape(_STRINGS[whole["opens"]], said["string"])
    return Escape("ESC", said["short"])


def escapes(data: bytes) -> list[Escape]:
    """The escape sequences in `data`, in order; one cut off at its end is BROKEN."""
    cutter = Cutter()
    found = [piece for piece in cutter.cut(data) if isinstance(piece, Escape)]
    return [*found, Escape("BROKEN", "")] if cutter._rest else found


def has_escape(data: bytes) -> bool:
    """Whether a terminal would take any of `data` for an instruction."""
    return bool(escapes(data))
