"""The view of a run that decoded: predicted curves, measured points, and the table below."""

from __future__ import annotations

from run.decoded_run import record

from specprof.analysis.opened import Run

from .results_shown import BOTH, SHORT, results_of
from .seen import Seen, see


@BOTH
def test_the_last_view_of_a_run_that_decoded_shows_what_came_of_it(size):
    async def play(seen: Seen) -> None:
        await seen.press("0")
        assert "[0 Val" in seen.lines[1]
        assert "measured by decoding" in seen.text
        await seen.press("end")
        assert "ranked by their" in seen.text

    see(results_of(Run.of(record())), play, size=size)


def test_of_any_other_run_it_is_the_breakdown():
    async def play(seen: Seen) -> None:
        await seen.press("0")
        assert "[0 Breakdown]" in seen.lines[1]

    see(results_of(SHORT), play)
