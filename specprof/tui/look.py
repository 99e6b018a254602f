"""How things look at present: the colours, the signs, and whether colour alone may tell curves apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, cast

from rich.cells import cell_len
from rich.text import Text
from textual.dom import DOMNode

from specprof.views.glyphs import Glyphs
from specprof.views.lines import cut, wrap
from specprof.views.palette import Palette, Role

Piece = tuple[str, Role] | tuple[str, Role, bool]
"""Words, their role, and whether they are bold."""


@dataclass(frozen=True)
class Look:
    palette: Palette
    glyphs: Glyphs
    letters: bool | None = None
    """True: letters stand at every point, whatever the palette. None: where it has no colour for them."""

    def line(self, *pieces: Piece, width: int | None = None) -> Text:
        """One line of words in their roles, cut to `width`."""
        text = Text(no_wrap=True, overflow="crop", end="")
        room = width
        for words, role, *bold in pieces:
            shown = self.glyphs.fit(words)
            if room is not None:
                shown = cut(shown, room, self.glyphs.ellipsis)
            text.append(shown, self.palette.style(role, bold=bool(bold and bold[0])))
            if room is not None:
                room -= cell_len(shown)
                if room <= 0:
                    break
        return text

    def wrapped(self, words: str, role: Role, width: int, most: int, indent: str = "") -> list[Text]:
        """Words on at most `most` lines of `width`, the last cut where they go on."""
        lines = wrap(self.glyphs.fit(words), max(1, width - len(indent)))
        if len(lines) > most:
            lines = [*lines[: most - 1], " ".join(lines[most - 1 :])]
        return [
            self.line((indent if index else "", role), (line, role), width=width)
            for index, line in enumerate(lines)
        ]


class _HasLook(Protocol):
    look: Look


def look_of(node: DOMNode) -> Look:
    """The look of the app that a widget or screen belongs to."""
    return cast(_HasLook, node.app).look
