"""The themes that come with specprof: readable, complete, and refused in one line where they are not."""

from pathlib import Path

import pytest

from specprof.errors import SpecprofError
from specprof.places import themes_folder
from specprof.views.palette import PLAIN, Palette, letter, load_palette, read_palette, series_role

THEMES = sorted(path.stem for path in themes_folder().glob("*.yaml"))


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.1)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_measured_right() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


def test_dark_and_light_are_there() -> None:
    assert {"dark", "light"} <= set(THEMES)
    assert load_palette() == load_palette("dark")
    assert load_palette("dark").dark
    assert not load_palette("light").dark


@pytest.mark.parametrize("name", THEMES)
def test_words_and_curves_are_readable_on_the_ground(name: str) -> None:
    palette = load_palette(name)
    read = [palette.text, palette.muted, palette.good, palette.warn, palette.bad, palette.accent]
    for colour in [*palette.series, *read]:
        assert contrast(colour, palette.ground) >= 4.5, colour
    for colour in (palette.axis, palette.grid):
        assert contrast(colour, palette.ground) >= 3, colour
    assert len(set(palette.series)) == len(palette.series) >= 7


def test_the_dark_theme_is_readable_on_black_and_the_light_one_on_white() -> None:
    for name, ground in (("dark", "#000000"), ("light", "#ffffff")):
        for colour in load_palette(name).series:
            assert contrast(colour, ground) >= 4.5


def test_series_repeat_and_letters_do_not_soon() -> None:
    palette = load_palette("dark")
    assert palette.colour_of(series_role(0)) == palette.colour_of(series_role(7)) == "#5aa9e6"
    assert [letter(i) for i in (0, 6, 25, 26)] == ["a", "g", "z", "A"]


def test_plain_styles_nothing() -> None:
    assert load_palette("plain") is PLAIN
    assert not PLAIN.style("series-3", bold=True)
    assert load_palette("dark").style("axis").color is not None


@pytest.mark.parametrize("name", ["nonesuch", "../dark", "", "dark.yaml", "\x1b[31m", "a/b"])
def test_a_theme_that_is_not_there_names_those_that_are(name: str) -> None:
    with pytest.raises(SpecprofError, match="dark, light, plain") as refused:
        load_palette(name)
    assert "\x1b" not in str(refused.value)
    assert refused.value.exit_code == 2


@pytest.mark.parametrize(
    "content",
    [
        b"name: [",
        b"- a list",
        b"",
        b"name: x\nseries: ['blue']",
        b"name: x\nseries: []",
        b"name: x\nunknown: 1",
        b"name: x\nground: '#12345'",
        b"\xff\xfe",
        b"name: !!python/object/apply:os.system ['true']",
        b"? [a]\n: b",
        b"[" * 5000,
    ],
)
def test_a_bad_file_is_one_line_that_names_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.yaml"
    path.write_bytes(content)
    with pytest.raises(SpecprofError, match=r"bad\.yaml") as refused:
        read_palette(path)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_one_line_too(tmp_path: Path) -> None:
    with pytest.raises(SpecprofError, match="cannot be read"):
        read_palette(tmp_path / "none.yaml")


def test_a_palette_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Palette(name="x").name = "y"  # type: ignore[misc]
