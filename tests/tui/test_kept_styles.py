"""What is no longer shown is not kept either."""

from __future__ import annotations

import asyncio
import gc
import weakref

from textual.widgets._footer import FooterKey

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


def test_a_footer_keeps_no_keys_but_those_that_it_shows():
    run = load("llama-7b-cpu-bs1")

    async def play(seen: Seen) -> None:
        await seen.wait_for("1 Speed")
        gone = []
        for _ in range(3):
            gone += [weakref.ref(key) for key in seen.app.screen.query(FooterKey)]
            seen.app.screen.refresh_bindings()
            await asyncio.sleep(0.2)
        shown = [weakref.ref(key) for key in seen.app.screen.query(FooterKey)]
        gc.collect()
        assert len(shown) > 4
        assert len(gone) == 3 * len(shown)
        assert [ref() for ref in gone if ref() is not None] == []

    see(lambda app: ResultsScreen(run), play)
