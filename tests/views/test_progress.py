"""Progress on stderr: live in a terminal, whole lines in a pipe."""

import io
import os
import pty
import select
import subprocess
import sys
from dataclasses import replace

import pytest
from rich.cells import cell_len

from specprof.run.statistics import Estimate
from specprof.views.glyphs import ASCII, UNICODE
from specprof.views.palette import PLAIN, load_palette
from specprof.views.progress import (
    LineProgress,
    ProgressSnapshot,
    RichProgress,
    live_lines,
    progress_for,
)
from specprof.views.terminal import Surface

HERE = ProgressSnapshot(
    phase="measuring",
    batch_size=1,
    seq_len=512,
    candidates=48,
    round=7,
    samples=9,
    cells_done=14,
    cells_total=24,
    latency_ms=Estimate(118.3, 115.3, 121.3),
    achieved_ci=0.031,
    target_ci=0.05,
    utilisation_pct=96.2,
    elapsed_s=31,
    left_s=93,
)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_live_lines_say_where_it_is_and_what_came_out() -> None:
    bar, where, what = (line.plain for line in live_lines(HERE, 120, PLAIN, UNICODE))
    assert bar.startswith("measuring ━")
    assert bar.endswith("14/24 cells  31 s, about 1 min 33 s left")
    # a quarter of the time has passed: 15 of the bar's 60 characters
    assert (bar.count("━"), bar.count("─")) == (15, 45)
    assert where == "batch 1 · seq_len 512 · K 48 · round 7 · 9 samples"
    assert what == "118.3 ms ±2.5 % · row within ±3.1 %, target ±5.0 % · host CPU 96 %"


@pytest.mark.parametrize("width", [10, 20, 44, 80, 200])
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_live_lines_are_cut_to_the_width(width: int, glyphs) -> None:
    lines = live_lines(HERE, width, load_palette(), glyphs)
    assert len(lines) == 3
    assert max(cell_len(line.plain) for line in lines) <= width
    assert glyphs is UNICODE or all(line.plain.isascii() for line in lines)


def test_what_is_not_known_is_not_shown() -> None:
    lines = live_lines(ProgressSnapshot(phase="starting"), 80, PLAIN, UNICODE)
    assert [line.plain.rstrip("─ ") for line in lines[1:]] == ["", ""]
    assert "None" not in lines[0].plain
    assert "cells" not in lines[0].plain


def test_the_bar_goes_by_cells_where_no_time_is_known() -> None:
    assert replace(HERE, left_s=None).share == pytest.approx(14 / 24)
    assert ProgressSnapshot(phase="starting").share == 0
    assert replace(HERE, left_s=-50).share == 1.0


def said(stream: io.StringIO) -> list[str]:
    return stream.getvalue().splitlines()


def test_a_pipe_gets_a_line_at_phases_rows_cells_and_every_ten_seconds() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = LineProgress(stream, UNICODE, clock)
    progress.update(replace(HERE, phase="starting"))
    progress.update(HERE)
    assert [line.split(":")[0] for line in said(stream)] == ["starting", "measuring"]
    for _ in range(19):
        clock.now += 0.5
        progress.update(HERE)
    assert len(said(stream)) == 2
    clock.now += 0.5
    progress.update(HERE)
    assert len(said(stream)) == 3
    clock.now += 0.5
    progress.update(replace(HERE, cells_done=15))
    assert len(said(stream)) == 3
    clock.now += 0.5
    progress.update(replace(HERE, cells_done=16))
    assert len(said(stream)) == 4
    progress.update(replace(HERE, cells_done=16, seq_len=2048))
    assert len(said(stream)) == 5
    assert said(stream)[-1] == (
        "measuring: 16/24 cells, batch 1, seq_len 2048, K 48, round 7, 9 samples, 118.3 ms ±2.5 %, "
        "row within ±3.1 %, target ±5.0 %, host CPU 96 %, 31 s, about 1 min 33 s left"
    )


