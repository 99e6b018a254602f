"""The colours that a figure file is drawn in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from specprof.views.palette import Palette, load_palette


@dataclass(frozen=True)
class Ink:
    """Colours as `#rrggbb`. `ground` None leaves what lies behind visible."""

    ground: str | None
    text: str
    muted: str
    grid: str
    bad: str
    warn: str
    series: tuple[str, ...]
    legend_ground: str

    def of_curve(self, index: int) -> str:
        """The colour of the curve at `index` in the legend; they repeat after the last."""
        return self.series[index % len(self.series)]


def published_ink() -> Ink:
    """The published figure's colours on its white ground."""
    palette = load_palette("published")
    return Ink(
        palette.ground,
        palette.text,
        palette.muted,
        palette.grid,
        palette.bad,
        palette.warn,
        palette.series,
        palette.ground,
    )


MOST_VARIABLES = 16
_NAMED = ("ground", "text", "muted", "grid", "bad", "warn")
_PLACES = {f"#0{index}0b0c": f"var(--{name})" for index, name in enumerate(_NAMED, start=1)}
_SERIES = {f"#f0{index:02x}0d": f"var(--series-{index + 1})" for index in range(MOST_VARIABLES)}


def variable_ink(count: int) -> Ink:
    """Colours that stand for the variables of a style sheet: see `as_variables`.

    `count`: how many series colours there are, at most 16.
    """
    ground, text, muted, grid, bad, warn = _PLACES
    return Ink(None, text, muted, grid, bad, warn, tuple(_SERIES)[: min(count, MOST_VARIABLES)], ground)


def as_variables(svg: str) -> str:
    """An SVG drawn in `variable_ink`, its colours replaced by the variables that they stand for."""
    for place, variable in (_PLACES | _SERIES).items():
        svg = svg.replace(place, variable)
    return svg


def style_of(palette: Palette, count: int) -> Mapping[str, str]:
    """The variables' values in one theme."""
    named = {f"--{name}": str(getattr(palette, name)) for name in (*_NAMED, "panel", "border", "good")}
    series = {f"--series-{index + 1}": palette.series_colour(index) for index in range(count)}
    return {**named, **series}
