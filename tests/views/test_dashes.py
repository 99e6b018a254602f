"""Dashes along a path, by hand numbers."""

import pytest

from specprof.views.curves.dashes import Dash, Point, cell_of, dashes, dot_of


def ends(found: list[Dash]) -> list[tuple[float, float, float, float]]:
    return [pytest.approx((*dash.start, *dash.end)) for dash in found]


def test_five_dots_on_and_three_off_along_a_flat_path() -> None:
    # dots 0-4 are drawn, 5-7 left out, 8-12 drawn, 13-15 left out, 16-20 drawn
    found = dashes([Point(0, 7), Point(20, 7)])
    assert ends(found) == [(0, 7, 4, 7), (8, 7, 12, 7), (16, 7, 20, 7)]


def test_a_dash_is_as_long_on_a_slope() -> None:
    # 3-4-5: a path of length 20 runs 12 across and 16 up
    found = dashes([Point(0, 0), Point(12, 16)])
    assert ends(found) == [(0, 0, 2.4, 3.2), (4.8, 6.4, 7.2, 9.6), (9.6, 12.8, 12, 16)]


def test_the_pattern_goes_on_around_a_corner() -> None:
    # the second dash runs from 8 to 12 along the path, whose corner is at 10
    found = dashes([Point(0, 0), Point(10, 0), Point(10, 10)])
    assert ends(found) == [(0, 0, 4, 0), (8, 0, 10, 0), (10, 0, 10, 2), (10, 6, 10, 10)]


def test_a_path_that_ends_in_a_dash_cuts_it() -> None:
    assert ends(dashes([Point(0, 0), Point(2, 0)])) == [(0, 0, 2, 0)]


def test_a_point_alone_has_no_dash() -> None:
    assert dashes([Point(3, 3)]) == []
    assert dashes([Point(3, 3), Point(3, 3)]) == []


def test_a_cell_is_two_dots_wide_and_four_high() -> None:
    # the centre of cell (0, 0) lies between dots 0 and 1, and between dots 1 and 2 of its four
    assert dot_of(0, 0) == (0.5, 1.5)
    assert dot_of(10, 3) == (20.5, 13.5)
    assert cell_of(dot_of(7.25, 2.5)) == pytest.approx((7.25, 2.5))
