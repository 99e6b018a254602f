"""The plan screen: its fields, what they come to, recent runs, and starting."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from specprof.plan.assemble import Asked
from specprof.session import library
from specprof.telemetry.probe import Probe
from specprof.tui.screens import plan
from specprof.tui.screens.measuring import LiveScreen
from specprof.tui.screens.plan import PlanScreen
from specprof.tui.screens.results import ResultsScreen
from specprof.tui.screens.runs import RunsScreen
from specprof.tui.widgets.recent_runs import RecentRuns

from .seen import LEAST, SMALL, WIDE, Seen, see


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async def probe() -> Probe:
        return Probe(available=False, reason="a test")

    monkeypatch.setattr(plan, "probe", probe)
    monkeypatch.setattr(library, "runs_folder", lambda: tmp_path / "runs")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Asked]:
    """What was started; nothing is measured."""
    found: list[Asked] = []

    def on_mount(screen: LiveScreen) -> None:
        found.append(screen._start.asked)

    monkeypatch.setattr(LiveScreen, "on_mount", on_mount)
    return found


def shown(asked: Asked | None = None):
    return lambda app: PlanScreen(asked)


@pytest.mark.parametrize("size", [WIDE, SMALL, LEAST], ids=["120x40", "80x24", "60x16"])
def test_fields_device_and_runs_are_there_at_every_size(size) -> None:
    async def play(seen: Seen) -> None:
        for words in ("model", "candidates", "target ± %", "seed", "cells", "Start", "Quit"):
            assert words in seen.text
        await seen.wait_for("a test" if size == WIDE else "cpu")
        await seen.wait_for("medusa-llama-7b-bs4" if size != LEAST else "llama-7b-cpu-bs1")

    see(shown(), play, size=size)


def test_enter_starts_the_plan_with_exactly_what_the_fields_hold(started) -> None:
    async def play(seen: Seen) -> None:
        await seen.press(*["down"] * 3, "4", *["down"] * 4, "1", "comma", "8")
        await seen.press("enter")
        assert started == [Asked(layers="4", candidates="1,8")]

    see(shown(), play)


def test_nothing_changed_starts_the_defaults(started) -> None:
    async def play(seen: Seen) -> None:
        await seen.press("enter")
        assert started == [Asked()]

    see(shown(), play)


def test_a_fault_is_said_as_one_types_and_nothing_starts(started) -> None:
    async def play(seen: Seen) -> None:
        await seen.press(*["down"] * 7, "0")
        assert "candidates 0 is out of range: use 1 to 1048576" in " ".join(seen.text.split())
        await seen.press("enter")
        assert started == []
        await seen.press("backspace", "8")
        assert "out of range:" not in seen.app.screen.query_one("#plan-summary").render().plain

    see(shown(), play)


def test_letters_that_a_number_cannot_hold_are_keys_of_the_screen() -> None:
    async def play(seen: Seen) -> None:
        await seen.press(*["down"] * 7)
        before = seen.app.theme
        await seen.press("t")
        assert seen.app.theme != before
        await seen.press("question_mark")
        await seen.wait_for("Esc closes")
        await seen.press("escape", "o")
        assert isinstance(seen.app.screen, RunsScreen)

    see(shown(), play)


def test_in_the_model_s_field_letters_are_text() -> None:
    async def play(seen: Seen) -> None:
        await seen.press("down", "down", *"tiny")
        assert seen.app.screen._form.texts["model"] == "tiny"
        assert "Tiny" not in seen.text
        await seen.press("escape")
        assert seen.app.focused is None

    see(shown(), play)


def test_choices_are_stepped_through() -> None:
    async def play(seen: Seen) -> None:
        field = seen.app.screen._form.fields["attention"]
        field.focus()
        await seen.press("right")
        assert field.text == "eager"
        await seen.press("left")
        assert field.text == "sdpa"

    see(shown(), play)


def test_a_plan_given_stands_in_the_fields(started) -> None:
    asked = Asked(model="tiny", candidates="1,2", seed=3, target_ci_pct=10.0)

    async def play(seen: Seen) -> None:
        assert seen.app.screen._form.texts["candidates"] == "1,2"
        await seen.press("enter")
        assert started == [asked]

    see(shown(asked), play)


def test_a_sample_is_opened_from_the_list_and_escape_comes_back() -> None:
    async def play(seen: Seen) -> None:
        await seen.wait_for("published")
        runs = seen.app.screen.query_one(RecentRuns)
        runs.focus()
        await seen.press("down", "enter")
        for _ in range(100):
            if isinstance(seen.app.screen, ResultsScreen):
                break
            await asyncio.sleep(0.02)
        assert isinstance(seen.app.screen, ResultsScreen)
        assert seen.app.screen.run.published
        await seen.press("escape")
        assert isinstance(seen.app.screen, PlanScreen)

    see(shown(), play)


def test_slash_filters_the_runs_and_escape_shows_all_again() -> None:
    async def play(seen: Seen) -> None:
        runs = seen.app.screen.query_one(RecentRuns)
        assert len(runs.rows) == 2
        await seen.press("slash", *"medusa")
        assert [row.entry.name for row in runs.rows] == ["medusa-llama-7b-bs4"]
        await seen.press("escape")
        assert len(runs.rows) == 2

    see(shown(), play)


def test_an_unreadable_run_is_listed_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "spoilt.json").write_text("")

    async def play(seen: Seen) -> None:
        await seen.wait_for("the file is empty")

    see(shown(), play)


def test_q_quits() -> None:
    async def play(seen: Seen) -> None:
        await seen.press("q")

    assert see(shown(), play).return_value == 0
