"""A file from elsewhere on screen: none of its strings is obeyed, by the terminal or by the app."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from on_pty.sequences import escapes
from run.streams import Story, build_record

from specprof.run.journal import document_text

from .conftest import Specprof

HOSTILE = (
    "\x1b]52;c;aGFja2Vk\x07\x1b[2J\x1b]0;title\x07\x9b31m\x9d0;t\x9c"
    "\u202egnp.exe\u2066\u200b\ud800[/x][@click=app.quit]click[/] [bold red]$(id)"
)
SAID = "[/x][@click=app.quit]click[/] [bold red]$(id)"
OBEYED_ANYWAY = {"ESC", "CSI", "OSC 22"}
"""What the app itself writes, the shape of the pointer among it; a file would bring OSC 52, C1, titles."""


def hostile(value):
    """The document with every string hostile that may be any string, keys of mappings included."""
    kept = {
        "status", "dtype", "device", "attention", "execution", "workload", "tree", "kind", "source",
        "verdict", "stop_reason", "level", "schema_version",
    }  # fmt: skip
    if isinstance(value, dict):
        return {
            key: item if key in kept and not isinstance(item, dict) else hostile(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [hostile(item) for item in value]
    return HOSTILE if isinstance(value, str) else value


def check_escapes(raw: bytes) -> None:
    assert [one for one in escapes(raw) if not {one.kind, one.name} & OBEYED_ANYWAY] == []


@pytest.fixture
def file(specprof: Specprof) -> Path:
    document = json.loads(document_text(build_record(Story(on_gpu=True, rounds=8))))
    document["notices"] = [{"t_s": 0.1, "level": "warning", "text": HOSTILE}]
    document["telemetry_sources"][0]["missing"] = {HOSTILE: HOSTILE}
    path = specprof.home / "run\x1b]52;c;eA==\x07[@click=app.quit].json"
    path.write_text(json.dumps(hostile(document)), encoding="ascii")
    return path


def test_rows_42_and_43_nothing_in_a_file_is_obeyed(specprof: Specprof, file: Path):
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
    for sign in ("\u202e", "\u2066", "\u200b", "\x9b"):
        assert sign.encode() not in terminal.raw


def test_a_hostile_name_in_the_results_folder_is_shown_clean(specprof: Specprof, file: Path):
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
