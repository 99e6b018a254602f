"""Over the list of saved runs: how many there are, in which order, and what to do where there are none."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from specprof.tui.look import Piece
from specprof.tui.state.runs_shown import Order
from specprof.tui.widgets.drawn import Drawn
from specprof.tui.widgets.runs_list import cut_middle
from specprof.views.palette import Role

ORDER_WORDS: dict[Order, str] = {
    "date": "newest first",
    "name": "by name",
    "speedup": "highest speedup first",
}


@dataclass(frozen=True)
class HeadNow:
    runs: int
    samples: int
    shown: int
    order: Order
    folder: str


class RunsHead(Drawn[HeadNow]):
    def lines(self, data: HeadNow, width: int, height: int) -> list[Text]:
        counts = f"{data.runs} saved, {_counted(data.samples, 'sample')}"
        if data.shown < data.runs + data.samples:
            counts = f"{data.shown} of {counts}"
        pieces: list[Piece] = [("Runs", "text", True), (f"  {counts}, {ORDER_WORDS[data.order]}", "muted")]
        used = sum(cell_len(piece[0]) for piece in pieces)
        room = width - used - 3
        folder = cut_middle(data.folder, room, self.look.glyphs.ellipsis) if room >= 16 else ""
        pieces.append((" " * max(0, width - used - cell_len(folder)) + folder, "muted"))
        return [self.look.line(*pieces, width=width)]


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


class RunsNote(Drawn[tuple[str, Role]]):
    """A sentence or two above the list; not there where there is nothing to say."""

    def lines(self, data: tuple[str, Role], width: int, height: int) -> list[Text]:
        return self.look.wrapped(*data, width, height)


def note_of(*, runs: int, shown: int, wanted: str, folder: str, problem: str) -> tuple[str, Role] | None:
    """What has to be said of the list."""
    if problem:
        return problem, "bad"
    if not shown and wanted:
        return f"No run has “{wanted}” in its name, model, device or status. Esc shows all.", "muted"
    if not runs:
        words = f"No runs yet: they will appear here, from {folder}. Enter on the plan measures one; "
        return words + "so does the command specprof run.", "muted"
    return None
