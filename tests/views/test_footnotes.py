"""Reasons said once each."""

from specprof.views.tables.footnotes import MOST, Footnotes


def test_reasons_that_differ_in_percentages_are_one() -> None:
    notes = Footnotes(
        [
            ["interval ±6.1% is wider than the ±5.0% asked for"],
            ["interval ±9.3% is wider than the ±5.0% asked for", "only 4 samples: the interval covers less"],
            ["only 4 samples: the interval covers less"],
            ["interval ±12.0% is wider than the ±5.0% asked for"],
        ]
    )
    assert notes.lines() == [
        (1, "interval ±6.1 to 12.0% is wider than the ±5.0% asked for (3 cells)"),
        (2, "only 4 samples: the interval covers less (2 cells)"),
    ]
    assert notes.numbers(["only 4 samples: the interval covers less"]) == [2]


def test_process_ids_are_no_range() -> None:
    notes = Footnotes([["another process on the GPU (pid 12)"], ["another process on the GPU (pid 99)"]])
    assert [words for _, words in notes.lines()] == [
        "another process on the GPU (pid 12)",
        "another process on the GPU (pid 99)",
    ]


def test_a_flood_of_reasons_shares_the_last_footnote() -> None:
    notes = Footnotes([[f"reason {'x' * i}"] for i in range(1, 40)])
    lines = notes.lines()
    assert len(lines) == MOST + 1
    assert lines[-1] == (MOST + 1, "30 further reasons, see --json (30 cells)")
    assert notes.numbers(["reason " + "x" * 39]) == [MOST + 1]
