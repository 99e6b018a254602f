"""The themes there are, a line each."""

from __future__ import annotations

from rich.style import Style
from rich.text import Text

from specprof.run.sanitize import clean
from specprof.views.palette import Palette, letter
from specprof.views.terminal import Surface
from specprof.views.themes import Themes

SWATCHES = 10
"""Series that are shown of a theme which names more."""


def theme_list(themes: Themes, in_use: str, surface: Surface) -> list[Text]:
    """Name, series colours, where it is from, and whether it is in use.

    A series is a star in its colour on the theme's own ground; without colour it is its letter.
    """
    shown = surface.palette()
    width = max(len(palette.name) for palette in themes.all)
    widest = max(len(_series(palette)) for palette in themes.all)
    lines = []
    for palette in themes.all:
        mine = palette.name == in_use
        name = Text(palette.name.ljust(width), shown.style("accent" if mine else "text", bold=mine))
        swatch = _swatch(palette, surface)
        swatch.append("  " * (widest - len(_series(palette))))
        origin = Text(surface.glyphs.fit(_origin(themes, palette)), shown.style("muted"))
        lines.append(Text("  ").join([name, swatch, origin]))
        if mine:
            lines[-1].append("  in use", shown.style("accent", bold=True))
    return lines


def theme_lines(themes: Themes, in_use: str) -> list[str]:
    """The same for a program that reads it: name, letters, origin, `in use` or nothing, tabs between them."""
    return [
        "\t".join(
            (
                palette.name,
                _letters(palette),
                _origin(themes, palette),
                "in use" if palette.name == in_use else "",
            )
        )
        for palette in themes.all
    ]


def _origin(themes: Themes, palette: Palette) -> str:
    path = themes.paths.get(palette.name)
    return "built in" if path is None else clean(str(path), 300)


def _letters(palette: Palette) -> str:
    return "".join(letter(index) for index in range(len(_series(palette))))


def _series(palette: Palette) -> tuple[str, ...]:
    return palette.series[:SWATCHES] if palette.colour else ()


def _swatch(palette: Palette, surface: Surface) -> Text:
    if not surface.colour:
        return Text(" " + "".join(f"{sign} " for sign in _letters(palette)))
    if not palette.colour:
        return Text(" ")
    swatch = Text(" ", Style(bgcolor=palette.ground))
    for colour in _series(palette):
        swatch.append(f"{surface.glyphs.star} ", Style(color=colour, bgcolor=palette.ground))
    return swatch
