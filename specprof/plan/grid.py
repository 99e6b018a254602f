"""The grid: reading `1,16,32` and `16:112:16` into lists of counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from specprof.errors import UsageProblem

LARGEST_COUNT = 1 << 20
MAX_CELLS = 10_000


class Counts(NamedTuple):
    """A checked list: ascending, without repeats. `notes` says what was changed to make it so."""

    values: tuple[int, ...]
    notes: tuple[str, ...] = ()


def _whole(text: str, what: str) -> int:
    word = text.strip()
    # str.isdecimal accepts other scripts' digits, which int() reads too: nobody means those here
    if not (word.isascii() and word.isdecimal()):
        raise UsageProblem(
            f"{what} wants whole numbers from 1, not '{word[:40]}'", "write 1,16,32 or 16:112:16"
        )
    if len(word) > 18 or not 1 <= int(word) <= LARGEST_COUNT:
        raise UsageProblem(f"{what} {word[:40]} is out of range", f"use 1 to {LARGEST_COUNT}")
    return int(word)


def parse_counts(text: str, what: str) -> Counts:
    """Reads LIST: comma-separated counts and inclusive ranges `first:last:step`.

    Raises UsageProblem for anything but whole numbers in 1 … 2^20.
    """
    values: list[int] = []
    for part in text.split(","):
        if len(values) > MAX_CELLS:
            raise UsageProblem(f"{what} lists more than {MAX_CELLS} values", "use a larger step")
        pieces = part.split(":")
        if len(pieces) == 1:
            values.append(_whole(pieces[0], what))
            continue
        if len(pieces) > 3:
            raise UsageProblem(
                f"{what} range '{part.strip()[:40]}' has too many parts", "write first:last:step"
            )
        first, last, *rest = (_whole(piece, what) for piece in pieces)
        if last < first:
            raise UsageProblem(f"{what} range '{part.strip()[:40]}' runs backwards", "write first:last:step")
        span = range(first, last + 1, rest[0] if rest else 1)
        if len(span) > MAX_CELLS:
            raise UsageProblem(
                f"{what} range '{part.strip()[:40]}' holds {len(span)} values", "use a larger step"
            )
        values.extend(span)
    return tidy_counts(values, what)


def tidy_counts(values: Iterable[int], what: str) -> Counts:
    """Sorts and removes repeats, and says so."""
    asked = tuple(values)
    kept = tuple(sorted(set(asked)))
    notes = []
    if len(kept) < len(asked):
        notes.append(f"{what}: repeated values are measured once")
    if list(dict.fromkeys(asked)) != list(kept):
        notes.append(f"{what}: put in ascending order")
    return Counts(kept, tuple(notes))
