"""Numbers as they are shown: four digits, intervals as ±, durations in words."""

from __future__ import annotations

import math
from collections.abc import Iterable

DIGITS = 4


def decimals_for(values: Iterable[float]) -> int:
    """The decimals that give the smallest of the values four digits, so that all can be set alike."""
    smallest = min((value for value in values if value > 0 and math.isfinite(value)), default=1.0)
    return min(max(0, DIGITS - 1 - math.floor(math.log10(smallest))), 6)


def number(value: float, decimals: int | None = None) -> str:
    """`value` ≥ 0 with `decimals`, or to four significant digits; far from 1 with an exponent."""
    if not math.isfinite(value):
        return "∞" if value > 0 else "?"
    if value >= 1e9:
        return f"{value:.{DIGITS - 1}e}"
    return f"{value:.{decimals_for([value]) if decimals is None else decimals}f}"


def percent(share: float) -> str:
    """A share ≥ 0 as `1.2 %`; from 100 % on without the decimal."""
    if not math.isfinite(share):
        return "∞ %"
    shown = share * 100
    if 0 < shown < 0.1:
        return "<0.1 %"
    return f"{shown:.0f} %" if shown >= 99.95 else f"{shown:.1f} %"


def plus_minus(middle: float, low: float, high: float) -> str:
    """Half the interval's width over the median or mean, as `±1.2 %`; nothing where the value is exact."""
    if high == low:
        return ""
    return f"±{percent((high - low) / 2 / middle)}" if middle > 0 else "±∞ %"


def duration(seconds: float) -> str:
    """`49 s`, `3 min 05 s`, `1 h 05 min`."""
    if not math.isfinite(seconds):
        return "?"
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
