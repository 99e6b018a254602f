"""The runs screen in a test: what it is opened from, what it opens, what it says."""

from __future__ import annotations

import time
from collections.abc import Callable
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


async def until(seen: Seen, holds: Callable[[], object], within_s: float = 30.0) -> None:
    """Waits until something holds: on a busy machine a key takes its time."""
    end = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end, f"it never held:\n{seen.text}"
        await seen.pilot.pause(0.02)


async def cursor_on(seen: Seen, name: str) -> None:
    await until(seen, lambda: cursor(seen) == name)


async def lists(seen: Seen, *names: str) -> None:
    await until(seen, lambda: listed(seen) == [*names])


async def all_read(seen: Seen) -> None:
    """Waits until no file is left to read."""
    rows = seen.app.screen.query_one(RunsList)
    await until(seen, lambda: all(row.summary for row in rows.rows) and "reading" not in seen.text)
