"""The runs screen in a test: what it is opened from, what it opens, what it says."""

from __future__ import annotations

from typing import Any

import pytest
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Static

from specprof.analysis.opened import Run
from specprof.tui.screens import measuring, opened
from specprof.tui.screens.frame import Frame
from specprof.tui.screens.runs import Overlay, RunsScreen
from specprof.tui.widgets.runs_list import RunsList

from .results_folder import folder
from .seen import LEAST, SMALL, WIDE, Seen

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
