"""The main screens over the sample runs, as they were when somebody last looked at them.

`pytest tests/tui/test_snapshots.py --snapshot-update` draws them anew; look at what has changed.
"""

from __future__ import annotations

import pytest

from specprof.analysis.opened import load
from specprof.session.player import Player
from specprof.session.timeline import Timeline
from specprof.tui.app import SpecprofApp
from specprof.tui.screens.replay import ReplayScreen
from specprof.tui.screens.results import ResultsScreen
from specprof.tui.sources import ReplaySource
from specprof.views.glyphs import ASCII, UNICODE
from specprof.views.palette import load_palette
from specprof.views.terminal import Surface

from .seen import LEAST, SMALL, WIDE

SIZES = pytest.mark.parametrize("size", [WIDE, SMALL, LEAST], ids=["120x40", "80x24", "60x16"])
THEMES = pytest.mark.parametrize("theme", ["dark", "light"])


@pytest.fixture(autouse=True)
def _the_same_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "TEXTUAL_THEME", "COLORFGBG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")


def app_on(opens, size, theme="dark", *, ascii_only=False, colour=True) -> SpecprofApp:
    glyphs = ASCII if ascii_only else UNICODE
    depth = "truecolor" if colour else None
    surface = Surface(*size, live=True, depth=depth, glyphs=glyphs, theme=theme)
    return SpecprofApp(surface, load_palette(theme), opens, ascii_only=ascii_only)


def half_way(name: str) -> ReplayScreen:
    """A replay that rests in the middle of its run."""
    run = load(name)
    player = Player(Timeline.of(run.record))
    player.seek_share(0.7)
    return ReplayScreen(ReplaySource(run, player))


@SIZES
@THEMES
def test_replay(snap_compare, size, theme):
    assert snap_compare(app_on(lambda app: half_way("llama-7b-cpu-bs1"), size, theme), terminal_size=size)


@SIZES
@THEMES
def test_results(snap_compare, size, theme):
    app = app_on(lambda app: ResultsScreen(load("medusa-llama-7b-bs4")), size, theme)
    assert snap_compare(app, terminal_size=size)


@pytest.mark.parametrize("key", "2345679")  # 8 names the file, which lies elsewhere everywhere
def test_each_view_of_the_results(snap_compare, key):
    app = app_on(lambda app: ResultsScreen(load("llama-7b-cpu-bs1")), WIDE)
    assert snap_compare(app, terminal_size=WIDE, press=[key])


@pytest.mark.parametrize("ascii_only", [False, True], ids=["unicode", "ascii"])
def test_without_colour(snap_compare, ascii_only):
    app = app_on(lambda app: half_way("llama-7b-cpu-bs1"), SMALL, ascii_only=ascii_only, colour=False)
    assert snap_compare(app, terminal_size=SMALL)
