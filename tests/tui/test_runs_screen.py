"""The runs screen: saved runs looked at, opened, laid over another one, gone on with, deleted."""

from __future__ import annotations

import math
import os
import threading
from typing import Any

import pytest
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Footer, Static

from specprof.analysis.opened import Run, load
from specprof.run.journal import Journal
from specprof.run.samples import sample_names
from specprof.tui.app import SpecprofApp
from specprof.tui.screens import measuring, opened, runs
from specprof.tui.screens.confirm import Confirm
from specprof.tui.screens.frame import Frame
from specprof.tui.screens.results import ResultsScreen
from specprof.tui.screens.runs import Overlay, RunsScreen
from specprof.tui.widgets.runs_list import RunsList

from .results_folder import HALF, ResultsFolder, folder
from .seen import LEAST, SMALL, WIDE, Seen, see

__all__ = ["folder"]

SIZES = pytest.mark.parametrize("size", [WIDE, SMALL, LEAST], ids=["120x40", "80x24", "60x16"])


class Below(Frame):
    """Stands for the screen that opens the runs; `answers` is what it got of them."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[Overlay | None] = []

    def compose_body(self) -> ComposeResult:
        yield Static("the screen below", markup=False)

    def on_mount(self) -> None:
        self.app.push_screen(RunsScreen(), self.answers.append)


class Results(Below):
    """Stands for results that another run can be laid over."""

    def set_overlay(self, run: Run) -> None:
        raise AssertionError("the screen that opened the runs lays it over itself")


class Elsewhere(Frame):
    """Stands for a screen that the runs screen opens."""

    def compose_body(self) -> ComposeResult:
        yield Static("elsewhere", markup=False)


def over(screen: type[Below]):
    return lambda app: screen()


ALONE = over(Below)


@pytest.fixture
def went(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was opened: `(path, speed)` of results and replays, `Start` of runs gone on with."""
    found: list[Any] = []

    def replay(run: Run, speed: float) -> Screen[None]:
        found.append((run.path, speed))
        return Elsewhere()

    def live(start: Any, *, alone: bool) -> Screen[None]:
        assert not alone
        found.append(start)
        return Elsewhere()

    monkeypatch.setattr(opened, "replay_screen", replay)
    monkeypatch.setattr(measuring, "LiveScreen", live)
    return found


def listed(seen: Seen) -> list[str]:
    return [row.entry.name for row in seen.app.screen.query_one(RunsList).rows]


def cursor(seen: Seen) -> str:
    row = seen.app.screen.query_one(RunsList).row
    return row.entry.name if row else ""


def said(seen: Seen) -> list[str]:
    return [notice.message for notice in seen.app._notifications]


async def all_read(seen: Seen) -> None:
    """Waits until no file is left to read."""
    screen = seen.app.screen
    for _ in range(500):
        if all(row.summary for row in screen.query_one(RunsList).rows):
            break
        await seen.pilot.pause(0.02)
    assert "reading" not in seen.text
    await seen.pilot.pause()


# What is seen


def test_each_run_is_listed_with_what_it_measured(folder: ResultsFolder):
    folder.run("my-run")

    async def play(seen: Seen) -> None:
        await all_read(seen)
        lines = seen.lines
        at = next(i for i, line in enumerate(lines) if "medusa-llama-7b-bs4" in line[:50])
        assert lines[at].split("│")[0].split() == ["medusa-llama-7b-bs4", "sample"]
        words = lines[at + 1].split("│")[0].split()
        assert words == ["★", "published", "K", "32", "2.48×", "Llama", "7B", "·", "A100-80GB-PCIe"]
        assert lines[1].split("│")[0].split()[:2] == ["▌", "my-run"]
        assert lines[2].split("│")[0].split()[:3] == ["▌", "●", "complete"]

    see(ALONE, play)


