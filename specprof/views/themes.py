"""All themes, specprof's own and the user's, and which of them is used."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich._palettes import STANDARD_PALETTE
from rich.color import parse_rgb_hex

from specprof.errors import UsageProblem
from specprof.places import theme_choice_file, themes_folder, user_themes_folder
from specprof.views.palette import PLAIN, Palette, is_theme_name, load_palette, no_such_theme
from specprof.views.theme_file import BadTheme, ThemeFile, read_regular, read_theme

MAX_THEMES = 200
"""Files of the user's folder that are looked at, in the order of their names."""

_LIGHT_GROUNDS = {"7", "15"}
_STANDARD = "standard"
"""The depth of a terminal with 16 colours."""


@dataclass(frozen=True)
class Themes:
    """What is there to choose from, by name. `paths` says where the user's own are."""

    loaded: tuple[Palette, ...]
    failed: tuple[BadTheme, ...]
    warnings: tuple[str, ...]
    """A sentence for each colour of the user's themes that is hard to read."""
    paths: Mapping[str, Path]

    @property
    def all(self) -> tuple[Palette, ...]:
        """With the one that has no colour, which no file holds."""
        return (*self.loaded, PLAIN)


def load_themes() -> Themes:
    """Reads every theme. A bad file hides no other; a user's theme replaces a built-in one of its name."""
    loaded: dict[str, Palette] = {}
    failed: list[BadTheme] = []
    for path in _files(themes_folder()):
        try:
            loaded[path.stem] = read_theme(path).palette
        except BadTheme as bad:
            failed.append(bad)
    own, bad_ones = _own_themes()
    for theme in own.values():
        loaded[theme.palette.name] = theme.palette
    return Themes(
        tuple(loaded[name] for name in sorted(loaded)),
        (*failed, *bad_ones),
        tuple(warning for theme in own.values() for warning in theme.warnings()),
        {name: theme.path for name, theme in own.items()},
    )


def find_theme(name: str) -> Palette:
    """The theme that was asked for by name, `plain` among them.

    Raises BadTheme where the user's file of this name is none, UsageProblem where there is no such theme.
    """
    own, failed = _own_themes()
    if name in own:
        return own[name].palette
    for bad in failed:
        if bad.path.stem == name:
            raise bad
    if name == PLAIN.name:
        return PLAIN
    built_in = {path.stem: path for path in _files(themes_folder())}
    if name in built_in:
        return read_theme(built_in[name]).palette
    raise no_such_theme(name, (*built_in, *own))


def theme_name(environ: Mapping[str, str], depth: str | None, asked: str | None = None) -> str:
    """The theme to draw in: the one asked for, else the one remembered, else what suits the terminal.

    Where there are 16 colours a remembered theme counts only if it is made of these. Raises UsageProblem
    for a theme asked for that there is not; a remembered one may be gone.
    """
    if asked is not None:
        return find_theme(asked).name
    chosen = chosen_theme()
    if chosen is not None:
        palette = _if_there(chosen)
        if palette is not None and (depth != _STANDARD or fits_16_colours(palette)):
            return chosen
    # COLORFGBG, where a terminal sets it, ends in the number of its background
    light = environ.get("COLORFGBG", "").rpartition(";")[2] in _LIGHT_GROUNDS
    if depth == _STANDARD:
        return "sixteen-light" if light else "sixteen"
    return "light" if light else "dark"


def theme_for(environ: Mapping[str, str], depth: str | None, asked: str | None = None) -> Palette:
    """The colours of `theme_name`. Raises UsageProblem for a theme asked for that there is not."""
    return find_theme(asked) if asked is not None else named_theme(theme_name(environ, depth))


def named_theme(name: str) -> Palette:
    """A theme by name; where the user's file of a built-in's name is bad, the built-in one.

    Raises UsageProblem where there is neither.
    """
    try:
        return find_theme(name)
    except BadTheme:
        return load_palette(name)


def fits_16_colours(palette: Palette) -> bool:
    """Whether every colour of a theme is one of the 16 as rich has them, so that it stays itself there."""
    return all(
        STANDARD_PALETTE[STANDARD_PALETTE.match(triplet)] == triplet
        for triplet in (parse_rgb_hex(colour[1:]) for colour in palette.colours())
    )


def _if_there(name: str) -> Palette | None:
    try:
        return named_theme(name)
    except UsageProblem:
        return None


# The user's folder


def _own_themes() -> tuple[dict[str, ThemeFile], list[BadTheme]]:
    """The user's themes by name, and what is none. A name taken twice is the one's whose file has it too."""
    found: list[ThemeFile] = []
    failed: list[BadTheme] = []
    for path in _files(user_themes_folder()):
        try:
            found.append(read_theme(path))
        except BadTheme as bad:
            failed.append(bad)
    own: dict[str, ThemeFile] = {}
    for theme in sorted(found, key=lambda theme: theme.path.stem != theme.palette.name):
        name = theme.palette.name
        if name in own:
            fault = f"name: {name} is the name of {own[name].path.name} too"
            failed.append(BadTheme(theme.path, theme.lines.get(("name",)), fault, "give it another"))
        else:
            own[name] = theme
    return own, failed


def _files(folder: Path | None) -> Iterator[Path]:
    """The theme files of a folder, by name. An editor's own files begin with a dot."""
    if folder is None:
        return
    with contextlib.suppress(OSError):
        names = (name for name in os.listdir(folder) if name.endswith((".yaml", ".yml")))
        for name in sorted(name for name in names if not name.startswith("."))[:MAX_THEMES]:
            yield folder / name


class ThemeFiles:
    """Tells whether a theme was edited, added or taken away since it was last asked."""

    def __init__(self) -> None:
        self._seen = self._stamps()

    def changed(self) -> bool:
        """One look at the folders: cheap enough to do every second."""
        before, self._seen = self._seen, self._stamps()
        return self._seen != before

    @staticmethod
    def _stamps() -> dict[Path, tuple[int, int, int]]:
        stamps = {}
        for folder in (themes_folder(), user_themes_folder()):
            for path in _files(folder):
                with contextlib.suppress(OSError):
                    status = path.stat()
                    stamps[path] = status.st_mtime_ns, status.st_size, status.st_ino
        return stamps


# The choice


def chosen_theme() -> str | None:
    """The theme the user chose last. None where there is none, or it cannot be read."""
    path = theme_choice_file()
    if path is None:
        return None
    try:
        name = read_regular(path, 100).decode("ascii").strip()
    except (OSError, ValueError):
        return None
    return name if is_theme_name(name) else None


def remember_theme(name: str) -> bool:
    """Keeps the choice for the next time. Returns whether that worked: a home may be missing or read-only."""
    path = theme_choice_file()
    if path is None or not is_theme_name(name):
        return False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=".theme-", dir=path.parent)
    except OSError:
        return False
    try:
        # no fsync: a choice lost with the power is soon made again, and this is done while a key is down
        with open(descriptor, "w", encoding="ascii") as file:
            file.write(f"{name}\n")
        os.replace(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        return False
    return True
