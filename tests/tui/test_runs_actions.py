"""The runs screen: saved runs opened, laid over another one, gone on with, deleted."""

from __future__ import annotations

import math
from typing import Any

import pytest
from textual.widgets import Footer

from specprof.analysis.opened import load
from specprof.run.journal import Journal
from specprof.run.samples import sample_names
from specprof.tui.app import SpecprofApp
from specprof.tui.screens import browsing
from specprof.tui.screens.confirm import Confirm
from specprof.tui.screens.results import ResultsScreen
from specprof.tui.screens.runs import Overlay, RunsScreen

from .results_folder import ResultsFolder, folder
from .runs_seen import ALONE, Below, Results, all_read, cursor_on, over, said, until, went
from .seen import Seen, see

__all__ = ["folder", "went"]


@pytest.mark.parametrize(("key", "speed"), [("enter", math.inf), ("p", 1.0)])
def test_enter_opens_the_results_and_p_plays_from_the_start(
    folder: ResultsFolder, went: list[Any], key: str, speed: float
):
    path = folder.run("run")

    async def play(seen: Seen) -> None:
        await seen.press(key)
        await seen.wait_for("elsewhere")
        assert went == [(path, speed)]
        assert isinstance(seen.app.screen_stack[-2], RunsScreen)  # back leads to the list

    see(ALONE, play)


def test_over_results_what_is_opened_takes_their_place(folder: ResultsFolder, went: list[Any]):
    folder.run("run")

    async def play(seen: Seen) -> None:
        before = len(seen.app.screen_stack)
        await seen.press("enter")
        await seen.wait_for("elsewhere")
        kinds = [type(screen) for screen in seen.app.screen_stack]
        assert Results not in kinds
        assert RunsScreen not in kinds
        assert len(kinds) == before - 1

    see(over(Results), play)


def test_what_cannot_be_read_is_not_opened_and_says_why(folder: ResultsFolder, went: list[Any]):
    folder.put("spoilt.json", "not a run")

    async def play(seen: Seen) -> None:
        for key in ("enter", "p"):
            await seen.press(key)
            await until(seen, lambda: said(seen))
        assert not went
        assert isinstance(seen.app.screen, RunsScreen)
        assert any(words.startswith("spoilt cannot be read: not JSON") for words in said(seen))

    see(ALONE, play)


@pytest.mark.parametrize("key", ["v", "space"])
def test_over_results_v_answers_the_run_to_lay_over_them(folder: ResultsFolder, key: str):
    path = folder.run("run")

    async def play(seen: Seen) -> None:
        await seen.wait_for("v Overlay")
        await seen.press(key)
        await seen.wait_for("the screen below")
        (answer,) = seen.app.screen.answers
        assert isinstance(answer, Overlay)
        assert answer.run.path == path

    see(over(Results), play)


def test_from_real_results_a_run_is_laid_over_them_and_another_one_opened_in_their_place(
    folder: ResultsFolder,
):
    folder.run("mine")

    async def play(seen: Seen) -> None:
        results = seen.app.screen
        await seen.press("o")
        await seen.wait_for("1 saved")
        await cursor_on(seen, "medusa-llama-7b-bs4")  # the run that is shown below
        await seen.press("home", "v")
        await seen.wait_for("mine")
        await until(seen, lambda: seen.app.screen is results)
        await seen.press("o")
        await seen.wait_for("1 saved")
        await seen.press("home", "enter")
        await seen.wait_for("Made-up CPU")
        assert isinstance(seen.app.screen, ResultsScreen)
        assert seen.app.screen.run.path == folder.path / "mine.json"
        assert results not in seen.app.screen_stack

    see(lambda app: ResultsScreen(load("medusa-llama-7b-bs4")), play)


def test_elsewhere_there_is_nothing_to_lay_a_run_over(folder: ResultsFolder):
    folder.run("run")

    async def play(seen: Seen) -> None:
        await all_read(seen)
        await seen.press("v", "space")
        await seen.pilot.pause(0.1)
        assert isinstance(seen.app.screen, RunsScreen)
        assert "Overlay" not in seen.text

    see(ALONE, play)


@pytest.mark.parametrize("screen", [Below, Results])
def test_the_footer_has_at_most_seven_keys(folder: ResultsFolder, screen: type[Below]):
    folder.run("run")

    async def play(seen: Seen) -> None:
        footer = seen.app.screen.query_one(Footer)
        await until(seen, lambda: 5 <= len(footer.query("FooterKey")) <= 7)
        await seen.press("/", *"run")
        await seen.wait_for("Esc All")
        assert len(footer.query("FooterKey")) <= 7
        await seen.press("enter")
        await until(seen, lambda: 5 <= len(footer.query("FooterKey")) <= 7)

    see(over(screen), play)


