"""The whole grid as a small map: what is done, running, doubtful, failed."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from specprof.plan.plan import Row
from specprof.tui.look import Piece
from specprof.tui.state.cells import Stage
from specprof.tui.widgets.drawn import Drawn
from specprof.tui.widgets.row_panel import STAGE_ROLES

_SIGNS: dict[Stage, str] = {
    "waiting": "·",
    "running": "◌",
    "done": "●",
    "warn": "◐",
    "failed": "✕",
    "dropped": "-",
    "none": " ",
}
_ASCII_SIGNS: dict[Stage, str] = {
    "waiting": ".",
    "running": "o",
    "done": "#",
    "warn": "?",
    "failed": "x",
    "dropped": "-",
    "none": " ",
}
_NAMES: dict[Stage, str] = {
    "done": "done",
    "running": "running",
    "warn": "warn",
    "failed": "failed",
    "dropped": "not run",
    "waiting": "waiting",
}


@dataclass(frozen=True)
class GridNow:
    candidates: tuple[int, ...]
    rows: tuple[tuple[Row, tuple[Stage, ...]], ...]
    current: Row | None


class GridPanel(Drawn[GridNow]):
    BORDER_TITLE = "Grid"

    def title(self, data: GridNow) -> str:
        several = len({row.batch_size for row, _ in data.rows}) > 1
        across = f"K {data.candidates[0]} … {data.candidates[-1]}"
        return f"{'batch × seq_len' if several else 'seq_len'} by {across}"

    def lines(self, data: GridNow, width: int, height: int) -> list[Text]:
        several = len({row.batch_size for row, _ in data.rows}) > 1
        labels = [f"{row.batch_size}×{row.seq_len}" if several else f"{row.seq_len}" for row, _ in data.rows]
        left = max(map(len, labels))
        pitch = max(1, min(3, (width - left - 2) // len(data.candidates)))
        shown = self._around(data, max(1, height - 1))
        found = []
        for index in shown:
            row, stages = data.rows[index]
            pieces: list[Piece] = [(f"{labels[index]:>{left}}  ", "text", row == data.current)]
            pieces += [(f"{self._sign(stage):<{pitch}}", STAGE_ROLES[stage], True) for stage in stages]
            found.append(self.look.line(*pieces, width=width))
        used = {stage for _, stages in data.rows for stage in stages}
        key: list[Piece] = []
        for stage, name in _NAMES.items():
            if stage in used:
                key += [(self._sign(stage) + " ", STAGE_ROLES[stage], True), (name + "  ", "muted")]
        return [*found, self.look.line(*key, width=width)]

    def _sign(self, stage: Stage) -> str:
        return (_ASCII_SIGNS if self.look.glyphs.ascii else _SIGNS)[stage]

    @staticmethod
    def _around(data: GridNow, room: int) -> range:
        at = next((i for i, (row, _) in enumerate(data.rows) if row == data.current), 0)
        first = max(0, min(at - room // 2, len(data.rows) - room))
        return range(first, min(len(data.rows), first + room))
