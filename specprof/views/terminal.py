"""What a stream can show, decided once: size, colour, signs. No escape leaves for what is no terminal."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Literal

from rich.console import Console

from specprof.views.glyphs import ASCII, NARROW_STAR, UNICODE, Glyphs
from specprof.views.palette import PLAIN, Palette
from specprof.views.themes import find_theme, named_theme, theme_name

DEFAULT_WIDTH = 100
DEFAULT_HEIGHT = 30
"""Where the stream is no terminal and COLUMNS and LINES say nothing."""

_LARGEST = 1000
_PROBE = "★☆✕⠿┼╭±×…●◐○━█▒"

Depth = Literal["standard", "256", "truecolor"]


@dataclass(frozen=True)
class Surface:
    """`live`: whether what was written can be written over. `depth` is None without colour."""

    width: int
    height: int
    live: bool
    depth: Depth | None
    glyphs: Glyphs
    theme: str

    @property
    def colour(self) -> bool:
        return self.depth is not None

    def palette(self, theme: str | None = None) -> Palette:
        """The colours to draw in. Raises UsageProblem for a theme that there is not."""
        asked = find_theme(theme) if theme else None
        if not self.colour:
            return PLAIN
        return asked or named_theme(self.theme)

    def console(self, stream: IO[str], *, follow_size: bool = False) -> Console:
        """A console that reads no markup and guesses nothing. Without colour it styles nothing, and where
        the stream is not live it writes no escape at all. With `follow_size` its size is the terminal's at
        each moment, else what this surface holds."""
        return Console(
            file=stream,
            width=None if follow_size else self.width,
            height=None if follow_size else self.height,
            color_system=self.depth,
            force_terminal=self.live,
            force_interactive=self.live,
            no_color=not self.colour,
            legacy_windows=False,
            markup=False,
            emoji=False,
            highlight=False,
        )


def surface_of(
    stream: IO[str],
    environ: Mapping[str, str] | None = None,
    theme: str | None = None,
    *,
    ascii_only: bool = False,
) -> Surface:
    """What `stream` can show, by itself and by the environment, in the theme and the signs asked for.

    No colour: NO_COLOR set and not empty, no terminal, TERM unset or dumb. ASCII: the stream's encoding
    has no stars. Size: COLUMNS and LINES, else the terminal's, else 100 × 30. Theme: see `theme_name`.
    Raises UsageProblem for a theme that there is not.
    """
    environ = os.environ if environ is None else environ
    terminal = _is_terminal(stream)
    term = environ.get("TERM", "")
    width, height = _size(stream, terminal, environ)
    live = terminal and term not in ("", "dumb")
    depth = _depth(term, environ) if live and not environ.get("NO_COLOR") else None
    return Surface(
        width=width,
        height=height,
        live=live,
        depth=depth,
        glyphs=ASCII if ascii_only else _glyphs(stream, environ),
        theme=theme_name(environ, depth, theme),
    )


def _is_terminal(stream: IO[str]) -> bool:
    try:
        return bool(stream.isatty())
    except (AttributeError, OSError, ValueError):
        return False


def _size(stream: IO[str], terminal: bool, environ: Mapping[str, str]) -> tuple[int, int]:
    found = DEFAULT_WIDTH, DEFAULT_HEIGHT
    if terminal:
        try:
            size = os.get_terminal_size(stream.fileno())
            found = size.columns or found[0], size.lines or found[1]
        except (OSError, ValueError):
            pass
    width, height = (
        int(told) if told.isascii() and told.isdecimal() and 0 < len(told) < 5 and int(told) else known
        for told, known in zip((environ.get("COLUMNS", ""), environ.get("LINES", "")), found, strict=True)
    )
    return min(width, _LARGEST), min(height, _LARGEST)


def _depth(term: str, environ: Mapping[str, str]) -> Depth:
    if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit") or term.endswith("-direct"):
        return "truecolor"
    return "256" if "256color" in term or "kitty" in term else "standard"


def _glyphs(stream: IO[str], environ: Mapping[str, str]) -> Glyphs:
    try:
        _PROBE.encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeError, LookupError):
        return ASCII
    locale = next((environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(name)), "")
    return NARROW_STAR if locale[:2] in ("zh", "ja", "ko") else UNICODE