def test_every_key_is_in_the_help(folder: ResultsFolder):
    async def play(seen: Seen) -> None:
        await seen.press("question_mark")
        for words in ("go on with an unfinished run", "sort by", "play it", "the preview alone", "next run"):
            await seen.wait_for(words)

    see(ALONE, play, size=(80, 50))


def test_r_goes_on_with_an_unfinished_run(folder: ResultsFolder, went: list[Any]):
    folder.unfinished("run")

    async def play(seen: Seen) -> None:
        await seen.wait_for("r goes on with it")
        await seen.press("r")
        await seen.wait_for("elsewhere")
        (start,) = went
        assert start.resume
        assert start.output == folder.path / "run.json"

    see(ALONE, play)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (["home"], "whole is complete: there is nothing to go on with"),
        (["end"], "medusa-llama-7b-bs4 is a sample: there is nothing to go on with"),
    ],
)
def test_what_is_complete_or_a_sample_is_not_gone_on_with(
    folder: ResultsFolder, went: list[Any], keys: list[str], words: str
):
    folder.run("whole")

    async def play(seen: Seen) -> None:
        await all_read(seen)
        await seen.press(*keys, "r")
        await until(seen, lambda: (said(seen), went) == ([words], []))

    see(ALONE, play)


def test_while_a_run_is_measured_no_other_one_is_gone_on_with(
    folder: ResultsFolder, went: list[Any], monkeypatch: pytest.MonkeyPatch
):
    folder.unfinished("run")

    async def play(seen: Seen) -> None:
        await all_read(seen)
        with monkeypatch.context() as patch:
            patch.setattr(SpecprofApp, "measuring", True)
            await seen.press("r")
            await until(seen, lambda: said(seen))
        assert (said(seen), went) == (["a run is in progress already"], [])

    see(ALONE, play)


# Deleting


def test_d_asks_by_the_files_name_and_deletes_only_it(folder: ResultsFolder):
    for name in ("a", "b", "c"):
        folder.run(name)
    folder.put("b.jsonl.part")

    async def play(seen: Seen) -> None:
        await seen.press("j", "j")
        await cursor_on(seen, "b")
        await seen.press("d")
        await until(seen, lambda: isinstance(seen.app.screen, Confirm))
        await seen.wait_for("Delete b.json?")
        await seen.press("y")
        await seen.wait_for("2 saved")
        await until(seen, lambda: folder.names == {"a.json", "c.json"})
        await until(seen, lambda: said(seen) == ["b is deleted"])
        await cursor_on(seen, "a")

    see(ALONE, play)


@pytest.mark.parametrize("key", ["n", "escape", "enter"])
def test_any_other_answer_keeps_the_file(folder: ResultsFolder, key: str):
    folder.run("run")

    async def play(seen: Seen) -> None:
        await seen.press("d")
        await seen.wait_for("Delete run.json?")
        await seen.press(key)
        await until(seen, lambda: isinstance(seen.app.screen, RunsScreen))
        assert folder.names == {"run.json"}

    see(ALONE, play)


def test_what_was_asked_about_is_deleted_wherever_the_cursor_is_by_then(
    folder: ResultsFolder, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(browsing, "POLL_S", 0.05)
    folder.run("asked")

    async def play(seen: Seen) -> None:
        await seen.press("d")
        await seen.wait_for("Delete asked.json?")
        folder.run("new")
        await seen.pilot.pause(0.2)
        await seen.press("y")
        await until(seen, lambda: folder.names == {"new.json"})

    see(ALONE, play)


def test_a_sample_is_not_deleted_and_says_so(folder: ResultsFolder):
    async def play(seen: Seen) -> None:
        await seen.press("d")
        assert isinstance(seen.app.screen, RunsScreen)
        await until(seen, lambda: said(seen))
        assert said(seen) == [f"{sample_names()[0]} is a sample that comes with specprof: it is not deleted"]

    see(ALONE, play)


def test_a_run_that_is_being_written_is_not_deleted_and_says_so(folder: ResultsFolder):
    path = folder.path / "busy.json"

    async def play(seen: Seen) -> None:
        await seen.press("d")
        await seen.wait_for("Delete the unfinished run busy?")
        await seen.press("y")
        await until(seen, lambda: said(seen) == ["a running specprof is writing busy: it is not deleted"])
        assert folder.names == {"busy.jsonl.part"}

    with Journal(path):
        see(ALONE, play)


def test_a_name_full_of_markup_is_asked_about_literally(folder: ResultsFolder):
    folder.put("[@click=app.quit]x[bold].json")

    async def play(seen: Seen) -> None:
        await seen.press("d")
        await seen.wait_for("Delete [@click=app.quit]x[bold].json?")

    see(ALONE, play)
