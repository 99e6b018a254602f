"""The run laid over the one shown, and in what they differ."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from specprof.tui.state.differences import Difference
from specprof.tui.widgets.drawn import Drawn


@dataclass(frozen=True)
class OverlayNow:
    name: str
    differences: tuple[Difference, ...]
    note: str = ""
    """Why nothing of it is drawn, where that is so."""


class OverlayPanel(Drawn[OverlayNow]):
    BORDER_TITLE = "Laid over it (x takes it away)"

    def lines(self, data: OverlayNow, width: int, height: int) -> list[Text]:
        found = [self.look.line((data.name, "accent", True), width=width)]
        if data.note:
            found += self.look.wrapped(data.note, "warn", width, 2)
        for one in data.differences:
            words = f"{one.name} {one.there}, here {one.here}"
            found += self.look.wrapped(words, "text", width, 2, indent="  ")
        if not data.differences:
            found.append(self.look.line(("same device, dtype and model", "muted"), width=width))
        return found


class OverlayLine(Drawn[OverlayNow]):
    def lines(self, data: OverlayNow, width: int, height: int) -> list[Text]:
        said = "; ".join(f"{one.name} {one.there}, here {one.here}" for one in data.differences)
        words = data.note or said or "same device, dtype and model"
        return [self.look.line((f"over it: {data.name}  ", "accent", True), (words, "muted"), width=width)]
