"""The themes as they are listed, for people and for programs."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from specprof.views.glyphs import ASCII, UNICODE
from specprof.views.terminal import Surface
from specprof.views.theme_list import theme_lines, theme_list
from specprof.views.themes import load_themes

from .own_themes import BUILT_IN, MINE


def surface(depth: str | None = "truecolor", **other: object) -> Surface:
    known = {"width": 80, "height": 24, "live": True, "glyphs": UNICODE, "theme": "dark", "depth": depth}
    return Surface(**{**known, **other})  # type: ignore[arg-type]


def test_each_theme_is_listed_with_a_star_in_each_of_its_colours_on_its_ground(own: Path) -> None:
    (own / "mine.yaml").write_text(MINE)
    lines = {line.plain.split()[0]: line for line in theme_list(load_themes(), "light", surface())}
    assert list(lines) == [*sorted([*BUILT_IN, "mine"]), "plain"]
    line = lines["mine"]
    assert str(own / "mine.yaml") in line.plain
    stars = [segment for segment in line.render(Console()) if "★" in segment.text]
    assert [segment.style.color.name for segment in stars if segment.style and segment.style.color] == [
        "#ff8080",
        "#80ff80",
    ]
    assert {segment.style.bgcolor.name for segment in stars if segment.style and segment.style.bgcolor} == {
        "#101010"
    }
    assert lines["published"].plain.count("★") == 7
    assert [name for name, line in lines.items() if line.plain.endswith("built in  in use")] == ["light"]


def test_without_colour_letters_stand_for_the_series_and_all_columns_are_straight() -> None:
    lines = theme_list(load_themes(), "dark", surface(None, glyphs=ASCII))
    assert all(line.plain.isascii() for line in lines)
    assert not any(segment.style for line in lines for segment in line.render(Console()) if segment.style)
    assert " a b c d e f g " in lines[0].plain
    assert len({line.plain.index("built in") for line in lines}) == 1


def test_a_program_gets_tabs() -> None:
    rows = [line.split("\t") for line in theme_lines(load_themes(), "sixteen")]
    assert ["sixteen", "abcdefg", "built in", "in use"] in rows
    assert ["dark", "abcdefg", "built in", ""] in rows
    assert rows[-1] == ["plain", "", "built in", ""]
