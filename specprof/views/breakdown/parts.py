"""The parts of a profiled step: names, colours, and how a bar is shared out among them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.style import Style

from specprof.run.breakdown import Breakdown
from specprof.views.contrast import contrast
from specprof.views.palette import Palette, Role


@dataclass(frozen=True)
class Shown:
    """One part as it is shown; `name` where there is room for it, `short` where there is not."""

    key: str
    name: str
    short: str
    role: Role


SHOWN = (
    Shown("linear", "linear", "linear", "series-1"),
    Shown("attention", "attention", "attention", "series-2"),
    Shown("elementwise", "norms, rotary, activation", "elementwise", "series-3"),
    Shown("head", "embedding and head", "head", "series-4"),
    Shown("gaps", "gaps", "gaps", "muted"),
)
"""In the order of a bar. Gaps are no work: they are drawn as what is left of it."""


def parts_ms(breakdown: Breakdown) -> tuple[float, ...]:
    """The parts in the order of `SHOWN`, ms."""
    return tuple(float(getattr(breakdown, f"{part.key}_ms")) for part in SHOWN)


def rest_ms(breakdown: Breakdown) -> float:
    """What the parts leave of the total: nothing, but a file may say otherwise."""
    rest = breakdown.total_ms - sum(parts_ms(breakdown))
    return rest if rest > breakdown.total_ms * 1e-6 else 0.0


def whole_ms(breakdown: Breakdown) -> float:
    """What the shares are of: the total, or the parts where a file has more of them."""
    return max(breakdown.total_ms, sum(parts_ms(breakdown)))


def shared_out(cells: int, sizes: Sequence[float]) -> list[int]:
    """`cells` shared out by size, by the largest remainders: they add up to `cells`, or to 0 where all
    sizes are 0. What has no size gets none."""
    total = math.fsum(sizes)
    if total <= 0:
        return [0] * len(sizes)
    exact = [cells * (size / total) for size in sizes]
    found = [math.floor(one) for one in exact]
    by_remainder = sorted(range(len(sizes)), key=lambda i: found[i] - exact[i])
    for i in by_remainder[: cells - sum(found)]:
        found[i] += 1
    return found


def bar_length(ms: float, longest_ms: float, width: int) -> int:
    """Cells of a bar on the scale on which `longest_ms` takes all of `width`, at least one."""
    return min(width, max(1, round(width * (ms / longest_ms))))


def in_colour(palette: Palette) -> bool:
    """Whether the parts can be told apart by colour; a theme of the user's may have too few."""
    colours = [palette.colour_of(part.role) for part in SHOWN[:-1]]
    return palette.colour and len(set(colours)) == len(colours)


def bar_style(part: Shown, palette: Palette) -> Style:
    """How the fill of a part is drawn: where there is colour, as one plain area."""
    if part.key == "gaps" or not in_colour(palette):
        return palette.style(part.role if in_colour(palette) else "text")
    colour = palette.colour_of(part.role)
    # sign and ground alike: what is copied without its colours can still be read
    return Style(color=colour, bgcolor=colour)


def label_style(part: Shown, palette: Palette) -> Style:
    """How words are drawn on a part."""
    if part.key == "gaps" or not in_colour(palette):
        return bar_style(part, palette)
    colour = palette.colour_of(part.role)
    ink = max((palette.ground, palette.text), key=lambda one: contrast(one, colour))
    return Style(color=ink, bgcolor=colour)
