"""The time line of a replay: where it is, and where cells ended."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from specprof.tui.look import Piece
from specprof.tui.widgets.drawn import Drawn
from specprof.views.quantities import duration


@dataclass(frozen=True)
class TimelineNow:
    t_s: float
    duration_s: float
    marks: tuple[tuple[float, bool], ...]
    """When cells ended, s, and whether they failed."""
    flags: tuple[str, ...] = ()


class TimelineBar(Drawn[TimelineNow]):
    def lines(self, data: TimelineNow, width: int, height: int) -> list[Text]:
        before, behind = f"{duration(data.t_s)} ", f" {duration(data.duration_s)}"
        room = max(5, width - len(before) - len(behind))
        ends: dict[int, bool] = {}
        for t_s, failed in data.marks:
            at = _column(t_s, data.duration_s, room)
            ends[at] = ends.get(at, False) or failed
        here = _column(data.t_s, data.duration_s, room)
        signs = "=-+!O" if self.look.glyphs.ascii else "━─┿╋●"
        pieces: list[Piece] = [(before, "muted")]
        for column in range(room):
            past = column < here
            sign, role = (signs[0], "accent") if past else (signs[1], "grid")
            if column in ends:
                sign, role = (signs[3], "bad") if ends[column] else (signs[2], role)
            if column == here:
                sign, role = signs[4], "text"
            pieces.append((sign, role))
        pieces.append((behind, "muted"))
        found = [self.look.line(*pieces, width=width)]
        if data.flags and height > 1:
            found += self.look.wrapped("; ".join(data.flags), "warn", width, height - 1)
        return found


def _column(t_s: float, duration_s: float, width: int) -> int:
    share = t_s / duration_s if duration_s > 0 else 1.0
    return min(width - 1, max(0, round(share * (width - 1))))
