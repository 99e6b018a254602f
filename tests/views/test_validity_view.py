"""The line that says whether a run is to be believed."""

from __future__ import annotations

import pytest

from specprof.analysis.opened import Run, load
from specprof.run.record import RunRecord
from specprof.run.validity import Validity
from specprof.views.export.facts import caveats, plan_facts
from specprof.views.glyphs import ASCII, UNICODE
from specprof.views.palette import load_palette
from specprof.views.validity import validity_lines, validity_role, validity_sentence

from .measured_run import plan, record
from .test_report import PIPE, report

GOOD = plan(target_ci=0.5)
"""So wide a target that no cell warns."""


def with_validity(verdict: str, *reasons: str) -> RunRecord:
    return record(GOOD).model_copy(update={"validity": Validity(verdict=verdict, reasons=list(reasons))})


def with_warnings(count: int) -> RunRecord:
    """Of 24 good cells the first `count` warn."""
    made = record(GOOD)
    cells = [
        cell.model_copy(update={"verdict": "warn", "reasons": ["noisy"]}) if index < count else cell
        for index, cell in enumerate(made.cells)
    ]
    warned = Validity(verdict="valid", reasons=[f"{count} cells warn: noisy"])
    return made.model_copy(update={"cells": cells, "validity": warned})


@pytest.mark.parametrize(
    ("made", "line"),
    [
        (with_validity("valid"), "✓ VALID: all 24 cells are good"),
        (with_warnings(2), "✓ VALID: no cell is spoilt, 22 of 24 are good; 2 cells warn: noisy"),
        (with_warnings(23), "✓ VALID: no cell is spoilt, 1 of 24 is good; 23 cells warn: noisy"),
        (with_warnings(24), "✓ VALID: no cell is spoilt, 0 of 24 are good; 24 cells warn: noisy"),
        (with_validity("invalid", "telemetry is fake"), "✕ NOT VALID: telemetry is fake"),
        (
            with_validity("unverified", "no telemetry of the GPU's clocks"),
            "◐ UNVERIFIED: no telemetry of the GPU's clocks",
        ),
        (
            with_validity("unfinished", "the run failed: 3 of 24 cells measured"),
            "○ UNFINISHED: the run failed: 3 of 24 cells measured",
        ),
    ],
)
def test_it_stands_below_the_title_with_its_sign_and_its_reasons(made: RunRecord, line: str) -> None:
    assert report(Run.of(made)).splitlines()[1] == line


def test_a_run_of_which_rows_were_given_up_is_good_in_what_was_measured() -> None:
    made = record(GOOD, not_run=2048)
    assert validity_sentence(made).startswith("VALID: all 16 measured cells are good; 8 of 24 cells not run")


def test_a_valid_run_with_cells_that_warn_has_the_colour_of_a_warning() -> None:
    palette = load_palette("dark")
    for made, role, colour in (
        (with_warnings(1), "warn", palette.warn),
        (record(GOOD), "good", palette.good),
        (with_validity("invalid", "telemetry is fake"), "bad", palette.bad),
    ):
        assert validity_role(made) == role
        style = validity_lines(made, 80, palette, UNICODE)[0].style
        assert style.color is not None
        assert style.color.name == colour


def test_a_published_figure_has_none() -> None:
    published = load("medusa-llama-7b-bs4")
    assert "VALID" not in report(published)
    assert "validity" not in dict(plan_facts(published))


def test_many_reasons_are_wrapped_and_ascii_where_nothing_else_is_shown() -> None:
    made = with_validity("invalid", *[f"{n} of 24 cells invalid: thermal slowdown" for n in range(5)])
    for glyphs in (UNICODE, ASCII):
        lines = [line.plain for line in validity_lines(made, 40, PIPE.palette(), glyphs)]
        assert len(lines) > 3
        assert max(map(len, lines)) <= 40
        assert glyphs is UNICODE or all(line.isascii() for line in lines)
        assert " ".join(" ".join(lines).split()).count("thermal slowdown") == 5


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("invalid", "NOT VALID: telemetry is fake."),
        ("unverified", "UNVERIFIED: telemetry is fake."),
        ("unfinished", "UNFINISHED: telemetry is fake."),
    ],
)
def test_what_keeps_a_run_from_being_valid_is_the_first_caveat_of_its_page(verdict: str, said: str) -> None:
    run = Run.of(with_validity(verdict, "telemetry is fake"))
    assert next(caveats(run)) == said
    assert "validity" not in dict(plan_facts(run))


def test_that_a_run_is_valid_is_a_fact_among_others() -> None:
    run = Run.of(with_warnings(2))
    assert not [words for words in caveats(run) if "VALID" in words]
    assert dict(plan_facts(run))["validity"].startswith("VALID: no cell is spoilt, 22 of 24 are good")


def test_how_a_run_ended_is_said_once() -> None:
    made = with_validity("unfinished", "the run was cancelled: 3 of 24 cells measured")
    said = " ".join(caveats(Run.of(made.model_copy(update={"status": "cancelled"}))))
    assert said.count("cancelled") == 1
