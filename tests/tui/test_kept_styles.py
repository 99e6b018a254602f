"""A screen that has closed leaves nothing behind."""

from __future__ import annotations

import asyncio
import gc
import weakref

from specprof.analysis.opened import load
from specprof.tui.screens.results import ResultsScreen

from .seen import Seen, see


def test_a_closed_screen_leaves_neither_its_widgets_nor_their_lines():
    run = load("llama-7b-cpu-bs1")

    async def play(seen: Seen) -> None:
        screen = ResultsScreen(run)
        await seen.app.push_screen(screen)
        await seen.wait_for("1 Speed")
        widgets = list(screen.query("*"))
        lines = [weakref.ref(widget._styles_cache) for widget in widgets]
        gone = [weakref.ref(screen), *map(weakref.ref, widgets)]
        del screen, widgets
        await seen.app.pop_screen()
        await asyncio.sleep(0.3)
        gc.collect()
        assert len(lines) > 20
        assert [ref() for ref in (*gone, *lines) if ref() is not None] == []

    see(lambda app: ResultsScreen(run), play)
