"""A row of values in one line of characters."""

from __future__ import annotations

import math
from collections.abc import Sequence

from specprof.views.glyphs import Glyphs

_LEVELS = "▁▂▃▄▅▆▇█"
_ASCII_LEVELS = "_.-=*#"


def sparkline(
    values: Sequence[float | None],
    width: int,
    glyphs: Glyphs,
    low: float | None = None,
    high: float | None = None,
) -> str:
    """The last `width` values as bars, a space where there is none.

    The scale goes from `low` to `high`, or from the least to the greatest value shown. Equal values are
    drawn at half height: nothing is said of their size.
    """
    shown = list(values[-width:]) if width > 0 else []
    known = [value for value in shown if value is not None and math.isfinite(value)]
    if not known:
        return " " * len(shown)
    bottom = min(known) if low is None else low
    top = max(known) if high is None else high
    levels = _ASCII_LEVELS if glyphs.ascii else _LEVELS
    return "".join(_bar(value, bottom, top, levels) for value in shown)


def _bar(value: float | None, bottom: float, top: float, levels: str) -> str:
    if value is None or not math.isfinite(value):
        return " "
    if top <= bottom:
        return levels[(len(levels) - 1) // 2]
    share = (value - bottom) / (top - bottom)
    return levels[min(len(levels) - 1, max(0, int(share * len(levels))))]
