"""What is said of a profiled step that took longer or shorter than those that were timed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from specprof.analysis.opened import Run
from specprof.run.record import RunRecord
from specprof.views.breakdown.lines import breakdown_lines
from specprof.views.breakdown.words import disturbed_words, note_words, profiled_rows
from specprof.views.glyphs import UNICODE
from specprof.views.palette import load_palette

from .profiled_run import profiled
from .test_export_page import page


def stretched(factors: Sequence[float]) -> RunRecord:
    """One row whose cells' profiled steps took so many times their measured medians."""
    made = profiled(seq_lens=(128,))
    cells = [
        cell.model_copy(
            update={
                "breakdown": cell.breakdown.model_copy(update={"total_ms": factor * cell.measured_ms.median})
            }
        )
        for cell, factor in zip(made.cells, factors, strict=True)
    ]
    return made.model_copy(update={"cells": cells})


def note(record: RunRecord) -> str:
    return " ".join(note_words(record, profiled_rows(record)))


def disturbed(record: RunRecord) -> str:
    return disturbed_words(profiled_rows(record))


def test_how_long_profiled_steps_took_is_said_and_not_that_they_were_lengthened() -> None:
    said = note(stretched((0.86, 1.0, 2.0, 8.9)))
    assert "Profiled steps took 0.86 to 8.90 × the measured median." in said
    assert "lengthen" not in said
    assert "Profiled steps took 1.10 × the measured median." in note(stretched((1.1,) * 4))


@pytest.mark.parametrize(
    ("factors", "count"),
    [((0.79, 1.0, 1.0, 1.0), 1), ((1.0, 1.0, 1.0, 1.51), 1), ((0.5, 1.2, 1.6, 8.9), 3), ((2.0,) * 4, 4)],
)
def test_cells_whose_step_was_disturbed_are_counted(factors: Sequence[float], count: int) -> None:
    said = disturbed(stretched(factors))
    assert said == (
        f"In {count} of 4 cells the profiled step took less than 0.8 or more than 1.5 × the measured median: "
        "the shares are those of a disturbed step."
    )


def test_of_steps_near_their_medians_nothing_is_said() -> None:
    made = stretched((0.81, 1.0, 1.2, 1.49))
    assert disturbed(made) == ""
    assert "disturbed" not in page(Run.of(made))[1].text


def test_of_steps_without_a_median_nothing_is_said() -> None:
    made = stretched((1.0,) * 4)
    cells = [cell.model_copy(update={"measured_ms": None}) for cell in made.cells]
    made = made.model_copy(update={"cells": cells})
    assert disturbed(made) == ""
    assert "measured median" not in note(made)


def test_it_is_a_warning_in_the_terminal_and_a_caveat_in_the_page() -> None:
    made, palette = stretched((0.5, 1.0, 1.0, 1.0)), load_palette("dark")
    line = next(line for line in breakdown_lines(made, 200, palette, UNICODE) if "disturbed" in line.plain)
    style = next(part.style for part in line.spans) if line.spans else line.style
    assert str(style) == str(palette.style("warn"))
    text, _ = page(Run.of(made))
    said = text[: text.index("those of a disturbed step")]
    assert said[said.rindex("<p ") :].startswith('<p class="caveat">In 1 of 4 cells')
    assert said.index("<h2>Where the time") < said.rindex("<p ")
