"""The crosshair goes from point to point, and never off them."""

from __future__ import annotations

import pytest

from specprof.tui.state.crosshair import Place, Spot, moved, nearest

# two curves that cross between K 16 and 32; the upper one has no point at K 48
SPOTS = [
    Spot(128, 1, 20), Spot(128, 16, 5), Spot(128, 32, 9),
    Spot(512, 1, 20), Spot(512, 16, 8), Spot(512, 32, 7), Spot(512, 48, 6),
]  # fmt: skip


@pytest.mark.parametrize(
    ("at", "way", "to"),
    [
        ((128, 16), "right", (128, 32)),
        ((128, 16), "left", (128, 1)),
        ((128, 1), "left", (128, 1)),
        ((128, 32), "right", (128, 32)),
        ((128, 16), "down", (512, 16)),
        ((128, 16), "up", (128, 16)),
        ((128, 32), "up", (512, 32)),
        ((512, 32), "down", (128, 32)),
        ((512, 48), "down", (512, 48)),
        # points that share a place are gone through in the order of the legend
        ((128, 1), "down", (512, 1)),
        ((512, 1), "up", (128, 1)),
    ],
)
def test_it_goes_along_its_curve_and_to_the_next_one_at_the_same_k(at, way, to):
    assert moved(SPOTS, Place(*at), way) == to


def test_from_a_place_that_is_not_drawn_it_goes_to_the_nearest_on_the_same_curve():
    assert moved(SPOTS, Place(128, 96), "left") == (128, 32)
    assert nearest(SPOTS, Place(400, 40)) == (512, 32)


def test_without_any_point_it_stays():
    assert moved([], Place(128, 1), "right") == (128, 1)