def test_names_and_keys_are_there_before_any_file_is_read(
    folder: ResultsFolder, monkeypatch: pytest.MonkeyPatch
):
    for name in ("one", "two", "three"):
        folder.run(name)
    go = threading.Event()
    read = runs.open_entry
    monkeypatch.setattr(runs, "open_entry", lambda entry: go.wait(20) and read(entry))

    async def play(seen: Seen) -> None:
        assert listed(seen)[:3] == ["three", "two", "one"]
        assert "three" in seen.text
        assert "reading" in seen.text
        await seen.press("j", "j")
        assert cursor(seen) == "one"
        go.set()
        await all_read(seen)

    see(ALONE, play)


@pytest.mark.timeout(30)
def test_quitting_does_not_wait_for_a_file_that_does_not_come(
    folder: ResultsFolder, monkeypatch: pytest.MonkeyPatch
):
    never = threading.Event()
    monkeypatch.setattr(runs, "open_entry", lambda entry: never.wait(60))

    async def play(seen: Seen) -> None:
        await seen.press("q")

    see(ALONE, play)
    never.set()


@SIZES
def test_it_fits(folder: ResultsFolder, size: tuple[int, int]):
    for number in range(12):
        folder.run(f"run-with-a-rather-long-name-so-that-it-has-to-be-cut-somewhere-{number:02d}")

    async def play(seen: Seen) -> None:
        await all_read(seen)
        lines = seen.lines
        assert len(lines) == size[1]
        assert max(map(len, lines)) <= size[0]
        assert "12 saved, 2 samples, newest first" in lines[0]
        assert "-11" in lines[1]  # the end of a name is what tells runs apart
        for words in ("Enter Open", "Tab View", "d Delete", "/ Filter", "t Theme", "? Help", "q Quit"):
            assert words in lines[-1]

    see(ALONE, play, size=size)


def test_beside_the_list_stand_facts_curves_and_findings(folder: ResultsFolder):
    async def play(seen: Seen) -> None:
        await all_read(seen)
        await seen.press("end")
        await seen.wait_for("published figure, not measured here")
        await seen.wait_for("best: K 32, 2.48× ±1.2 % simulated (batch 4, seq_len 128)")
        await seen.wait_for("Llama 7B, Batch Size: 4")
        assert "★" in seen.text
        await seen.wait_for("● ")

    see(ALONE, play)


def test_tab_shows_the_preview_alone_and_back(folder: ResultsFolder):
    async def play(seen: Seen) -> None:
        await all_read(seen)
        await seen.press("end")
        await seen.wait_for("best: K 32")
        assert "Number of Candidate Tokens" not in seen.text
        await seen.press("tab")
        await seen.wait_for("Number of Candidate Tokens")
        await seen.press("k")  # the cursor still moves
        await seen.wait_for("best: K 1, no speculation")
        await seen.press("tab")
        await seen.wait_for("medusa-llama-7b-bs4")
        await seen.press("tab", "escape")
        await seen.wait_for("medusa-llama-7b-bs4")

    see(ALONE, play, size=SMALL)


def test_where_curves_cannot_be_drawn_their_table_is_shown(folder: ResultsFolder):
    async def play(seen: Seen) -> None:
        await all_read(seen)
        await seen.press("end", "tab")
        await seen.wait_for("best K  speedup")
        assert "2.48" in seen.text

    see(ALONE, play, size=LEAST)


def test_while_the_cursor_rests_nowhere_no_other_runs_preview_stays(folder: ResultsFolder):
    folder.run("fine")
    folder.put("empty.json")

    async def play(seen: Seen) -> None:
        await seen.wait_for("cannot be read: the file is empty")
        await seen.press("j")
        await seen.wait_for("6 of 6 cells good")
        assert "cannot be read" not in seen.text
        await seen.press("k")
        await seen.wait_for("cannot be read: the file is empty")
        assert "cells good" not in seen.text

    see(ALONE, play)


def test_a_wide_terminal_shows_the_preview_however_low_it_is(folder: ResultsFolder):
    folder.run("mine")

    async def play(seen: Seen) -> None:
        await seen.wait_for("6 of 6 cells good")
        assert "▌ mine" in seen.text

    see(ALONE, play, size=(120, 16))


