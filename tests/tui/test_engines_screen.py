"""What to paste into an engine, from the results."""

from __future__ import annotations

import pytest

from specprof.engines.registry import ENGINES
from specprof.tui.screens.engines import EnginesScreen
from specprof.tui.screens.results import ResultsScreen

from .results_shown import PUBLISHED_FIGURE, SHORT, SIZES, results_of
from .seen import Seen, see


@SIZES
def test_e_shows_what_to_paste_under_the_model_on_the_screen(size):
    async def play(seen: Seen) -> None:
        await seen.press("a", "e")  # chain, α = 0.8
        assert isinstance(seen.app.screen, EnginesScreen)
        assert "[1 vllm]" in seen.text
        flat = "".join(line.strip(" │|") for line in seen.lines)
        assert '"num_speculative_tokens":15' in flat.replace(" ", "")
        assert "Esc closes" in seen.text
        await seen.press("escape")
        assert isinstance(seen.app.screen, ResultsScreen)

    see(results_of(PUBLISHED_FIGURE), play, size=size)


def test_every_engine_has_a_page_and_tab_goes_round():
    async def play(seen: Seen) -> None:
        await seen.press("e")
        for number, engine in enumerate(ENGINES, start=1):
            assert f"[{number} {engine}]" in seen.text
            await seen.press("tab")
        assert "[1 vllm]" in seen.text
        await seen.press("2")
        assert "SGLang's draft tokens include the root: 32 of them are 32 candidates" in seen.text
        await seen.press("left")
        assert "[1 vllm]" in seen.text

    see(results_of(PUBLISHED_FIGURE), play)


def test_an_engine_that_this_run_is_nothing_for_says_why():
    async def play(seen: Seen) -> None:
        await seen.press("e", "5")
        assert "this run holds no batch 1" in seen.text
        assert "c copies" not in seen.text

    see(results_of(PUBLISHED_FIGURE), play)


def test_c_copies_what_to_paste_and_nothing_else(monkeypatch: pytest.MonkeyPatch):
    copied: list[str] = []

    async def play(seen: Seen) -> None:
        monkeypatch.setattr(seen.app, "copy_to_clipboard", copied.append)
        await seen.press("e", "c")
        assert "sent to the terminal's clipboard" in seen.text
        await seen.press("tab")
        assert "sent to" not in seen.text
        await seen.press("5", "c")  # nothing to copy there

    see(results_of(PUBLISHED_FIGURE), play)
    (text,) = copied
    assert text.startswith("--speculative-config '")
    assert text.endswith("'\n")


def test_where_speculation_does_not_pay_that_is_what_it_says():
    async def play(seen: Seen) -> None:
        await seen.press("a", *["minus"] * 80, "e")  # α = 0: nothing is ever accepted
        assert "start vLLM without --speculative-config" in seen.text

    see(results_of(SHORT), play)


def test_the_length_under_the_crosshair_is_the_one_asked_for():
    async def play(seen: Seen) -> None:
        await seen.press("right", "e")
        assert "seq_len 128" in seen.text
        assert "seq_len 256" not in seen.text

    see(results_of(PUBLISHED_FIGURE), play)
