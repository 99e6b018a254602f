"""The cell under the crosshair, read off."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from specprof.tui.look import Piece
from specprof.tui.state.cell_facts import CellFact, CellFacts
from specprof.tui.widgets.drawn import Drawn
from specprof.views.glyphs import Glyphs
from specprof.views.palette import Role

NAME = 10
VALUE = 12
HINT = "arrow keys put a crosshair on a point and move it from point to point; Esc takes it away"


@dataclass(frozen=True)
class CellNow:
    """The cell and the quantity that is drawn, which comes first."""

    cell: CellFacts
    quantity: str

    @property
    def facts(self) -> list[CellFact]:
        return sorted(self.cell.facts, key=lambda fact: fact.key != self.quantity)


class CellPanel(Drawn[CellNow]):
    """In a frame, beside the curves."""

    BORDER_TITLE = "Crosshair"

    def nothing(self, width: int) -> list[Text]:
        return self.look.wrapped(HINT, "muted", width, 4)

    def lines(self, data: CellNow, width: int, height: int) -> list[Text]:
        cell, glyphs = data.cell, self.look.glyphs
        head = f"seq_len {cell.place.seq_len} {glyphs.separator} K {cell.place.candidates}"
        found = [self.look.line((head, "text", True), width=width)]
        for fact in data.facts:
            here = bool(fact.key) and fact.key == data.quantity
            found.append(
                self.look.line(
                    (f"{fact.name:<{NAME}}", "muted"),
                    (f"{glyphs.fit(fact.value):<{VALUE}} ", "accent" if here else fact.role, here),
                    (fact.error, "muted"),
                    width=width,
                )
            )
        if cell.standing:
            found.append(self.look.line(*_standing(cell, glyphs), width=width))
        found.append(self.look.line((f"{'verdict':<{NAME}}", "muted"), _verdict(cell), width=width))
        for reason in cell.reasons:
            found += self.look.wrapped(f"- {reason}", "muted", width, 3, indent="  ")
        return found


class CellLine(Drawn[CellNow]):
    """The same in one line, below the curves."""

    def nothing(self, width: int) -> list[Text]:
        return [self.look.line((HINT, "muted"), width=width)]

    def lines(self, data: CellNow, width: int, height: int) -> list[Text]:
        cell, glyphs = data.cell, self.look.glyphs
        where = f"seq_len {cell.place.seq_len} {glyphs.separator} K {cell.place.candidates}"
        pieces: list[Piece] = [(where, "text", True)]
        room = width - len(where)
        entries: list[list[Piece]] = []
        for fact in data.facts:
            error = f" {fact.error}" if fact.error else ""
            entries.append([(f"{fact.name} ", "muted"), (fact.value, fact.role), (error, "muted")])
        behind: list[list[Piece]] = [[_verdict(cell)]]
        if cell.standing:
            behind.insert(0, [(_sign(cell, glyphs), "good")])
        # the quantity that is drawn, the verdict, then what else there is room for
        for entry in [entries[0], *behind, *entries[1:]]:
            size = 2 + sum(cell_len(glyphs.fit(piece[0])) for piece in entry)
            if size <= room:
                pieces += [("  ", "text"), *entry]
                room -= size
        return [self.look.line(*pieces, width=width)]


def _verdict(cell: CellFacts) -> tuple[str, Role]:
    return cell.verdict, cell.verdict_role


def _sign(cell: CellFacts, glyphs: Glyphs) -> str:
    return glyphs.star if cell.standing.startswith("best") else glyphs.near_best


def _standing(cell: CellFacts, glyphs: Glyphs) -> list[Piece]:
    return [(f"{_sign(cell, glyphs)} ", "good"), (cell.standing, "text")]
