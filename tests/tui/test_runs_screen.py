"""The runs screen: what is seen of saved runs, at the sizes people have, whatever lies in the folder."""

from __future__ import annotations

import os
import threading
from typing import Any

import pytest

from specprof.run.samples import sample_names
from specprof.tui.screens import browsing
from specprof.tui.widgets.runs_list import RunsList

from .results_folder import HALF, ResultsFolder, folder
from .runs_seen import ALONE, SIZES, all_read, cursor_on, listed
from .seen import LEAST, SMALL, Seen, see

__all__ = ["folder"]


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
    read = browsing.open_entry
    monkeypatch.setattr(browsing, "open_entry", lambda entry: go.wait(20) and read(entry))

    async def play(seen: Seen) -> None:
        assert listed(seen)[:3] == ["three", "two", "one"]
        assert "three" in seen.text
        assert "reading" in seen.text
        await seen.press("j", "j")
        await cursor_on(seen, "one")
        go.set()
        await all_read(seen)

    see(ALONE, play)


@pytest.mark.timeout(30)
def test_quitting_does_not_wait_for_a_file_that_does_not_come(
    folder: ResultsFolder, monkeypatch: pytest.MonkeyPatch
):
    never = threading.Event()
    monkeypatch.setattr(browsing, "open_entry", lambda entry: never.wait(60))

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
        assert "12 saved, 3 samples, newest first" in lines[0]
        assert "-11" in lines[1]  # the end of a name is what tells runs apart
        for words in ("Enter Open", "Tab View", "d Delete", "/ Filter", "? Help", "q Quit"):
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
    folder.put("newer.json", whole.replace('"schema_version": 2', '"schema_version": 99'))
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
