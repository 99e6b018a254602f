"""The run laid over the one shown, and in what they differ."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from specprof.tui.look import Look, Piece
from specprof.tui.state.differences import Difference
from specprof.tui.widgets.drawn import Drawn
from specprof.tui.widgets.grown import Grown

SAME = "same model, device, dtype and workload"
MOST = 4
"""Differences that are named beside the curves; the gravest stand first."""


@dataclass(frozen=True)
class OverlayNow:
    name: str
    differences: tuple[Difference, ...]
    note: str = ""
    """Why nothing of it is drawn, where that is so."""


class OverlayPanel(Grown[OverlayNow]):
    BORDER_TITLE = "Laid over it"
    BORDER_SUBTITLE = "x takes it away"

    def lines(self, data: OverlayNow, width: int, height: int) -> list[Text]:
        found = [self.look.line(*_name(data, self.look), width=width)]
        if data.note:
            found += self.look.wrapped(data.note, "warn", width, 2)
        for one in data.differences[:MOST]:
            found += self.look.wrapped(_words(one), "text", width, 2, indent="  ")
        if not data.differences:
            found.append(self.look.line((SAME, "muted"), width=width))
        return found


class OverlayLine(Drawn[OverlayNow]):
    def lines(self, data: OverlayNow, width: int, height: int) -> list[Text]:
        words = data.note or "; ".join(map(_words, data.differences)) or SAME
        return [self.look.line(*_name(data, self.look), ("  ", "text"), (words, "muted"), width=width)]


def _name(data: OverlayNow, look: Look) -> list[Piece]:
    return [(f"{look.glyphs.other} ", "text"), (data.name, "accent", True)]


def _words(one: Difference) -> str:
    return f"{one.name} {one.there}, here {one.here}".strip()
