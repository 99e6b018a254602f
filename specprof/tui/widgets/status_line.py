"""The top line: what is going on, how far it is, how long it will take."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from specprof.tui.look import Piece
from specprof.tui.widgets.drawn import Drawn
from specprof.views.palette import Role
from specprof.views.quantities import duration

_PHASE_ROLES: dict[str, Role] = {
    "paused": "warn",
    "pausing": "warn",
    "stopping": "warn",
    "replay": "accent",
    "replay: paused": "warn",
    "replay: end": "accent",
}


@dataclass(frozen=True)
class Status:
    title: str
    phase: str
    cells_done: int
    cells_total: int
    elapsed_s: int
    left_s: int | None
    """Whole seconds, so that the line is drawn once a second and not more often."""
    speed: str = ""
    """How fast a replay plays."""

    @property
    def share(self) -> float:
        """How far it is, by time where the time left is known, else by cells."""
        if self.left_s is not None and self.elapsed_s + self.left_s > 0:
            return self.elapsed_s / (self.elapsed_s + self.left_s)
        return min(1.0, self.cells_done / self.cells_total) if self.cells_total else 0.0


class StatusLine(Drawn[Status]):
    def nothing(self, width: int) -> list[Text]:
        return [self.look.line(("specprof", "text", True), width=width)]

    def lines(self, data: Status, width: int, height: int) -> list[Text]:
        glyphs = self.look.glyphs
        phase = data.phase + (f" {data.speed}" if data.speed else "")
        left = f", about {duration(data.left_s)} left" if data.left_s is not None else ""
        cells = f"{data.cells_done}/{data.cells_total} cells  " if data.cells_total else ""
        behind = f"  {cells}{duration(data.elapsed_s)}{left}"
        room = width - len(phase) - len(glyphs.fit(behind)) - 1
        title = data.title if room - len(data.title) >= 24 else ""
        bar = min(60, room - (len(title) + 2 if title else 0))
        pieces: list[Piece] = [(f"{title}  ", "text", True)] if title else []
        pieces.append((phase, _PHASE_ROLES.get(data.phase, "text"), True))
        if bar >= 5:
            done = round(data.share * bar)
            pieces += [
                (" ", "text"),
                (glyphs.bar_done * done, "accent"),
                (glyphs.bar_left * (bar - done), "grid"),
            ]
        pieces.append((behind, "muted"))
        return [self.look.line(*pieces, width=width)]
