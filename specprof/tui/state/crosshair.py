"""Where the crosshair goes: from point to point of the curves that are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

Way = Literal["left", "right", "up", "down"]


class Place(NamedTuple):
    """A cell of one batch size."""

    seq_len: int
    candidates: int


class Spot(NamedTuple):
    """A point that can be read off, and how far down it stands."""

    seq_len: int
    candidates: int
    row: int

    @property
    def place(self) -> Place:
        return Place(self.seq_len, self.candidates)


def moved(spots: Sequence[Spot], at: Place, way: Way) -> Place:
    """The point next to `at`: along its own curve, or on the nearest curve at the same K.

    Where there is none that way it stays. A place that is not drawn goes to the nearest that is.
    """
    here = next((spot for spot in spots if spot.place == at), None)
    if here is None:
        return nearest(spots, at)
    if way in ("left", "right"):
        line = sorted(
            (spot for spot in spots if spot.seq_len == at.seq_len), key=lambda spot: spot.candidates
        )
    else:
        line = sorted(
            (spot for spot in spots if spot.candidates == at.candidates),
            key=lambda spot: (spot.row, spot.seq_len),
        )
    index = line.index(here) + (1 if way in ("right", "down") else -1)
    return line[index].place if 0 <= index < len(line) else at


def nearest(spots: Sequence[Spot], at: Place) -> Place:
    """The point closest to a place: on its own curve if that has any, else at the closest sequence length."""
    if not spots:
        return at
    closest = min(
        spots, key=lambda spot: (abs(spot.seq_len - at.seq_len), abs(spot.candidates - at.candidates))
    )
    return closest.place
