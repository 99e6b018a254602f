"""The results screen: its views, for every kind of run and at every size."""

from __future__ import annotations

import re

import pytest
from views.measured_run import plan, record
from views.two_attentions import two_attentions

from specprof.analysis.opened import Run, load
from specprof.run.validity import Validity
from specprof.tui.screens.results import ResultsScreen
from specprof.tui.state.result_views import VIEWS
from specprof.tui.widgets.curves_plot import CurvesPlot
from specprof.tui.widgets.findings_beside import FindingsBeside
from specprof.tui.widgets.findings_page import FindingsPage
from specprof.tui.widgets.results_head import head_of
from specprof.tui.widgets.results_table import ResultsTable

from .results_shown import BOTH, PUBLISHED_FIGURE, SHORT, SIZES, measured, results_of, words
from .seen import Seen, see


@SIZES
def test_a_digit_shows_its_view_and_the_line_of_views_marks_it_without_colour(size):
    async def play(seen: Seen) -> None:
        for key, view in zip("1234567890", VIEWS, strict=True):
            await seen.press(key)
            line = seen.lines[1]
            marked = re.findall(r"\[(\d) ([^\]]+)\]", line)
            assert len(marked) == 1
            assert marked[0][0] == key
            assert marked[0][1] in view.names
            assert all(f"{other} " in line for other in range(10))
            assert len(line) <= size[0]

    see(results_of(SHORT), play, size=size)


