"""A file from elsewhere on screen: none of its strings is obeyed, by the terminal or by the app."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from app_on_pty.conftest import Specprof
from on_pty.sequences import escapes
from run.streams import Story, build_record

from specprof.run.journal import document_text

from .hostile import REACHES_NO_TERMINAL, all_hostile, documents

SAID = "[/x][@click=app.quit]click[/] [bold red]"
NO_ESCAPE = re.compile("[\x1b\x07\x08\r\x0e\x0f]")
"""What the app's own writing is made of; `escapes` says that all of it is the app's."""
OBEYED_ANYWAY = {"ESC", "CSI", "OSC 22"}
"""What the app itself writes, the shape of the pointer among it; a file would bring OSC 52, C1, titles."""


def check_escapes(raw: bytes) -> None:
    assert [one for one in escapes(raw) if not {one.kind, one.name} & OBEYED_ANYWAY] == []


@pytest.fixture
def file(specprof: Specprof) -> Path:
    path = specprof.home / "run\x1b]52;c;eA==\x07[@click=app.quit].json"
    path.write_text(json.dumps(all_hostile(documents()["run"])), encoding="ascii")
    return path


def test_rows_42_43_nothing_in_a_file_is_obeyed(specprof: Specprof, file: Path):
    terminal = specprof("replay", file, "--speed", "max")
    terminal.wait_for("1 Speed")
    for key in "2345678":
        terminal.press(key)
        terminal.wait_quiet(0.2)
    assert SAID in " ".join(terminal.text().split())
    terminal.press("p")
    terminal.wait_for("replay")
    terminal.press("end", "l")
    terminal.wait_for("Esc closes")
    assert "[/x][@click=app.quit]click[/]" in terminal.text()
    terminal.click(*terminal.find("click"))
    terminal.wait_quiet(0.2)
    assert terminal.exit_code is None
    terminal.press("escape", "q")
    assert terminal.wait_exit() == 0
    terminal.assert_restored()
    check_escapes(terminal.raw)
    assert terminal.titles == []
    assert REACHES_NO_TERMINAL.search(NO_ESCAPE.sub("", terminal.raw.decode())) is None


def test_row_42_a_hostile_name_in_the_results_folder_is_shown_clean(specprof: Specprof, file: Path):
    runs = specprof.home / "data" / "specprof" / "runs"
    runs.mkdir(parents=True)
    file.rename(runs / file.name)
    terminal = specprof()
    terminal.wait_for("]52;c;eA==")
    terminal.press("o")
    terminal.wait_for("newest first")
    terminal.wait_quiet(0.3)
    terminal.press("q")
    assert terminal.wait_exit() == 0
    check_escapes(terminal.raw)


def test_row_45_times_that_go_back_play_and_are_said(specprof: Specprof):
    document = json.loads(document_text(build_record(Story(rounds=8))))
    times = document["cells"][1]["measured_ms"]["sampled_at_s"]
    times[3] = 0.0
    times[-1] = 1e9 - 1
    path = specprof.home / "back.json"
    path.write_text(json.dumps(document))
    terminal = specprof("replay", path, "--speed", "3")
    terminal.wait_for("a gap of 1e+09 s is played as 5 s")
    terminal.wait_for("1 Speed")
    terminal.press("8")
    terminal.wait_for("a time that goes back is held at the time before")
    terminal.press("q")
    assert terminal.wait_exit() == 0
