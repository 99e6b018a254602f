"""Where only one panel fits: their names in a line, the one shown among them."""

from __future__ import annotations

from rich.text import Text

from specprof.tui.look import Piece
from specprof.tui.widgets.drawn import Drawn


class PanelNames(Drawn[tuple[tuple[str, ...], int]]):
    """`data`: the names, and which of them is shown."""

    def lines(self, data: tuple[tuple[str, ...], int], width: int, height: int) -> list[Text]:
        names, shown = data
        pieces: list[Piece] = [("⇥ " if not self.look.glyphs.ascii else "tab ", "muted")]
        for index, name in enumerate(names):
            pieces.append((f"[{name}]" if index == shown else f" {name} ", "accent", True)
                          if index == shown else (f" {name} ", "muted"))  # fmt: skip
        return [self.look.line(*pieces, width=width)]
