"""The app in a test: opened on a screen, driven by keys, read as text."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from textual.pilot import Pilot
from textual.screen import Screen

from specprof.plan.plan import Cell, Plan
from specprof.run import events as ev
from specprof.run.reduce import Reduction
from specprof.session.position import Position
from specprof.tui.app import SpecprofApp
from specprof.views.glyphs import ASCII, UNICODE
from specprof.views.palette import load_palette
from specprof.views.terminal import Depth, Surface

Play = Callable[["Seen"], Awaitable[None]]

WIDE = (120, 40)
SMALL = (80, 24)
LEAST = (60, 16)


class Seen:
    """What a test does with an app that runs, and sees of it."""

    def __init__(self, app: SpecprofApp, pilot: Pilot[Any]) -> None:
        self.app = app
        self.pilot = pilot

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def wait_for(self, words: str, within_s: float = 30.0) -> None:
        """Waits until `words` stand on the screen."""
        end = asyncio.get_running_loop().time() + within_s
        while words not in self.text:
            assert asyncio.get_running_loop().time() < end, f"{words!r} never came:\n{self.text}"
            await self.pilot.pause(0.02)

    @property
    def lines(self) -> list[str]:
        strips = self.app.screen._compositor.render_strips()
        return [strip.text.rstrip() for strip in strips]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def see(
    opens: Callable[[SpecprofApp], Screen[Any]],
    play: Play,
    *,
    size: tuple[int, int] = WIDE,
    theme: str = "dark",
    depth: Depth | None = "truecolor",
    ascii_only: bool = False,
) -> SpecprofApp:
    """Opens the app on a screen, and lets `play` act. Gives the app as it ended."""
    glyphs = ASCII if ascii_only else UNICODE
    surface = Surface(*size, live=True, depth=depth, glyphs=glyphs, theme=theme)
    app = SpecprofApp(surface, load_palette(theme), opens, ascii_only=ascii_only)

    async def run() -> None:
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await play(Seen(app, pilot))

    asyncio.run(run())
    return app


class Told:
    """A source for the live screen whose stream the test tells, event by event."""

    generation = 0
    draft_cost = None
    warnings: tuple[str, ...] = ()
    phase = "measuring"
    elapsed_s = 30.0
    left_s: float | None = 70.0

    def __init__(self, events: Sequence[ev.EventModel]) -> None:
        self._events = list(events)
        self.reduction = Reduction()
        self.position = Position(self.reduction)
        self.ended = False

    def tick(self, elapsed_s: float) -> None:
        pass

    def tell(self, until: Callable[[ev.EventModel], bool] = lambda event: False) -> None:
        """Tells events up to and with the first for which `until` holds, or all."""
        while self._events:
            event = self._events.pop(0)
            self.reduction.apply(event)
            self.position.follow(event)
            if until(event):
                return

    @property
    def plan(self) -> Plan:
        return self.reduction.plan

    def cell(self, seq_len: int, candidates: int) -> Cell:
        return Cell(self.plan.batch_sizes[0], seq_len, candidates)
