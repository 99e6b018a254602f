"""The colours that things are drawn in, by what they mean. Themes are files: see `views.themes`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator
from rich.style import Style

from specprof.errors import UsageProblem
from specprof.places import themes_folder
from specprof.views.contrast import blend

Role = str
"""What a character is: one of `Ink`, or `series-1`, `series-2` … for the curves in legend order."""

Ink = Literal[
    "text", "muted", "axis", "grid", "good", "warn", "bad", "accent", "border", "gauge", "gauge-track"
]
"""The roles that a theme names one by one."""

INKS: frozenset[str] = frozenset(get_args(Ink))
MAX_SERIES = 32

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")

Colour = Annotated[str, Field(pattern=f"^{_COLOUR.pattern}$")]


class Palette(BaseModel):
    """The colours of one theme. `colour` is False for the palette that has none.

    A theme from before the app names no `panel`, `border`, `selection`, `gauge` and `gauge_track`: they
    are made of what it names.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(max_length=40)
    dark: bool = True
    ground: Colour = "#000000"
    panel: Colour = "#000000"
    """The second ground: bars, fields."""
    text: Colour = "#ffffff"
    muted: Colour = "#ffffff"
    axis: Colour = "#ffffff"
    grid: Colour = "#ffffff"
    border: Colour = "#ffffff"
    good: Colour = "#ffffff"
    warn: Colour = "#ffffff"
    bad: Colour = "#ffffff"
    accent: Colour = "#ffffff"
    selection: Colour = "#404040"
    """The ground of the line that the cursor is on."""
    gauge: Colour = "#ffffff"
    gauge_track: Colour = "#ffffff"
    """What is left of a gauge."""
    series: tuple[Colour, ...] = Field(default=("#ffffff",), min_length=1, max_length=MAX_SERIES)
    colour: bool = True

    @model_validator(mode="before")
    @classmethod
    def _from_what_is_named(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        # what is no colour is left to the check that follows: it knows the key that is to blame
        named = {key: value for key, value in data.items() if _is_colour(value)}
        ground, text = named.get("ground", "#000000"), named.get("text", "#ffffff")
        grid, accent = named.get("grid", "#ffffff"), named.get("accent", "#ffffff")
        made = {
            "panel": ground,
            "border": grid,
            "selection": blend(ground, text, 0.25),
            "gauge": accent,
            "gauge_track": grid,
        }
        return {**made, **data}

    def colours(self) -> frozenset[str]:
        """Every colour there is in it, `#rrggbb` in small letters."""
        named = (getattr(self, key) for key in type(self).model_fields if key not in ("name", "series"))
        return frozenset(one.lower() for one in (*named, *self.series) if isinstance(one, str))

    def series_colour(self, index: int) -> str:
        """Colour of the curve at `index` in the legend; they repeat after the last."""
        return self.series[index % len(self.series)]

    def colour_of(self, role: Role) -> str:
        """The colour of a role. An unknown role is text."""
        if role.startswith("series-"):
            return self.series_colour(int(role.removeprefix("series-")) - 1)
        return str(getattr(self, role.replace("-", "_"))) if role in INKS else self.text

    def style(self, role: Role, *, bold: bool = False) -> Style:
        """How a terminal shows a role. Nothing at all without colour: bold is an escape sequence too."""
        return _style(self.colour_of(role), bold) if self.colour else _NONE


def _is_colour(value: object) -> bool:
    return isinstance(value, str) and _COLOUR.fullmatch(value) is not None


_NONE = Style()


@lru_cache(maxsize=256)
def _style(colour: str, bold: bool) -> Style:
    return Style(color=colour, bold=bold or None)


PLAIN = Palette(name="plain", colour=False, selection="#555555", gauge_track="#555555")
"""No colour: a pipe, NO_COLOR, a dumb terminal."""


def series_role(index: int) -> Role:
    """The role of the curve at `index`, counted from 0."""
    return f"series-{index + 1}"


def letter(index: int) -> str:
    """What tells a curve from the others without colour: a … z, then A … Z, and again."""
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return letters[index % len(letters)]


def is_theme_name(name: str) -> bool:
    """Whether a theme may be called so: up to 40 letters, digits, `-` and `_`."""
    return bool(_NAME.fullmatch(name))


def load_palette(name: str = "dark") -> Palette:
    """The palette of a theme that comes with specprof, or `plain`.

    Raises UsageProblem where there is no such theme, or its file cannot be read as one.
    """
    if name == PLAIN.name:
        return PLAIN
    path = themes_folder() / f"{name}.yaml"
    if not is_theme_name(name) or not path.is_file():
        raise no_such_theme(name, (found.stem for found in themes_folder().glob("*.yaml")))
    return read_palette(path)


def read_palette(path: Path) -> Palette:
    """The palette in a theme's file. Raises UsageProblem, with file and line, where it is none."""
    from specprof.views.theme_file import read_theme

    return read_theme(path).palette


def no_such_theme(name: str, known: Iterable[str]) -> UsageProblem:
    """What is said of a theme that there is not."""
    return UsageProblem(
        f"there is no theme {name[:40]!a}", f"choose {', '.join(sorted({*known, PLAIN.name}))}"
    )
