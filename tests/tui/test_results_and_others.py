"""The results beside other runs and other screens."""

from __future__ import annotations

import re

from textual.app import ComposeResult
from textual.widgets import Static

from specprof.analysis.opened import load
from specprof.tui.screens import plan
from specprof.tui.screens.frame import Frame
from specprof.tui.screens.opened import replay_screen
from specprof.tui.screens.replay import ReplayScreen
from specprof.tui.screens.results import ResultsScreen
from specprof.tui.screens.runs import RunsScreen

from .results_folder import folder
from .results_shown import BOTH, PUBLISHED_FIGURE, SHORT, results_of
from .seen import SMALL, WIDE, Seen, see

__all__ = ["folder"]


@BOTH
def test_a_second_run_is_laid_over_named_with_what_differs_and_taken_away(size):
    async def play(seen: Seen) -> None:
        seen.app.screen.set_overlay(load(PUBLISHED_FIGURE))
        await seen.pilot.pause()
        assert "◇ medusa-llama-7b-bs4" in seen.text
        plot = "\n".join(line[:80] for line in seen.lines[3:20])
        assert plot.count("◇") >= 10
        beside = seen.text if size == SMALL else "\n".join(line[80:] for line in seen.lines)
        told = re.sub(r"[│\s]+", " ", beside)
        assert "batch size 4, here 1" in told
        assert "published figure, here measured" in told
        await seen.press("x")
        assert "medusa" not in seen.text
        assert "◇" not in seen.text

    see(results_of(SHORT), play, size=size)


def test_a_second_run_without_the_quantity_says_so():
    async def play(seen: Seen) -> None:
        seen.app.screen.set_overlay(load(PUBLISHED_FIGURE))
        await seen.press("3")
        assert "nothing of it here" in seen.text

    see(results_of(SHORT), play, size=WIDE)


def test_o_opens_the_runs_and_what_is_chosen_there_is_laid_over(folder):
    async def play(seen: Seen) -> None:
        await seen.press("o")
        assert isinstance(seen.app.screen, RunsScreen)
        await seen.wait_for("medusa-llama-7b-bs4")
        await seen.press("end")
        for _ in range(5):
            if seen.app.screen._list.row.entry.name == PUBLISHED_FIGURE:
                break
            await seen.press("up")
        await seen.press("v")
        await seen.wait_for("◇ medusa-llama-7b-bs4")
        assert isinstance(seen.app.screen, ResultsScreen)

    see(results_of(SHORT), play)


# Other screens


class Below(Frame):
    def compose_body(self) -> ComposeResult:
        yield Static("the screen below", markup=False)

    def on_mount(self) -> None:
        self.app.push_screen(ResultsScreen(SHORT))


def test_escape_takes_the_crosshair_away_and_then_goes_back():
    async def play(seen: Seen) -> None:
        await seen.press("right", "escape")
        assert isinstance(seen.app.screen, ResultsScreen)
        await seen.press("escape")
        assert "the screen below" in seen.text

    see(lambda app: Below(), play)


def test_escape_does_nothing_where_there_is_nothing_to_go_back_to():
    async def play(seen: Seen) -> None:
        await seen.press("escape", "escape")
        assert isinstance(seen.app.screen, ResultsScreen)

    see(results_of(SHORT), play)


def test_p_plays_the_run_and_says_where_there_is_nothing_to_play():
    async def play(seen: Seen) -> None:
        await seen.press("p")
        assert isinstance(seen.app.screen, ReplayScreen)

    async def say(seen: Seen) -> None:
        await seen.press("p")
        assert "nothing to play" in [*seen.app._notifications][-1].message
        assert isinstance(seen.app.screen, ResultsScreen)

    see(results_of(SHORT), play)
    see(results_of(PUBLISHED_FIGURE), say)


class NoProbe(Frame):
    """Stands for the plan, which would ask this machine for its devices."""

    def compose_body(self) -> ComposeResult:
        yield Static("the plan", markup=False)


def test_r_goes_to_the_plan_and_to_the_one_below_where_there_is_one(monkeypatch):
    monkeypatch.setattr(plan, "PlanScreen", NoProbe)

    async def play(seen: Seen) -> None:
        await seen.press("r")
        assert isinstance(seen.app.screen, NoProbe)
        plan_screen = seen.app.screen
        await seen.app.push_screen(ResultsScreen(SHORT))
        await seen.press("r")
        assert seen.app.screen is plan_screen

    see(results_of(SHORT), play)


def test_a_published_figure_opened_to_be_played_shows_its_results_without_a_warning():
    async def play(seen: Seen) -> None:
        assert isinstance(seen.app.screen, ResultsScreen)
        assert "published" in seen.lines[0]
        assert "warning" not in seen.lines[0]

    see(lambda app: replay_screen(load(PUBLISHED_FIGURE), 1.0), play)
