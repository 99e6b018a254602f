"""Kernels of profiled steps: where another one comes, and two names cut to what tells them apart."""

from __future__ import annotations

from collections.abc import Callable

from specprof.run.breakdown import Breakdown, Part

_RETURN_TYPE = "void "
_SEEN = 4
"""Characters of a difference that must be seen where two names are cut behind it."""


def switch_of(before: Breakdown, after: Breakdown, part: Part) -> tuple[str, str] | None:
    """The kernel that takes longest in a part of one step, and the one in its place in another step.

    None where the same kernel takes longest in both, and where the two only swap ranks: where both steps
    ran both kernels nothing came and nothing went."""
    old, new = before.longest(part), after.longest(part)
    if old is None or new is None or old == new:
        return None
    swapped = new in _names(before, part) and old in _names(after, part)
    return None if swapped else (old, new)


def _names(step: Breakdown, part: Part) -> set[str]:
    return {kernel.name for kernel in step.kernels if kernel.part == part}


def cut_to(name: str, room: int, ellipsis: str = "…") -> str:
    """A name in at most `room` characters."""
    return name if len(name) <= room else name[: max(0, room - len(ellipsis))] + ellipsis


def fitted(
    old: str, new: str, room: int, ellipsis: str = "…", cut: Callable[[str, int, str], str] = cut_to
) -> tuple[str, str]:
    """Two names in at most `room` each, as `cut` measures it, such that what tells them apart is seen."""
    one, other = old.removeprefix(_RETURN_TYPE), new.removeprefix(_RETURN_TYPE)
    if all(cut(name, room, ellipsis) == name for name in (one, other)):
        return one, other
    differ = _first_difference(one, other)
    # the beginning says what kernel it is: it goes only where the difference lies beyond the room
    start = 0 if differ + _SEEN + len(ellipsis) <= room else _word_near(one, differ, room // 3)
    first, second = (cut((ellipsis if start else "") + name[start:], room, ellipsis) for name in (one, other))
    return first, second


def _first_difference(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))


def _word_near(name: str, at: int, most: int) -> int:
    """Where a word begins at most so many characters before `at`; so many before it where none does."""
    least = max(0, at - most)
    begins = (i for i in range(least, at + 1) if i == 0 or not name[i - 1].isalnum())
    return next(begins, least)
