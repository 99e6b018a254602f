"""The runs screen: moving through saved runs, sorting and filtering them."""

from __future__ import annotations

import math
from typing import Any

import pytest

from specprof.run.samples import sample_names
from specprof.tui.screens import browsing
from specprof.tui.screens.runs import RunsScreen
from specprof.tui.widgets.runs_head import RunsHead
from specprof.tui.widgets.runs_list import RunsList

from .results_folder import HALF, ResultsFolder, folder
from .runs_seen import ALONE, all_read, cursor_on, listed, lists, until, went
from .seen import SMALL, Seen, see

__all__ = ["folder", "went"]


def test_the_cursor_moves_by_arrows_and_letters_and_stays_at_the_ends(folder: ResultsFolder):
    for name in "dcba":
        folder.run(name)

    async def play(seen: Seen) -> None:
        steps = [("k", "a"), ("j", "b"), ("down", "c"), ("up", "b"), ("G", sample_names()[-1])]
        steps += [("j", sample_names()[-1]), ("g", "a"), ("end", sample_names()[-1]), ("home", "a")]
        for key, name in steps:
            await seen.press(key)
            await cursor_on(seen, name)

    see(ALONE, play)


def test_a_long_list_follows_the_cursor(folder: ResultsFolder):
    for number in range(40):
        folder.put(f"{number:02d}.json")

    async def play(seen: Seen) -> None:
        await until(seen, lambda: "▌ 39" in seen.text)
        await seen.press("pagedown")
        page = seen.app.screen.query_one(RunsList).page
        await until(seen, lambda: f"▌ {39 - page}" in seen.text)
        await seen.press("end")
        await until(seen, lambda: f"▌ {sample_names()[-1]}" in seen.text)
        assert not any(line[2:4] == "39" for line in seen.lines)
        await seen.press("home")
        await until(seen, lambda: "▌ 39" in seen.text)

    see(ALONE, play, size=SMALL)


def test_a_click_takes_the_cursor_and_a_second_one_opens(folder: ResultsFolder, went: list[Any]):
    for name in "cba":
        folder.run(name)

    async def play(seen: Seen) -> None:
        await all_read(seen)
        await seen.pilot.click(RunsList, offset=(5, 3))
        await cursor_on(seen, "b")
        assert not went
        await seen.pilot.click(RunsList, offset=(5, 3), times=2)
        await seen.wait_for("elsewhere")
        assert went == [(folder.path / "b.json", math.inf)]

    see(ALONE, play)


def test_the_cursor_stays_on_its_file_while_others_come_and_go(
    folder: ResultsFolder, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(browsing, "POLL_S", 0.05)
    for name in "cba":
        folder.run(name)

    async def play(seen: Seen) -> None:
        await seen.press("j")
        await cursor_on(seen, "b")
        folder.run("new")
        await seen.wait_for("4 saved")
        assert listed(seen)[:4] == ["new", "a", "b", "c"]
        await cursor_on(seen, "b")
        (folder.path / "a.json").unlink()
        await seen.wait_for("3 saved")
        await cursor_on(seen, "b")
        (folder.path / "b.json").unlink()
        await seen.wait_for("2 saved")
        await cursor_on(seen, "c")

    see(ALONE, play)


def test_a_run_that_grows_is_read_again_and_followed_to_its_end(
    folder: ResultsFolder, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(browsing, "POLL_S", 0.05)
    folder.unfinished("growing")

    async def play(seen: Seen) -> None:
        await seen.wait_for("3 of 6 cells good")
        folder.run("growing")
        (folder.path / "growing.jsonl.part").unlink()
        await seen.wait_for("6 of 6 cells good")

    see(ALONE, play)


# Sorting and filtering


def test_s_sorts_by_date_name_and_speedup(folder: ResultsFolder):
    folder.run("b")
    folder.put("a.json")

    async def play(seen: Seen) -> None:
        await all_read(seen)
        assert listed(seen)[:2] == ["a", "b"]
        await seen.press("j", "s")
        await until(seen, lambda: listed(seen) == sorted(["a", "b", *sample_names()]))
        await cursor_on(seen, "b")
        await until(seen, lambda: "by name" in seen.lines[0])
        await seen.press("s")
        await until(seen, lambda: "highest speedup first" in seen.lines[0])
        assert (listed(seen)[0], listed(seen)[-1]) == ("medusa-llama-7b-bs4", "a")
        await seen.press("s")
        await until(seen, lambda: "newest first" in seen.lines[0])

    see(ALONE, play)


def test_the_filter_looks_at_name_model_device_and_status_as_one_types(folder: ResultsFolder):
    folder.run("mine")
    folder.run("half", HALF)

    async def play(seen: Seen) -> None:
        await all_read(seen)
        for typed, names in {
            "min": ["mine"],
            "cancelled": ["half"],
            "made-up": ["half", "mine"],
            "a100": ["medusa-llama-7b-bs4"],
            "llama 7b sample": sample_names(),
        }.items():
            await seen.press("/", *[{" ": "space", "-": "minus"}.get(key, key) for key in typed])
            await lists(seen, *names)
            await seen.wait_for(f"{len(names)} of 2 saved")
            await seen.press("escape")
            await until(seen, lambda: len(listed(seen)) == 2 + len(sample_names()))

    see(ALONE, play)


def test_typing_does_not_act_and_enter_keeps_the_filter(folder: ResultsFolder, went: list[Any]):
    folder.run("add")
    folder.run("other")

    async def play(seen: Seen) -> None:
        await all_read(seen)
        await seen.press("/", *"add", "tab")  # d would delete, Tab hide the list
        assert not seen.app.screen.has_class("-preview")
        assert isinstance(seen.app.screen, RunsScreen)
        await until(seen, lambda: "Esc All" in seen.lines[-1])
        await seen.press("enter")
        await until(seen, lambda: (listed(seen), went) == (["add"], []))
        await until(seen, lambda: "Esc All" in seen.lines[-1])
        await seen.press("enter")
        await seen.wait_for("elsewhere")
        assert went == [(folder.path / "add.json", math.inf)]

    see(ALONE, play)


def test_where_nothing_matches_it_says_so_and_escape_shows_all_before_it_goes_back(folder: ResultsFolder):
    folder.run("run")

    async def play(seen: Seen) -> None:
        await seen.press("/", *"xyz")
        await seen.wait_for("No run has “xyz”")
        await seen.press("d", "enter")  # typed, and kept: on nothing
        await seen.press("enter", "v", "p", "r", "d")
        assert isinstance(seen.app.screen, RunsScreen)
        await seen.press("escape")
        await until(seen, lambda: len(listed(seen)) == 1 + len(sample_names()))
        await seen.press("escape")
        await seen.wait_for("the screen below")
        assert seen.app.screen.answers == [None]

    see(ALONE, play, size=SMALL)


def test_a_worker_that_outlives_the_widgets_of_its_screen_ends_quietly(folder: ResultsFolder):
    folder.run("run")

    async def play(seen: Seen) -> None:
        await all_read(seen)
        screen = seen.app.screen
        await screen.query_one(RunsHead).remove()
        screen._show_rows()
        screen._show_wanted()

    see(ALONE, play)
