"""The acceptance model that the curves are drawn under, and what of it can be changed."""

from __future__ import annotations

from rich.text import Text
from textual.content import Content

from specprof.tui.look import Piece
from specprof.tui.state.acceptance_choice import ModelNow, ParameterNow
from specprof.tui.widgets.drawn import Drawn
from specprof.tui.widgets.grown import Grown

HINT = "[ ] choose  + - change"


class ModelPanel(Grown[ModelNow]):
    """In a frame, beside the curves."""

    BORDER_TITLE = "Acceptance model"

    def on_mount(self) -> None:
        self.border_subtitle = Content(f"a next  {HINT}")

    def lines(self, data: ModelNow, width: int, height: int) -> list[Text]:
        which = f"  {data.number} of {data.of}" if data.of > 1 else ""
        found = [self.look.line((data.name, "accent", True), (which, "muted"), width=width)]
        found += self.look.wrapped(f"E(K) = {data.formula}", "text", width, 2, indent="  ")
        found += self.look.wrapped(data.source, "muted", width, 2)
        for parameter in data.parameters:
            found.append(self.look.line(*_parameter(parameter, self.look.glyphs.ascii), width=width))
            if parameter.chosen:
                lines = self.look.wrapped(parameter.what, "muted", width - 2, 2)
                found += [Text.assemble("  ", line) for line in lines]
        return found


def _parameter(parameter: ParameterNow, ascii_only: bool) -> list[Piece]:
    pointer = (">" if ascii_only else "▸") if parameter.chosen else " "
    return [
        (f"{pointer} {parameter.name:<6} ", "text", parameter.chosen),
        (f"{parameter.value:<8}", "accent" if parameter.chosen else "text", parameter.chosen),
        (parameter.bounds, "muted"),
    ]


class ModelLine(Drawn[ModelNow]):
    """The same in one line, below the curves."""

    def lines(self, data: ModelNow, width: int, height: int) -> list[Text]:
        pointer = ">" if self.look.glyphs.ascii else "▸"
        which = f" {data.number}/{data.of}" if data.of > 1 else ""
        pieces: list[Piece] = [(data.name, "accent", True), (which, "muted"), ("  ", "text")]
        for parameter in data.parameters:
            mark = pointer if parameter.chosen else " "
            pieces.append((f"{mark}{parameter.name} ", "muted", parameter.chosen))
            pieces.append((f"{parameter.value} ", "accent" if parameter.chosen else "text", parameter.chosen))
        pieces.append((f" E(K) = {data.formula}", "text"))
        line = self.look.line(*pieces, width=width)
        if line.cell_len + len(HINT) + 2 <= width:
            line.append("  ").append(HINT, self.look.palette.style("muted"))
        return [line]