def test_tab_goes_through_the_views_and_round():
    async def play(seen: Seen) -> None:
        shown = []
        for _ in range(11):
            shown.append(int(re.search(r"\[(\d) ", seen.lines[1])[1]))
            await seen.press("tab")
        assert shown == [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
        await seen.press("shift+tab", "shift+tab")
        assert "[0 Breakdown]" in seen.lines[1]

    see(results_of(SHORT), play)


@SIZES
def test_a_view_is_chosen_by_a_click_on_its_name(size):
    async def play(seen: Seen) -> None:
        at = seen.lines[1].index("6 Tab")
        await seen.pilot.click("#results-tabs", offset=(at + 2, 0))
        await seen.pilot.pause()
        assert re.search(r"\[6 Tab(le)?\]", seen.lines[1])

    see(results_of(SHORT), play, size=size)


@BOTH
def test_a_quantity_is_drawn_with_its_axis_and_a_star_for_every_cell_that_has_it(size):
    run = SHORT

    async def play(seen: Seen) -> None:
        for key, label in enumerate(
            ("Speedup (×)", "Overhead T(K)/T(1) (×)", "Latency of a verify step (ms)",
             "Tokens per second (batch)"), start=1
        ):  # fmt: skip
            await seen.press(str(key))
            assert label in seen.lines[2]
            assert "Llama 7B, Batch Size: 1" in seen.lines[2]
            drawing = seen.app.screen.query_one(CurvesPlot).drawing
            points = {(mark.seq_len, mark.candidates) for mark in drawing.marks}
            assert points == {(s, k) for s in (128, 512) for k in run.candidates}

    see(results_of(run), play, size=size)


@SIZES
def test_the_bandwidth_floor_is_drawn_only_where_the_devices_bandwidth_was_measured(size):
    made = record(plan(layers=32))
    device = made.environment.device.model_copy(update={"stream_bytes_per_s": 20e9})
    there = Run.of(
        made.model_copy(update={"environment": made.environment.model_copy(update={"device": device})})
    )

    async def draws(seen: Seen) -> None:
        await seen.press("5", "right")
        assert "Fraction of the floor" in seen.text
        assert "of floor" in seen.text
        assert "Not here" not in seen.text

        # the rate of its matrix products was not: the floor is that of bandwidth alone, and says so
        assert "floor: its bytes at the measured bandwidth" in seen.text
        assert "the rate of matrix products was not measured" in seen.text
        await seen.press("1")
        assert "at the measured bandwidth" not in seen.text

    async def says(seen: Seen) -> None:
        await seen.press("5")
        assert "did not measure how fast its device streams memory" in words(seen)

    see(results_of(there), draws, size=size)
    see(results_of(SHORT), says, size=size)


@SIZES
def test_a_floor_of_both_limits_says_so(size):
    async def play(seen: Seen) -> None:
        await seen.press("5")
        assert "floor: the least it could take at the measured rates" in seen.text
        assert "bandwidth" not in seen.text

    see(results_of(Run.of(two_attentions(flops_per_s=1e12))), play, size=size)


def test_a_valid_run_with_cells_that_warn_does_not_look_as_if_all_were_good():
    made = record(plan(target_ci=0.5))
    warned = made.cells[3].model_copy(update={"verdict": "warn", "reasons": ["noisy"]})
    for cells, role in ((made.cells, "good"), ([*made.cells[:3], warned, *made.cells[4:]], "warn")):
        run = Run.of(made.model_copy(update={"cells": cells, "validity": Validity(verdict="valid")}))
        assert ("VALID", role) in head_of(run, 1).facts


@SIZES
def test_what_a_published_figure_does_not_have_is_said_in_a_sentence(size):
    async def play(seen: Seen) -> None:
        for key in "345":
            await seen.press(key)
            assert "a published figure gives speedups only" in words(seen)
            assert not seen.app.screen.query_one(CurvesPlot).display

    see(results_of(PUBLISHED_FIGURE), play, size=size)


@SIZES
def test_an_estimate_says_so_in_every_view(size):
    async def play(seen: Seen) -> None:
        for key in "12345678":
            await seen.press(key)
            assert "estimate: 2 of 32 layers" in seen.lines[0]

    see(results_of(SHORT), play, size=size)


@SIZES
def test_b_shows_the_next_batch_size_and_round(size):
    async def play(seen: Seen) -> None:
        for batch_size in (1, 4, 16, 1):
            assert f"Batch Size: {batch_size}" in seen.lines[2]
            assert f"batch {batch_size} (b: " in seen.lines[0]
            await seen.press("b")

    see(results_of(measured(batch_sizes=(1, 4, 16), seq_lens=(128, 512))), play, size=size)


def test_beside_the_curves_the_findings_of_the_batch_size_shown_come_first():
    async def play(seen: Seen) -> None:
        for batch_size in (1, 4):
            shown = seen.app.screen.query_one(FindingsBeside).data
            assert {finding.batch_size for finding in shown} == {1, 4}
            assert shown[0].batch_size == batch_size
            await seen.press("b")

    see(results_of(measured(batch_sizes=(1, 4), seq_lens=(128, 512))), play)


@pytest.mark.parametrize("rows", range(33, 46, 4))
def test_a_finding_that_has_no_room_beside_the_curves_does_not_look_like_a_whole_one(rows):
    run = load("llama-7b-cpu-bs1")
    ends = [finding.text.split()[-1] for finding in run.findings()]

    async def play(seen: Seen) -> None:
        await seen.wait_for("● ")
        place = seen.app.screen.query_one(FindingsBeside).content_region
        last = seen.lines[place.bottom - 1][place.x : place.right].rstrip()
        assert not last or last.endswith(("…", *ends))  # the screen may hold all of them

    see(lambda app: ResultsScreen(run), play, size=(120, rows))


@SIZES
def test_all_findings_are_there_with_their_signs_and_what_they_rest_on(size):
    run = load(PUBLISHED_FIGURE)

    async def play(seen: Seen) -> None:
        await seen.press("7")
        page = seen.app.screen.query_one(FindingsPage)
        told = " ".join(" ".join(line.plain for line in page._lines()).split())
        for finding in run.findings():
            assert finding.text in told
        assert "● significant ◐ suggestive ○ within noise" in told
        assert "where nothing else is said they rest on: read off a figure, ±0.03 each, worst case" in told
        assert "worst case; exact sign test over 6 curves" in told
        await seen.press("end")
        assert run.findings()[-1].text[-20:] in words(seen)

    see(results_of(run), play, size=size)


@SIZES
def test_the_environment_can_be_scrolled_from_its_first_fact_to_its_last(size):
    async def play(seen: Seen) -> None:
        await seen.press("8")
        assert "seq_len 2048 dropped" in words(seen)
        await seen.press("end")
        assert "Telemetry" in seen.text
        assert re.search(r"host +185 readings", seen.text)
        await seen.press("home", "j", "pagedown", "pageup", "k")
        assert "Warnings and notices" in seen.text

    see(results_of(SHORT), play, size=size)


def test_what_is_said_of_the_file_is_counted_in_the_head_and_read_in_the_environment():
    async def play(seen: Seen) -> None:
        assert "2 warnings, see 8" in seen.lines[0]
        await seen.press("8")
        assert "the clock went back" in seen.text

    see(results_of(SHORT, ("the clock went back",)), play)


def only(run: Run, **changes) -> Run:
    return Run.of(record(run.record.plan.model_copy(update=changes)))


HOSTILE = "[/x][@click=app.quit]Evil [bold]世界[/nope]"

KINDS = {
    "one K": lambda: only(measured(), candidates=(1,)),
    "one S": lambda: measured(seq_lens=(512,)),
    "a point": lambda: only(measured(seq_lens=(512,)), candidates=(1,)),
    "failed cells": lambda: Run.of(record(plan(), oom_from=580, not_run=2048)),
    "nothing measured": lambda: Run.of(record(plan(), oom_from=1)),
    "hostile": lambda: Run.of(record(plan(title=HOSTILE), oom_from=580, reason=HOSTILE * 9)),
}


@SIZES
@pytest.mark.parametrize("kind", KINDS)
def test_every_view_of_every_kind_of_run_stands(size, kind):
    async def play(seen: Seen) -> None:
        await seen.press("right", "down")
        for key in "12345678":
            await seen.press(key)
            assert len(seen.lines) == size[1]
            assert "q Quit" in seen.lines[-1]
            assert all(len(line) <= size[0] for line in seen.lines)
        assert isinstance(seen.app.screen, ResultsScreen)

    see(results_of(KINDS[kind]()), play, size=size, ascii_only=kind == "hostile")


def test_names_from_a_file_are_shown_as_they_are():
    async def play(seen: Seen) -> None:
        assert "[/x][@click=app.quit]Evil" in seen.lines[0]
        await seen.press("6", "end")
        assert "[/x][@click=app.quit]Evil" in seen.text

    see(results_of(KINDS["hostile"]()), play, size=(120, 60))


@pytest.mark.parametrize("depth", [None, "standard"])
def test_without_colours_letters_tell_the_curves_apart_and_the_cursor_is_reversed(depth):
    async def play(seen: Seen) -> None:
        assert "★a" in seen.text
        assert "★g" in seen.text
        await seen.press("6", "j")
        table = seen.app.screen.query_one(ResultsTable)
        styles = {segment.style for segment in table.render_line(1)}
        assert len(styles) == 1
        assert styles.pop().reverse

    see(results_of(PUBLISHED_FIGURE), play, depth=depth)


@SIZES
def test_the_footer_fits_and_names_at_most_seven_keys(size):
    async def play(seen: Seen) -> None:
        for key in "167":
            await seen.press(key)
            shown = [b for _, b, enabled, _ in seen.app.screen.active_bindings.values() if b.show and enabled]
            assert len({b.action for b in shown}) <= 7
            assert "Quit" in seen.lines[-1]

    see(results_of(SHORT), play, size=size)


# Schedule


@SIZES
def test_the_schedule_is_a_map_a_table_and_the_answers_of_all_models(size):
    async def play(seen: Seen) -> None:
        await seen.press("9")
        assert "Best K by batch size and sequence length" in seen.lines[2]
        said = seen.text
        for _ in range(12):
            await seen.press("pagedown")
            said += seen.text
        assert "One K for all:" in said
        assert "What would change the answer" in said
        assert "log-fit" in said
        assert "chain" in said

    see(results_of(PUBLISHED_FIGURE), play, size=size)


def test_the_schedule_follows_the_acceptance_model():
    async def play(seen: Seen) -> None:
        await seen.press("9")
        assert "32 ★" in seen.text
        await seen.press("a")
        await seen.wait_for("16 ★")
        assert "32 ★" not in seen.text.split("What would change")[0]

    see(results_of(PUBLISHED_FIGURE), play)
