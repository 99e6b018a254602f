"""Where the time goes, in the app; and what the crosshair and the environment view say of how it was run."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from views.profiled_run import HOSTILE, profiled, with_checks, with_kernels

from specprof.analysis.opened import Run
from specprof.tui.screens.help import HelpScreen

from .results_shown import PUBLISHED_FIGURE, SHORT, SIZES, put, results_of, words
from .seen import SMALL, WIDE, Seen, see


async def read_page(seen: Seen) -> str:
    """All of a page, scrolled through."""
    said = seen.text
    for _ in range(8):
        await seen.press("pagedown")
        said += "\n" + seen.text
    return said


@SIZES
def test_0_shows_a_bar_for_every_cell_with_its_legend_and_scrolls(size):
    async def play(seen: Seen) -> None:
        await seen.press("0")
        assert "[0 Br" in seen.lines[1]
        assert "Where the time of a verify step goes" in seen.lines[2]
        assert "██ linear" in seen.lines[3]
        said = await read_page(seen)
        assert "batch 1, seq_len 8192" in said
        assert "108.25" in said
        assert "profiled once" in said
        assert max(map(cell_len, said.split("\n"))) <= size[0]

    see(results_of(Run.of(profiled())), play, size=size)


@SIZES
def test_all_views_stand_in_the_line_of_views(size):
    async def play(seen: Seen) -> None:
        for key in "1234567890":
            await seen.press(key)
            assert all(f"{digit} " in seen.lines[1] for digit in "1234567890")

    see(results_of(SHORT), play, size=size)


def test_without_colour_and_in_ascii_the_parts_have_signs():
    async def play(seen: Seen) -> None:
        await seen.press("0")
        assert "## linear   == attention   -- elementwise   :: head   .. gaps" in seen.text
        assert "#:" not in seen.text
        assert "=-" in seen.text
        # textual draws its scrollbar, in the last column, with blocks
        assert all(line[: SMALL[0] - 2].isascii() for line in seen.lines)

    see(results_of(Run.of(profiled())), play, size=SMALL, depth=None, ascii_only=True)


@SIZES
def test_a_run_that_was_not_profiled_is_told_what_does(size):
    async def play(seen: Seen) -> None:
        await seen.press("0")
        assert "not profiled: `specprof run --breakdown` does" in words(seen)

    see(results_of(SHORT), play, size=size)


def test_a_published_figure_cannot_have_been_profiled():
    async def play(seen: Seen) -> None:
        await seen.press("0")
        assert "a published figure: no step of it was profiled" in words(seen)

    see(results_of(PUBLISHED_FIGURE), play)


def test_the_batch_size_chosen_is_the_one_shown():
    async def play(seen: Seen) -> None:
        await seen.press("0")
        assert "batch 1, seq_len" in seen.text
        await seen.press("b")
        assert "batch 4, seq_len" in seen.text
        assert "batch 1, seq_len" not in seen.text

    see(results_of(Run.of(profiled(batch_sizes=(1, 4)))), play)


def test_a_kernels_name_is_no_markup():
    run = with_kernels(profiled(), {1: "[red]x[/red]", 16: HOSTILE, 64: HOSTILE, 112: HOSTILE})

    async def play(seen: Seen) -> None:
        await seen.press("0")
        said = await read_page(seen)
        assert "[red]x[/red] → <script>" in said

    see(results_of(Run.of(run)), play)


def test_the_help_names_the_view():
    async def play(seen: Seen) -> None:
        await seen.press("question_mark")
        assert isinstance(seen.app.screen, HelpScreen)
        assert "0  where the time of a step goes" in seen.text

    see(results_of(SHORT), play)


# Crosshair


@pytest.mark.parametrize("depth", ["truecolor", None])
def test_the_crosshair_reads_off_the_second_attention_memory_and_the_longest_kernel(depth):
    made = profiled(attention_beside="eager")
    cell = next(one for one in made.cells if (one.seq_len, one.candidates) == (512, 64))

    async def play(seen: Seen) -> None:
        await put(seen, 512, 64)
        assert f"eager      {cell.beside_over.median:.2f} × sdpa" in seen.text
        assert "memory     953.7 MiB" in seen.text
        assert "predicted  1.0 GiB" in seen.text
        assert f"kernel     {cell.kernel}" in seen.text

    see(results_of(Run.of(made)), play, size=WIDE, depth=depth)


def test_of_a_run_that_has_none_of_it_nothing_is_said():
    async def play(seen: Seen) -> None:
        await put(seen, 512, 64)
        for name in ("memory  ", "kernel  ", "eager  "):
            assert name not in seen.text

    see(results_of(SHORT), play, size=WIDE)


# Environment


def test_the_environment_view_names_modes_checked_attention_quantization_and_rates():
    made = with_checks(profiled(attention_beside="eager"))
    device = made.environment.device.model_copy(
        update={"gemm_flops_per_s": 3.125e14, "stream_bytes_per_s": 1.9e12}
    )
    plan = made.plan.model_copy(update={"quantization": "int8"})
    environment = made.environment.model_copy(update={"device": device})

    async def play(seen: Seen) -> None:
        await seen.press("8")
        said = " ".join((await read_page(seen)).split())
        for what in (
            "Execution modes checked",
            "eager, sdpa error 0.0021, at most 0.02 allowed; 12.30 ms for one candidate and",
            "compile, eager dropped: its logits are too far off",
            "sdpa, masked efficient (aten::_efficient_attention_forward)",
            "attention sdpa, with eager beside it",
            "quantization int8",
            "GEMM rate 312.5 TFLOP/s, measured",
            "bandwidth 1900 GB/s, measured",
        ):
            assert what in said, what

    run = Run.of(made.model_copy(update={"environment": environment, "plan": plan}))
    see(results_of(run), play, size=(90, 40))
