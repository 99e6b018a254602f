"""Takes the README's screenshots: a run of the default plan on this machine, live, and its results.

    .venv/bin/python tests/screenshots/take.py

It really measures, so it takes about two minutes. The run goes to a temporary folder.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from pathlib import Path

from textual.pilot import Pilot

from specprof.plan.asked import Asked
from specprof.session.starting import Start
from specprof.tui.app import SpecprofApp
from specprof.tui.screens.measuring import LiveScreen
from specprof.tui.screens.results import ResultsScreen
from specprof.views.glyphs import UNICODE
from specprof.views.palette import load_palette
from specprof.views.terminal import Surface

HERE = Path(__file__).resolve().parent
WIDTH, HEIGHT = 120, 40
SHARE_DONE = 0.7
"""How far the run is when the live screen is taken."""


async def take(theme: str) -> None:
    surface = Surface(WIDTH, HEIGHT, live=True, depth="truecolor", glyphs=UNICODE, theme=theme)
    with tempfile.TemporaryDirectory() as folder:
        start = Start(Asked(device="cpu"), output=Path(folder) / "run.json")
        app = SpecprofApp(surface, load_palette(theme), lambda app: LiveScreen(start, alone=True))
        async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
            await _until(pilot, lambda: _share(app) >= SHARE_DONE)
            save(app, f"live-{theme}")
            await _until(pilot, lambda: isinstance(app.screen, ResultsScreen))
            await pilot.pause(1.0)
            save(app, f"results-{theme}")


def _share(app: SpecprofApp) -> float:
    source = app.source
    if source is None or not source.left_s:
        return 0.0
    return source.elapsed_s / (source.elapsed_s + source.left_s)


async def _until(pilot: Pilot[int | None], what) -> None:
    while not what():
        await pilot.pause(0.5)


def save(app: SpecprofApp, name: str) -> None:
    """The screen as SVG. Its font is the reader's own: nothing is fetched from elsewhere."""
    drawn = app.export_screenshot(title="specprof")
    drawn = re.sub(r"@font-face\s*{.*?}", "", drawn, flags=re.DOTALL)
    drawn = drawn.replace("Fira Code", "DejaVu Sans Mono")
    (HERE / f"{name}.svg").write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(take("dark"))
