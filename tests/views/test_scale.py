"""Ticks, rows and columns, by hand numbers."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specprof.views.curves.scale import columns, shown_labels, vertical_scale


def test_the_published_range_gets_the_published_ticks() -> None:
    scale = vertical_scale(0.98, 2.48, 35)
    assert [label for _, label in scale.ticks][:8] == ["1.0", "1.2", "1.4", "1.6", "1.8", "2.0", "2.2", "2.4"]
    # 0.2 over four rows: 0.05 a row; 1.0 is one row up, 2.48 is 29.6 rows above that
    assert scale.per_row == pytest.approx(0.05)
    assert scale.reference_row == 1
    assert scale.row(2.48) == pytest.approx(30.6)


def test_ticks_stand_on_whole_rows_evenly_apart() -> None:
    scale = vertical_scale(0.98, 2.48, 18)
    rows = [row for row, _ in scale.ticks]
    assert [later - earlier for earlier, later in pairwise(rows)] == [2] * (len(rows) - 1)
    for row, label in scale.ticks:
        assert scale.row(float(label)) == pytest.approx(row)


def test_steps_above_one_count_from_zero_and_the_line_is_at_one() -> None:
    scale = vertical_scale(1.0, 50.0, 20)
    assert [label for _, label in scale.ticks][:6] == ["0.0", "10.0", "20.0", "30.0", "40.0", "50.0"]
    assert scale.reference_row == 0


def test_noise_around_one_is_not_blown_up() -> None:
    assert vertical_scale(0.9999, 1.0001, 20).row(1.2) <= 19


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="6 rows"):
        vertical_scale(1.0, 2.0, 5)


@given(st.floats(1e-3, 1e6), st.floats(1e-3, 1e6), st.integers(6, 200))
def test_every_value_has_a_row_and_one_is_a_tick_or_the_axis_starts_at_zero(
    one: float, other: float, rows: int
) -> None:
    low, high = sorted((one, other))
    scale = vertical_scale(low, high, rows)
    for value in (low, high, 1.0):
        assert -0.5 <= scale.row(value) <= rows - 0.5
    assert len(scale.ticks) >= 2
    labels = [label for _, label in scale.ticks]
    assert len(set(labels)) == len(labels)
    assert float(labels[0]) == 0.0 or any(float(label) == 1.0 for label in labels)


def test_columns_are_to_scale_between_the_margins() -> None:
    # 1 … 11 over columns 2 … 42 of 45: four columns to each count
    assert columns([1, 6, 11], 45, 2, 2) == {1: 2, 6: 22, 11: 42}


def test_a_single_count_stands_in_the_middle() -> None:
    assert columns([1], 41, 0, 0) == {1: 20}


def test_labels_that_crowd_are_thinned_evenly() -> None:
    # labels of one and two digits, two columns apart: every second has a column to spare
    centres = list(range(0, 40, 2))
    labels = [str(count) for count in range(1, 21)]
    assert shown_labels(centres, labels, 60) == list(range(0, 20, 2))


def test_labels_that_crowd_at_one_end_keep_the_others() -> None:
    labels = ["1", "2", "4", "8", "16", "32", "64", "128"]
    centres = [0, 0, 1, 3, 7, 15, 31, 63]
    kept = [labels[i] for i in shown_labels(centres, labels, 65)]
    assert kept[-4:] == ["16", "32", "64", "128"]
