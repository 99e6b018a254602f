"""A row of values in one line."""

from __future__ import annotations

from specprof.views.glyphs import ASCII, UNICODE
from specprof.views.sparkline import sparkline


def test_the_least_is_the_lowest_bar_and_the_greatest_the_highest():
    assert sparkline([1.0, 2.0, 3.0], 10, UNICODE) == "▁▅█"


def test_only_the_last_values_are_shown_and_the_scale_is_theirs():
    assert sparkline([1000.0, 1.0, 2.0], 2, UNICODE) == "▁█"


def test_a_missing_value_is_a_gap_and_not_a_low_bar():
    assert sparkline([1.0, None, 2.0], 10, UNICODE) == "▁ █"


def test_equal_values_say_nothing_of_their_size():
    assert sparkline([5.0, 5.0], 10, UNICODE) == "▄▄"


def test_given_bounds_make_the_scale():
    assert sparkline([0.0, 50.0, 100.0], 10, UNICODE, 0.0, 100.0) == "▁▅█"
    assert sparkline([99.0, 100.0], 10, UNICODE, 0.0, 100.0) == "██"


def test_values_beyond_the_bounds_stay_on_the_scale():
    assert sparkline([-5.0, 400.0], 10, UNICODE, 0.0, 100.0) == "▁█"


def test_no_value_and_no_room_draw_nothing():
    assert sparkline([], 10, UNICODE) == ""
    assert sparkline([1.0], 0, UNICODE) == ""
    assert sparkline([None, float("nan")], 10, UNICODE) == "  "


def test_ascii_bars_are_ascii():
    assert sparkline([1.0, 2.0, 3.0], 10, ASCII) == "_=#"