def test_the_scrollbar_hides_nothing(folder: ResultsFolder):
    for number in range(20):
        folder.put(f"{number}.json")

    async def play(seen: Seen) -> None:
        assert len(seen.lines[1]) == 78  # a blank column, and the bar

    see(ALONE, play, size=SMALL)


def test_a_file_that_could_not_be_deleted_is_not_said_to_be(folder: ResultsFolder):
    folder.put("empty.json")
    os.mkfifo(folder.path / "pipe.json")

    async def play(seen: Seen) -> None:
        await seen.wait_for("a pipe, not a run file")
        assert "d deletes it" not in seen.text
        await seen.press("j")
        await seen.wait_for("d deletes it")

    see(ALONE, play)


@pytest.mark.timeout(60)
@SIZES
def test_a_folder_of_hostile_files_is_listed_with_the_reasons(folder: ResultsFolder, size: tuple[int, int]):
    whole = folder.run("whole").read_text()
    folder.put("cut.json", whole[:5000])
    folder.put("empty.json", "")
    folder.put("mark.json", "\ufeff" + whole)
    folder.put("utf16.json", whole.encode("utf-16"))
    folder.put("newer.json", whole.replace('"schema_version": 1', '"schema_version": 99'))
    folder.put("titled.json", whole.replace('"title": "Llama 7B"', '"title": "[@click=app.quit]\\u001b[2J"'))
    folder.put("\x1b]52;c;ZXZpbA==\x07[bold]\u202e.json", "{}")
    with (folder.path / "sparse.json").open("wb") as file:
        file.truncate(10 << 30)
    os.mkfifo(folder.path / "pipe.json")
    (folder.path / "zero.json").symlink_to("/dev/zero")
    (folder.path / "dangling.jsonl.part").symlink_to("/nowhere")
    (folder.path / "folder.json").mkdir()

    async def play(seen: Seen) -> None:
        await all_read(seen)
        rows = {row.entry.name: row.summary for row in seen.app.screen.query_one(RunsList).rows}
        readable = {name for name, summary in rows.items() if not summary.problem}
        assert readable == {"whole", "titled", *sample_names()}
        for _ in range(len(rows)):
            text = seen.text
            assert text.replace("\n", "").isprintable()
            assert "\u202e" not in text
            await seen.press("j")
        await seen.press("/", *"titled")
        await seen.wait_for("[@click=app.quit][2J")

    see(ALONE, play, size=size)


@pytest.mark.parametrize("depth", [None, "standard"])
def test_without_colours_the_cursor_is_reversed(folder: ResultsFolder, depth: Any):
    folder.run("run")

    async def play(seen: Seen) -> None:
        await all_read(seen)
        strips = seen.app.screen._compositor.render_strips()
        for y in (1, 2):
            first = next(iter(strips[y]))
            assert first.text.startswith("▌")
            assert first.style.reverse
        assert not any(segment.style.reverse for segment in strips[3] if segment.style)

    see(ALONE, play, depth=depth)


def test_in_ascii_the_list_has_signs_too(folder: ResultsFolder):
    folder.run("half", HALF)

    async def play(seen: Seen) -> None:
        await all_read(seen)
        lines = seen.app.screen.query_one(RunsList)
        text = "\n".join(lines.render_line(y).text for y in range(8))
        assert text.isascii()
        assert "> half" in text
        assert "% cancelled" in text
        assert "# complete" in text

    see(ALONE, play, ascii_only=True)


def test_without_runs_it_says_where_they_will_be_and_how_to_make_one(folder: ResultsFolder):
    async def play(seen: Seen) -> None:
        await seen.wait_for("No runs yet")
        words = " ".join(seen.text.split())
        assert str(folder.path)[-20:] in words.replace(" ", "")
        assert "specprof run" in words
        assert listed(seen) == sample_names()

    see(ALONE, play, size=SMALL)


def test_a_results_folder_that_cannot_be_read_is_said(folder: ResultsFolder):
    folder.path.rmdir()
    folder.path.write_text("")

    async def play(seen: Seen) -> None:
        await seen.wait_for("cannot read the results folder")
        assert listed(seen) == sample_names()

    see(ALONE, play, size=SMALL)


