"""Where the legend goes, on small maps of what is taken."""

import numpy as np

from specprof.views.curves.legend import clear_place, lines_of


def taken(*rows: str) -> np.ndarray:
    return np.array([[cell == "#" for cell in row] for row in rows])


def test_top_right_if_it_is_free() -> None:
    plot = taken(
        "##......",
        "##......",
        "########",
    )
    assert clear_place(plot, 2, 3) == (0, 5)


def test_else_as_low_as_it_goes_on_the_right() -> None:
    plot = taken(
        "......##",
        "........",
        "........",
        "........",
        "########",
    )
    assert clear_place(plot, 2, 3) == (2, 5)


def test_else_along_the_top_edge_as_far_right_as_it_goes() -> None:
    plot = taken(
        ".....#.#",
        ".....#.#",
        "########",
    )
    assert clear_place(plot, 2, 3) == (0, 2)


def test_nowhere_where_everything_hides_something() -> None:
    assert clear_place(taken("#..#", "....", "#..#"), 2, 3) is None
    assert clear_place(taken("...."), 2, 3) is None
    assert clear_place(taken("...."), 1, 5) is None


def test_lines_are_as_few_as_fit_and_evenly_filled() -> None:
    # 80 columns hold four entries of 17 with gaps of 3: seven take two lines, of four and three
    assert lines_of([15, 15, 15, 16, 16, 17, 17], 80) == [[0, 1, 2, 3], [4, 5, 6]]
    assert lines_of([15] * 5, 80) == [[0, 1, 2], [3, 4]]
    assert lines_of([90], 80) == [[0]]
    assert lines_of([], 80) == []