def test_the_last_line_is_said_at_the_end() -> None:
    stream, clock = io.StringIO(), Clock()
    with LineProgress(stream, UNICODE, clock) as progress:
        progress.update(HERE)
        progress.update(replace(HERE, cells_done=24, elapsed_s=60, left_s=0))
        assert len(said(stream)) == 1
    assert said(stream)[-1].startswith("measuring: 24/24 cells")


def test_a_pipe_gets_no_escape_and_no_second_line_from_a_string() -> None:
    stream = io.StringIO()
    with LineProgress(stream, ASCII) as progress:
        progress.update(HERE)
        progress.notice("warning", "\x1b[31mred\x1b[0m [bold]b[/bold]\nnext\r\x9b ±")
    assert "\x1b" not in stream.getvalue()
    assert stream.getvalue().isascii()
    assert len(said(stream)) == 2
    assert "[bold]b[/bold] next" in said(stream)[1]


def test_a_stream_that_is_no_terminal_gets_lines() -> None:
    assert isinstance(progress_for(io.StringIO()), LineProgress)


LIVE = Surface(width=100, height=20, live=True, depth="truecolor", glyphs=UNICODE, theme="dark")


def test_a_terminal_is_drawn_at_most_twice_a_second() -> None:
    stream, clock = io.StringIO(), Clock()
    with RichProgress(stream, LIVE, load_palette(), clock) as progress:
        progress.update(HERE)
        drawn = len(stream.getvalue())
        for _ in range(4):
            clock.now += 0.1
            progress.update(replace(HERE, round=8))
        assert len(stream.getvalue()) == drawn
        progress.update(replace(HERE, phase="finishing"))
        assert len(stream.getvalue()) > drawn
        drawn = len(stream.getvalue())
        clock.now += 0.5
        progress.update(replace(HERE, phase="finishing", round=9))
        assert "round 9" in stream.getvalue()[drawn:]


def test_a_notice_on_a_terminal_is_literal() -> None:
    stream = io.StringIO()
    with RichProgress(stream, LIVE, load_palette()) as progress:
        progress.notice("error", "[/nope] \x1b]52;c;QQ==\x07 end")
    assert "[/nope] ]52;c;QQ== end" in stream.getvalue()


SCRIPT = """
import sys, time
from specprof.views.progress import ProgressSnapshot, progress_for
with progress_for(sys.stderr) as progress:
    progress.update(ProgressSnapshot(phase="measuring", seq_len=512, cells_total=24))
    progress.notice("info", "a notice")
"""


def on_a_pty(**environ: str) -> str:
    ours, theirs = pty.openpty()
    clean = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS", "LINES", "COLORTERM")}
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stdin=theirs, stdout=theirs, stderr=theirs, env={**clean, **environ}
    ) as child:
        os.close(theirs)
        found = b""
        while select.select([ours], [], [], 60)[0]:
            try:
                piece = os.read(ours, 65536)
            except OSError:
                break
            if not piece:
                break
            found += piece
    os.close(ours)
    assert child.returncode == 0
    return found.decode()


def test_a_real_terminal_is_left_as_it_was_with_the_notice_on_it() -> None:
    shown = on_a_pty(TERM="xterm-256color")
    assert "a notice" in shown
    assert "\x1b[?25l" in shown  # the cursor is hidden
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")  # and back at the end
    assert shown.rstrip().endswith("\x1b[2K")  # the live lines are wiped


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_dumb_terminal_gets_lines_without_escapes(term: str) -> None:
    shown = on_a_pty(TERM=term)
    assert "\x1b" not in shown
    assert "measuring: 0/24 cells, seq_len 512" in shown


def test_without_colour_a_terminal_still_has_live_lines() -> None:
    shown = on_a_pty(TERM="xterm-256color", NO_COLOR="1")
    assert "\x1b[?25l" in shown
    assert "\x1b[38" not in shown
    assert "\x1b[1m" not in shown
