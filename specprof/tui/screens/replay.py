"""The live screen over a saved run, played in its own time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from specprof.tui.screens.live import StreamScreen
from specprof.tui.sources import ReplaySource, Source
from specprof.tui.widgets.timeline_bar import TimelineBar, TimelineNow

if TYPE_CHECKING:
    from specprof.tui.app import SpecprofApp


END_S = 1.0
"""How long the last frame stays before the results are shown."""


class ReplayScreen(StreamScreen):
    HELP = """A saved run, shown as it was measured. It plays in its own time, faster or slower, and can be
    stepped from the end of one cell to that of the next. Enter shows its results."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "play", "Play", key_display="Space", tooltip="play and pause"),
        Binding("left", "step(-1)", show=False, tooltip="back to the end of the cell before"),
        Binding("right", "step(1)", "Step", tooltip="on to the end of the next cell", key_display="← →"),
        Binding("plus,equals_sign", "faster", "Speed", key_display="+/-", tooltip="play faster"),
        Binding("minus", "slower", show=False, tooltip="play slower"),
        Binding("comma", "seek(-0.05)", show=False, tooltip="back by a twentieth"),
        Binding("full_stop", "seek(0.05)", show=False, tooltip="on by a twentieth"),
        Binding("home,0", "restart", show=False, tooltip="to the start"),
        Binding("end", "to_end", show=False, tooltip="to the end"),
        Binding("enter", "results", "Results", key_display="Enter"),
        Binding("l", "log", show=False, tooltip="all notices"),
    ]

    tick_s = 0.2
    """Nothing is measured beside it."""

    PARTS = (*StreamScreen.PARTS, TimelineBar)

    def __init__(self, source: ReplaySource) -> None:
        super().__init__(source)
        self._replay = source
        self._played = False
        """Whether it was playing at the last tick."""

    def compose_body(self) -> ComposeResult:
        yield from super().compose_body()
        yield TimelineBar(id="timeline")

    def speed_words(self, source: Source) -> str:
        speed = self._replay.player.speed
        return "max" if math.isinf(speed) else f"×{speed:g}"

    def ticked(self, source: Source) -> None:
        player = self._replay.player
        if self._played and player.ended:
            self.set_timer(END_S, self.action_results)
        self._played = player.playing
        flags = player.flags
        bar = self.query_one(TimelineBar)
        bar.set_class(bool(flags), "-flagged")
        marks = tuple((mark.t_s, mark.failed) for mark in player.marks)
        bar.show(TimelineNow(round(player.t_s, 1), player.duration_s, marks, flags))

    def _now(self) -> None:
        """Shows at once what a key has changed."""
        self._curves_due.at_s = self._findings_due.at_s = float("-inf")
        self.tick()

    def action_play(self) -> None:
        self._replay.player.toggle()
        self._played = self._replay.player.playing  # it may be at its end before the next tick
        self._now()

    def action_step(self, cells: int) -> None:
        self._replay.player.step(cells)
        self._now()

    def action_faster(self) -> None:
        self._replay.player.faster()
        self._now()

    def action_slower(self) -> None:
        self._replay.player.slower()
        self._now()

    def action_seek(self, share: float) -> None:
        player = self._replay.player
        player.seek(player.t_s + share * player.duration_s)
        self._now()

    def action_restart(self) -> None:
        self._replay.player.restart()
        self._now()

    def action_to_end(self) -> None:
        self._replay.player.to_end()
        self._now()

    def action_results(self) -> None:
        if self.is_current:
            cast("SpecprofApp", self.app).show_results(self._replay.run)
