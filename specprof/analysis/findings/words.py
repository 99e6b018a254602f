"""Numbers as words of a sentence: sensible digits, short lists."""

from __future__ import annotations

import math
from collections.abc import Sequence

from specprof.run.statistics import Estimate


def times(value: float) -> str:
    """`2.48×`."""
    if not math.isfinite(value):
        return "∞×"
    if value >= 100:
        return f"{value:.0f}×"
    return f"{value:.2f}×" if value >= 0.01 or value == 0 else f"{value:.2g}×"


def bounds(low: float, high: float) -> str:
    """`[2.45, 2.51]`."""
    return f"[{times(low)[:-1]}, {times(high)[:-1]}]"


def with_bounds(estimate: Estimate) -> str:
    """`2.48× [2.45, 2.51]`, without the brackets where the value is exact."""
    if estimate.low == estimate.high:
        return times(estimate.median)
    return f"{times(estimate.median)} {bounds(estimate.low, estimate.high)}"


def percent(share: float) -> str:
    """A share as `29 %`, with a decimal below ten."""
    if not math.isfinite(share):
        return "∞ %"
    size = abs(share * 100)
    return f"{size:.0f} %" if size >= 9.95 else f"{size:.1f} %"


def percent_with_bounds(share: Estimate) -> str:
    """A share ≥ 0 as `66 % [55, 75]`."""
    return f"{percent(share.median)} [{percent(share.low)[:-2]}, {percent(share.high)[:-2]}]"


def milliseconds(value: float) -> str:
    """`5.90 ms`, `12.0 ms`, `1031 ms`: three digits, and no more decimals than three."""
    if value == 0 or value >= 1e6:
        return f"{value:.2e} ms" if value else "0 ms"
    decimals = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3
    return f"{value:.{decimals}f} ms" if value >= 0.01 else f"{value:.2g} ms"


def change(ratio: Estimate) -> str:
    """A ratio as a change with its bounds: `−29 % [−31, −27]`."""

    def signed(value: float) -> str:
        sign = "−" if value < 1 else "+"
        return f"{sign}{percent(value - 1)}"

    inner = f"{signed(ratio.low)[:-2]}, {signed(ratio.high)[:-2]}"
    return f"{signed(ratio.median)} [{inner}]"


def spread(values: Sequence[float]) -> str:
    """Shares from the smallest to the largest: `21 to 29 %`, or one where they read the same."""
    low, high = percent(min(values)), percent(max(values))
    return low if low == high else f"{low[:-2]} to {high}"


def spread_times(values: Sequence[float]) -> str:
    """`0.27 to 0.68×`."""
    low, high = times(min(values)), times(max(values))
    return low if low == high else f"{low[:-1]} to {high}"


def listed(items: Sequence[object], limit: int = 8) -> str:
    """`16, 32 and 48`; beyond `limit` items the rest are counted."""
    words = [str(item) for item in items[:limit]]
    if len(items) > limit:
        return f"{', '.join(words)} and {len(items) - limit} more"
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def counted(count: int, word: str, plural: str | None = None) -> str:
    """`1 candidate`, `32 candidates`."""
    return f"{count} {word if count == 1 else plural or word + 's'}"
