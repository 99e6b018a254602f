"""The screen that a saved run opens on."""

from __future__ import annotations

import math

from textual.screen import Screen

from specprof.analysis.opened import Run
from specprof.session.player import Player
from specprof.session.timeline import Timeline
from specprof.tui.screens.replay import ReplayScreen
from specprof.tui.screens.results import ResultsScreen
from specprof.tui.sources import ReplaySource


def replay_screen(run: Run, speed: float) -> Screen[None]:
    """The run from its start; its results at once where it has no time of its own or speed is infinite."""
    timeline = Timeline.of(run.record)
    if run.published or math.isinf(speed) or timeline.duration_s <= 0:
        # a published figure was never measured here: that is no warning
        return ResultsScreen(run, notes=() if run.published else timeline.flags)
    player = Player(timeline)
    player.speed = speed
    player.play()
    return ReplayScreen(ReplaySource(run, player))
