"""The colours that things are drawn in, by what they mean. Themes are files: see `places.themes_folder`."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from rich.style import Style

from specprof.errors import UsageProblem
from specprof.places import themes_folder

Role = str
"""What a character is: one of `Ink`, or `series-1`, `series-2` … for the curves in legend order."""

Ink = Literal["text", "muted", "axis", "grid", "good", "warn", "bad", "accent"]
"""The roles that a theme names one by one."""

Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]

MAX_THEME_BYTES = 65_536
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")


class Palette(BaseModel):
    """The colours of one theme. `colour` is False for the palette that has none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(max_length=40)
    dark: bool = True
    ground: Colour = "#000000"
    text: Colour = "#ffffff"
    muted: Colour = "#ffffff"
    axis: Colour = "#ffffff"
    grid: Colour = "#ffffff"
    good: Colour = "#ffffff"
    warn: Colour = "#ffffff"
    bad: Colour = "#ffffff"
    accent: Colour = "#ffffff"
    series: tuple[Colour, ...] = Field(default=("#ffffff",), min_length=1, max_length=32)
    colour: bool = True

    def series_colour(self, index: int) -> str:
        """Colour of the curve at `index` in the legend; they repeat after the last."""
        return self.series[index % len(self.series)]

    def colour_of(self, role: Role) -> str:
        """The colour of a role. An unknown role is text."""
        if role.startswith("series-"):
            return self.series_colour(int(role.removeprefix("series-")) - 1)
        found = getattr(self, role) if role in Ink.__args__ else self.text  # type: ignore[attr-defined]
        return str(found)

    def style(self, role: Role, *, bold: bool = False) -> Style:
        """How a terminal shows a role. Nothing at all without colour: bold is an escape sequence too."""
        return _style(self.colour_of(role), bold) if self.colour else _NONE


_NONE = Style()


@lru_cache(maxsize=256)
def _style(colour: str, bold: bool) -> Style:
    return Style(color=colour, bold=bold or None)


PLAIN = Palette(name="plain", colour=False)
"""No colour: a pipe, NO_COLOR, a dumb terminal."""


def series_role(index: int) -> Role:
    """The role of the curve at `index`, counted from 0."""
    return f"series-{index + 1}"


def letter(index: int) -> str:
    """What tells a curve from the others without colour: a … z, then A … Z, and again."""
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return letters[index % len(letters)]


def load_palette(name: str = "dark") -> Palette:
    """The palette of a theme that comes with specprof, or `plain`.

    Raises UsageProblem where there is no such theme, or its file cannot be read as one.
    """
    if name == PLAIN.name:
        return PLAIN
    path = themes_folder() / f"{name}.yaml"
    if not _NAME.fullmatch(name) or not path.is_file():
        known = sorted(found.stem for found in themes_folder().glob("*.yaml"))
        raise UsageProblem(f"there is no theme {name[:40]!a}", f"choose {', '.join([*known, PLAIN.name])}")
    return read_palette(path)


def read_palette(path: Path) -> Palette:
    """The palette in a theme's file. Raises UsageProblem, with the file and the place, where it is none."""
    import yaml

    try:
        with path.open("rb") as stream:
            data = yaml.safe_load(stream.read(MAX_THEME_BYTES).decode("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageProblem(f"theme {str(path)!a} cannot be read ({type(error).__name__})") from None
    except (yaml.YAMLError, RecursionError, ValueError):
        raise UsageProblem(f"theme {str(path)!a} is not YAML", "see themes/dark.yaml") from None
    try:
        return Palette.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(ascii(part)[1:-1] if isinstance(part, str) else str(part) for part in first["loc"])
        raise UsageProblem(
            f"theme {str(path)!a}: {where or 'document'}: {first['msg']}", "see themes/dark.yaml"
        ) from None
