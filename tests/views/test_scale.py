"""Ticks, rows and columns, by hand numbers."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specprof.views.curves.scale import (
    LogScale,
    columns,
    free_scale,
    nearest_row,
    shown_labels,
    vertical_scale,
)


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


def test_an_axis_without_a_line_at_one_shows_what_it_is_given() -> None:
    # two rows to each 5, from 25 on: 60.4 is 14.16 rows above it
    scale = free_scale(25.6, 60.4, 20)
    assert scale.ticks[:4] == [(0, "25"), (2, "30"), (4, "35"), (6, "40")]
    assert (nearest_row(scale, 25.6), nearest_row(scale, 60.4)) == (0, 14)


def test_few_rows_have_two_ticks_all_the_same() -> None:
    assert len(free_scale(4.0, 16.0, 7).ticks) >= 2


def test_noise_of_a_flat_latency_is_not_blown_up() -> None:
    # 25.1 and 25.3 ms differ by 1 %: an axis over 10 % shows them a tenth of its height apart
    scale = free_scale(25.1, 25.3, 20)
    assert scale.row(25.3) - scale.row(25.1) <= 2


def test_a_logarithmic_axis_has_as_many_rows_to_each_decade() -> None:
    scale = free_scale(10.0, 1000.0, 21)
    assert isinstance(scale, LogScale)
    # from 0.4 above the lowest row's centre to 0.4 below the highest's: 9.6 rows to each decade
    assert [scale.row(value) for value in (10, 100, 1000)] == pytest.approx([0.4, 10.0, 19.6])
    # 2 lies 2.9 and 5 6.7 rows above 1
    assert scale.ticks == [
        (0, "10"),
        (3, "20"),
        (7, "50"),
        (10, "100"),
        (13, "200"),
        (17, "500"),
        (20, "1000"),
    ]


def test_a_crowded_logarithmic_axis_keeps_the_powers_of_ten() -> None:
    # 5 decades in 10 rows: two rows to each
    labels = [label for _, label in free_scale(0.01, 1000.0, 12).ticks]
    assert labels == ["0.01", "0.1", "1", "10", "100", "1000"]


@pytest.mark.parametrize("rows", [6, 20, 60])
@pytest.mark.parametrize(
    ("low", "high"), [(1e-300, 1e300), (5e-324, 1.7e308), (1e-20, 3e-20), (1e12, 9e12), (1e300, 2e300)]
)
def test_values_no_machine_takes_have_an_axis_with_short_labels(low: float, high: float, rows: int) -> None:
    ticks = free_scale(low, high, rows).ticks
    assert len(ticks) >= 2
    assert max(len(label) for _, label in ticks) <= 10


@given(st.floats(1e-9, 1e9), st.floats(1.0, 1e6), st.integers(6, 200))
def test_every_value_has_a_row_on_an_axis_of_its_own(low: float, times: float, rows: int) -> None:
    high = low * times
    scale = free_scale(low, high, rows)
    for value in (low, high):
        assert 0 <= nearest_row(scale, value) < rows
    ticks = scale.ticks
    assert len(ticks) >= 2
    assert all(0 <= row < rows for row, _ in ticks)
    values = [float(label) for _, label in ticks]
    assert values == sorted(set(values))
    # a point that has a tick's value stands in its row
    assert all(
        nearest_row(scale, value) == row for value, (row, _) in zip(values, ticks, strict=True) if value
    )


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
