"""Terminals that are too small, cannot be drawn on, or are none."""

from __future__ import annotations

from pathlib import Path

import pytest
from app_on_pty.conftest import Specprof

from specprof.run.reading import load_record


def test_row_28_sizes_too_small_say_so_and_recover(specprof: Specprof):
    specprof.stage.does((0, "sample 15", "pause"))
    terminal = specprof.run()
    terminal.wait_for("Batch Size: 1")
    terminal.resize(20, 5)
    terminal.wait_for("too small")
    terminal.resize(1, 1)
    terminal.wait_quiet(0.3)
    for width in (200, 3, 61, 119, 45, 80):
        terminal.resize(width, max(1, width // 4))
    terminal.resize(120, 40)
    terminal.wait_for("Batch Size: 1")
    terminal.wait_for("Notices")
    specprof.stage.goes_on()
    terminal.wait_for("1 Speed")
    terminal.press("q")
    assert terminal.wait_exit() == 0
    terminal.assert_restored()


@pytest.mark.parametrize("term", ["dumb", "", None], ids=["dumb", "empty", "unset"])
def test_row_29_a_terminal_that_cannot_be_drawn_on_gets_no_escape(specprof: Specprof, term: str | None):
    terminal = specprof.run(TERM=term)
    assert terminal.wait_exit() == 0
    assert b"\x1b" not in terminal.raw
    assert load_record(specprof.run_file).record.status == "complete"


def test_row_30_without_a_terminal_on_stdout_it_is_headless(specprof: Specprof, tmp_path: Path):
    out = tmp_path / "out"
    terminal = specprof.run(stdout=out)
    assert terminal.wait_exit() == 0
    assert b"\x1b" not in out.read_bytes()
    assert b"Tiny Llama" in out.read_bytes()
    assert b"\x1b[?1049h" not in terminal.raw
