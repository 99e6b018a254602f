"""The cell under the crosshair, read off."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from specprof.tui.look import Look, Piece
from specprof.tui.state.cell_facts import CellFact, CellFacts
from specprof.tui.widgets.drawn import Drawn
from specprof.tui.widgets.grown import Grown

NAME = 11
VALUE = 12
REASON_LINES = 2
HINT = "arrow keys put a crosshair on a point and move it from point to point"


@dataclass(frozen=True)
class CellNow:
    """The cell, and the quantity that is drawn: it comes first."""

    cell: CellFacts
    quantity: str

    @property
    def facts(self) -> list[CellFact]:
        return sorted(self.cell.facts, key=lambda fact: fact.quantity != self.quantity)

    @property
    def judged(self) -> bool:
        """Whether there is a verdict: nobody judged a published figure's points."""
        return self.cell.verdict != "published"


class CellPanel(Grown[CellNow]):
    """In a frame, beside the curves."""

    BORDER_TITLE = "Crosshair"

    def nothing(self, width: int) -> list[Text]:
        return self.look.wrapped(HINT, "muted", width, 4)

    def lines(self, data: CellNow, width: int, height: int) -> list[Text]:
        cell, look = data.cell, self.look
        head: list[Piece] = [(_where(cell, look), "text", True)]
        if data.judged:
            head += [("  ", "text"), (cell.verdict, cell.verdict_role, True)]
        found = [look.line(*head, width=width)]
        for fact in data.facts:
            here = fact.quantity == data.quantity
            value = look.glyphs.fit(fact.value)
            found.append(
                look.line(
                    (f"{fact.name:<{NAME}}", "muted"),
                    (f"{value:<{VALUE}} " if fact.error else value, "accent" if here else "text", here),
                    (fact.error, "muted"),
                    width=width,
                )
            )
        if cell.best or cell.near:
            words = "best K of its row" if cell.best else "within the noise of its row's best"
            found.append(look.line((_sign(cell, look) + " ", "good"), (words, "text"), width=width))
        for reason in cell.reasons:
            found += look.wrapped(f"- {reason}", "muted", width, REASON_LINES, indent="  ")
        return found


class CellLine(Drawn[CellNow]):
    """The same in one line, below the curves."""

    def nothing(self, width: int) -> list[Text]:
        return [self.look.line((HINT, "muted"), width=width)]

    def lines(self, data: CellNow, width: int, height: int) -> list[Text]:
        cell, look = data.cell, self.look
        where = _where(cell, look)
        pieces: list[Piece] = [(where, "text", True)]
        room = width - cell_len(where)
        # the quantity that is drawn, the verdict, then what else there is room for
        for entry in self._entries(data):
            size = 2 + sum(cell_len(look.glyphs.fit(piece[0])) for piece in entry)
            if size <= room:
                pieces += [("  ", "text"), *entry]
                room -= size
        return [look.line(*pieces, width=width)]

    def _entries(self, data: CellNow) -> list[list[Piece]]:
        cell = data.cell
        facts: list[list[Piece]] = [
            [
                (f"{fact.name} ", "muted"),
                (fact.value, "text"),
                (f" {fact.error}" if fact.error else "", "muted"),
            ]
            for fact in data.facts
        ]
        between: list[list[Piece]] = []
        if cell.best or cell.near:
            between.append([(_sign(cell, self.look), "good")])
        if data.judged:
            between.append([(cell.verdict, cell.verdict_role)])
        return [*facts[:1], *between, *facts[1:]]


def _where(cell: CellFacts, look: Look) -> str:
    return look.glyphs.fit(f"seq_len {cell.place.seq_len} · K {cell.place.candidates}")


def _sign(cell: CellFacts, look: Look) -> str:
    return look.glyphs.star if cell.best else look.glyphs.near_best