# Moving


def test_the_cursor_moves_by_arrows_and_letters_and_stays_at_the_ends(folder: ResultsFolder):
    for name in "dcba":
        folder.run(name)

    async def play(seen: Seen) -> None:
        steps = [("k", "a"), ("j", "b"), ("down", "c"), ("up", "b"), ("G", sample_names()[-1])]
        steps += [("j", sample_names()[-1]), ("g", "a"), ("end", sample_names()[-1]), ("home", "a")]
        for key, name in steps:
            await seen.press(key)
            assert cursor(seen) == name

    see(ALONE, play)


def test_a_long_list_follows_the_cursor(folder: ResultsFolder):
    for number in range(40):
        folder.put(f"{number:02d}.json")

    async def play(seen: Seen) -> None:
        assert "▌ 39" in seen.text
        await seen.press("pagedown")
        page = seen.app.screen.query_one(RunsList).page
        assert f"▌ {39 - page}" in seen.text
        await seen.press("end")
        assert f"▌ {sample_names()[-1]}" in seen.text
        assert not any(line[2:4] == "39" for line in seen.lines)
        await seen.press("home")
        assert "▌ 39" in seen.text

    see(ALONE, play, size=SMALL)


def test_a_click_takes_the_cursor_and_a_second_one_opens(folder: ResultsFolder, went: list[Any]):
    for name in "cba":
        folder.run(name)

    async def play(seen: Seen) -> None:
        await all_read(seen)
        await seen.pilot.click(RunsList, offset=(5, 3))
        assert cursor(seen) == "b"
        assert not went
        await seen.pilot.click(RunsList, offset=(5, 3), times=2)
        await seen.wait_for("elsewhere")
        assert went == [(folder.path / "b.json", math.inf)]

    see(ALONE, play)


