"""Moments at which one screen gives way to another: the end of a replay, a resize just before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from specprof.analysis.opened import load
from specprof.session.player import Player
from specprof.session.timeline import Timeline
from specprof.tui.screens.frame import Frame
from specprof.tui.screens.opened import replay_screen
from specprof.tui.screens.plan import PlanScreen
from specprof.tui.screens.replay import ReplayScreen
from specprof.tui.screens.results import ResultsScreen
from specprof.tui.screens.runs import RunsScreen
from specprof.tui.sources import ReplaySource
from specprof.tui.widgets.results_body import ResultsBody

from .seen import Seen, see

SAMPLE = "llama-7b-cpu-bs1"


def test_a_replay_that_ends_within_the_tick_of_its_key_shows_its_results():
    run = load(SAMPLE)
    player = Player(Timeline.of(run.record))
    player.speed = 100.0
    player.seek(player.duration_s - 0.1)

    async def play(seen: Seen) -> None:
        await asyncio.sleep(0.1)  # so long ago was the tick before: all that is left is played at once
        await seen.press("space")
        assert player.ended
        await seen.wait_for("[1 Speedup]", within_s=5)

    see(lambda app: ReplayScreen(ReplaySource(run, player)), play)


def test_what_a_resize_left_to_do_is_not_done_where_the_results_have_closed():
    run = load(SAMPLE)

    async def play(seen: Seen) -> None:
        screen = ResultsScreen(run)
        await seen.app.push_screen(screen)
        await seen.wait_for("1 Speed")
        body = screen.query_one(ResultsBody)
        await seen.app.pop_screen()
        # textual calls what was put off until the next refresh when the body's parts have gone already
        body._again()

    see(lambda app: ResultsScreen(run), play)


@pytest.mark.parametrize(
    ("opened", "late"),
    [
        (lambda: ResultsScreen(load(SAMPLE)), ("_show", "_drop_outdated", "_analyse")),
        (lambda: replay_screen(load(SAMPLE), 1.0), ("tick",)),
        (PlanScreen, ("_found", "_check", "_show_runs")),
        (RunsScreen, ("_show_rows", "_look_at_cursor", "_show_wanted")),
    ],
    ids=["results", "replay", "plan", "runs"],
)
def test_what_workers_and_timers_do_last_does_not_reach_a_screen_that_has_lost_its_parts(
    opened: Callable[[], Frame], late: tuple[str, ...]
):
    async def play(seen: Seen) -> None:
        screen = opened()
        await seen.app.push_screen(screen)
        await seen.pilot.pause()
        assert screen.stands
        await screen.query("#whole").remove()  # as when it closes: the parts go before the whole
        assert not screen.stands
        for name in late:
            getattr(screen, name)()
        await seen.pilot.pause()

    see(lambda app: ResultsScreen(load(SAMPLE)), play)