def test_the_cursor_stays_on_its_file_while_others_come_and_go(
    folder: ResultsFolder, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(runs, "POLL_S", 0.05)
    for name in "cba":
        folder.run(name)

    async def play(seen: Seen) -> None:
        await seen.press("j")
        assert cursor(seen) == "b"
        folder.run("new")
        await seen.wait_for("4 saved")
        assert listed(seen)[:4] == ["new", "a", "b", "c"]
        assert cursor(seen) == "b"
        (folder.path / "a.json").unlink()
        await seen.wait_for("3 saved")
        assert cursor(seen) == "b"
        (folder.path / "b.json").unlink()
        await seen.wait_for("2 saved")
        assert cursor(seen) == "c"

    see(ALONE, play)


def test_a_run_that_grows_is_read_again_and_followed_to_its_end(
    folder: ResultsFolder, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(runs, "POLL_S", 0.05)
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
        assert listed(seen) == sorted(["a", "b", *sample_names()])
        assert cursor(seen) == "b"
        assert "by name" in seen.lines[0]
        await seen.press("s")
        assert "highest speedup first" in seen.lines[0]
        assert (listed(seen)[0], listed(seen)[-1]) == ("medusa-llama-7b-bs4", "a")
        await seen.press("s")
        assert "newest first" in seen.lines[0]

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
            assert listed(seen) == names
            assert f"{len(names)} of 2 saved" in seen.lines[0]
            await seen.press("escape")
            assert len(listed(seen)) == 4

    see(ALONE, play)


def test_typing_does_not_act_and_enter_keeps_the_filter(folder: ResultsFolder, went: list[Any]):
    folder.run("add")
    folder.run("other")

    async def play(seen: Seen) -> None:
        await all_read(seen)
        await seen.press("/", *"add")  # d would delete
        assert isinstance(seen.app.screen, RunsScreen)
        assert "Esc All" in seen.lines[-1]
        await seen.press("enter")
        assert (listed(seen), went) == (["add"], [])
        assert "Esc All" in seen.lines[-1]
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
        assert len(listed(seen)) == 1 + len(sample_names())
        await seen.press("escape")
        await seen.wait_for("the screen below")
        assert seen.app.screen.answers == [None]

    see(ALONE, play, size=SMALL)


# Opening, playing, going on


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
            await seen.pilot.pause(0.1)
        assert not went
        assert isinstance(seen.app.screen, RunsScreen)
        assert any(words.startswith("spoilt cannot be read: not JSON") for words in said(seen))

    see(ALONE, play)


def test_a_run_that_is_gone_by_now_is_said(folder: ResultsFolder, went: list[Any]):
    folder.run("a")
    path = folder.run("b")

    async def play(seen: Seen) -> None:
        path.unlink()
        await seen.press("j", "k", "enter")
        await seen.pilot.pause(0.1)
        assert went in ([], [(path, math.inf)])  # unless its preview had been read before

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
        assert cursor(seen) == "medusa-llama-7b-bs4"  # the run that is shown below
        await seen.press("home", "v")
        await seen.wait_for("mine")
        assert seen.app.screen is results
        await seen.press("o", "home", "enter")
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
        assert len(footer.query("FooterKey")) == 7
        await seen.press("/", *"run")
        assert len(footer.query("FooterKey")) <= 7
        await seen.press("enter")
        assert len(footer.query("FooterKey")) == 7

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
        assert (said(seen), went) == ([words], [])

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
        assert (said(seen), went) == (["a run is in progress already"], [])

    see(ALONE, play)


# Deleting


def test_d_asks_by_the_files_name_and_deletes_only_it(folder: ResultsFolder):
    for name in ("a", "b", "c"):
        folder.run(name)
    folder.put("b.jsonl.part")

    async def play(seen: Seen) -> None:
        await seen.press("j", "j")
        assert cursor(seen) == "b"
        await seen.press("d")
        assert isinstance(seen.app.screen, Confirm)
        await seen.wait_for("Delete b.json?")
        await seen.press("y")
        await seen.wait_for("2 saved")
        assert folder.names == {"a.json", "c.json"}
        assert said(seen) == ["b is deleted"]
        assert cursor(seen) == "a"

    see(ALONE, play)


@pytest.mark.parametrize("key", ["n", "escape", "enter"])
def test_any_other_answer_keeps_the_file(folder: ResultsFolder, key: str):
    folder.run("run")

    async def play(seen: Seen) -> None:
        await seen.press("d", key)
        assert isinstance(seen.app.screen, RunsScreen)
        assert folder.names == {"run.json"}

    see(ALONE, play)


def test_what_was_asked_about_is_deleted_wherever_the_cursor_is_by_then(
    folder: ResultsFolder, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(runs, "POLL_S", 0.05)
    folder.run("asked")

    async def play(seen: Seen) -> None:
        await seen.press("d")
        folder.run("new")
        await seen.pilot.pause(0.2)
        await seen.press("y")
        assert folder.names == {"new.json"}

    see(ALONE, play)


def test_a_sample_is_not_deleted_and_says_so(folder: ResultsFolder):
    async def play(seen: Seen) -> None:
        await seen.press("d")
        assert isinstance(seen.app.screen, RunsScreen)
        assert said(seen) == [f"{sample_names()[0]} is a sample that comes with specprof: it is not deleted"]

    see(ALONE, play)


def test_a_run_that_is_being_written_is_not_deleted_and_says_so(folder: ResultsFolder):
    path = folder.path / "busy.json"

    async def play(seen: Seen) -> None:
        await seen.press("d")
        await seen.wait_for("Delete the unfinished run busy?")
        await seen.press("y")
        assert said(seen) == ["a running specprof is writing busy: it is not deleted"]
        assert folder.names == {"busy.jsonl.part"}

    with Journal(path):
        see(ALONE, play)


def test_a_name_full_of_markup_is_asked_about_literally(folder: ResultsFolder):
    folder.put("[@click=app.quit]x[bold].json")

    async def play(seen: Seen) -> None:
        await seen.press("d")
        await seen.wait_for("Delete [@click=app.quit]x[bold].json?")

    see(ALONE, play)
