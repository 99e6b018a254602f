"""The themes that come with specprof: readable, told apart, complete; and refused in one line where not."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich._palettes import STANDARD_PALETTE
from rich.color import Color, ColorSystem

from specprof.errors import SpecprofError
from specprof.places import themes_folder
from specprof.views.contrast import blend, contrast
from specprof.views.palette import PLAIN, Palette, letter, load_palette, read_palette, series_role
from specprof.views.themes import fits_16_colours

from .colour_difference import DEFICIENCIES, lab, least_steps, steps, turn

THEMES = sorted(path.stem for path in themes_folder().glob("*.yaml"))
WORDS = ("text", "muted", "good", "warn", "bad", "accent")

MATPLOTLIB = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2")
"""The first seven of its default colours: blue, orange, green, red, purple, brown, pink."""

OKABE_ITO = ("#56b4e9", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#f0e442", "#0072b2")
"""Sky blue, orange, bluish green, vermillion, reddish purple, yellow, blue."""


def in_256_colours(colour: str) -> str:
    return Color.parse(colour).downgrade(ColorSystem.EIGHT_BIT).get_truecolor().hex


def test_contrast_is_measured_right() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert contrast("#ffffff", "#777777") == contrast("#777777", "#ffffff")


def test_difference_is_measured_right() -> None:
    assert lab("#ffffff") == pytest.approx([100, 0, 0], abs=0.02)
    assert lab("#ff0000") == pytest.approx([53.24, 80.09, 67.20], abs=0.02)
    assert steps("#000000", "#ffffff") == pytest.approx(100 / 7.33, abs=0.01)  # L* alone: 0.5 × (10.16 + 4.5)
    for eyes in DEFICIENCIES:
        assert lab("#808080", eyes) == pytest.approx(lab("#808080"), abs=0.01)
    assert steps("#b25000", "#1d7a1d") > 3 > 1 > steps("#b25000", "#1d7a1d", "protanopia")


def test_at_least_six_are_there() -> None:
    assert {"dark", "light", "high-contrast", "colour-blind", "published", "sixteen"} <= set(THEMES)
    assert load_palette() == load_palette("dark")
    assert {name: load_palette(name).dark for name in THEMES} == {
        "colour-blind": True,
        "dark": True,
        "high-contrast": True,
        "light": False,
        "published": False,
        "sixteen": True,
        "sixteen-light": False,
    }


@pytest.mark.parametrize("name", THEMES)
def test_a_theme_is_called_as_its_file_and_names_every_key(name: str) -> None:
    palette = load_palette(name)
    assert palette.name == name
    assert palette.model_fields_set == set(Palette.model_fields) - {"colour"}
    written = (themes_folder() / f"{name}.yaml").read_text()
    assert all(f"\n{key}: " in written for key in palette.model_fields_set)


@pytest.mark.parametrize("name", THEMES)
def test_words_and_curves_are_readable_where_they_stand(name: str) -> None:
    palette = load_palette(name)
    for colour in palette.series:
        assert contrast(colour, palette.ground) >= 4.5, colour
    for word in WORDS:
        colour = palette.colour_of(word)
        assert contrast(colour, palette.ground) >= 4.5, word
        assert contrast(colour, palette.panel) >= 4.5, word
        assert contrast(colour, palette.selection) >= 4, word
    assert contrast(palette.text, palette.selection) >= 4.5


@pytest.mark.parametrize("name", THEMES)
def test_lines_gauges_and_the_cursors_line_are_seen(name: str) -> None:
    palette = load_palette(name)
    for colour in (palette.axis, palette.grid, palette.border, palette.gauge):
        assert contrast(colour, palette.ground) >= 3, colour
    assert contrast(palette.gauge, palette.panel) >= 3
    assert contrast(palette.gauge, palette.gauge_track) >= 3
    assert contrast(palette.gauge_track, palette.ground) >= 1.2
    assert contrast(palette.selection, palette.ground) >= 1.2
    assert palette.selection != palette.panel


@pytest.mark.parametrize("name", THEMES)
def test_seven_series_are_told_apart(name: str) -> None:
    """Twice the difference that half of the viewers notice in a star."""
    series = load_palette(name).series
    assert len(set(series)) == len(series) >= 7
    assert least_steps(series) >= 2


@pytest.mark.parametrize("name", THEMES)
def test_256_colours_are_enough(name: str) -> None:
    palette = load_palette(name)
    ground, panel, selection = map(in_256_colours, (palette.ground, palette.panel, palette.selection))
    for word in WORDS:
        assert contrast(in_256_colours(palette.colour_of(word)), ground) >= 4.5, word
    for behind in (panel, selection):
        assert contrast(in_256_colours(palette.text), behind) >= 4.5
    series = [in_256_colours(colour) for colour in palette.series]
    assert min(contrast(colour, ground) for colour in series) >= 4
    assert least_steps(series) >= 2


def test_high_contrast_is_high() -> None:
    palette = load_palette("high-contrast")
    for colour in [*palette.series, *map(palette.colour_of, WORDS)]:
        assert contrast(colour, palette.ground) >= 7, colour
    assert contrast(palette.text, palette.selection) >= 7


@pytest.mark.parametrize("eyes", sorted(DEFICIENCIES))
def test_the_colour_blind_tell_the_series_of_their_theme_apart(eyes: str) -> None:
    palette = load_palette("colour-blind")
    assert least_steps(palette.series, eyes) >= 2
    assert least_steps([palette.good, palette.warn, palette.bad], eyes) >= 2
    assert least_steps(load_palette("dark").series, eyes) < 2


def test_the_theme_for_the_colour_blind_has_the_hues_of_okabe_and_ito() -> None:
    for mine, theirs in zip(load_palette("colour-blind").series, OKABE_ITO, strict=True):
        assert turn(mine, theirs) < 16, mine


def test_the_published_theme_has_the_colours_of_the_figure_only_as_much_darker_as_must_be() -> None:
    palette = load_palette("published")
    assert palette.ground == "#ffffff"
    for mine, theirs in zip(palette.series, MATPLOTLIB, strict=True):
        if contrast(theirs, "#ffffff") >= 4.5:
            assert mine == theirs
        else:
            assert contrast(mine, "#ffffff") < 4.53
            assert turn(mine, theirs) < 10, mine


@pytest.mark.parametrize("name", ["sixteen", "sixteen-light"])
def test_sixteen_colours_stay_what_they_are(name: str) -> None:
    palette = load_palette(name)
    for colour in palette.colours():
        shown = Color.parse(colour).downgrade(ColorSystem.STANDARD).number
        assert shown is not None
        assert STANDARD_PALETTE[shown].hex == colour
    assert fits_16_colours(palette)
    assert not fits_16_colours(load_palette("high-contrast"))


def test_the_dark_theme_is_readable_on_black_and_the_light_one_on_white() -> None:
    for name, ground in (("dark", "#000000"), ("light", "#ffffff")):
        for colour in load_palette(name).series:
            assert contrast(colour, ground) >= 4.5


def test_series_repeat_and_letters_do_not_soon() -> None:
    palette = load_palette("dark")
    assert palette.colour_of(series_role(0)) == palette.colour_of(series_role(7)) == "#5aa9e6"
    assert [letter(i) for i in (0, 6, 25, 26)] == ["a", "g", "z", "A"]


def test_roles_of_the_app_have_their_colours() -> None:
    palette = load_palette("dark")
    assert palette.colour_of("gauge-track") == palette.gauge_track == "#454545"
    assert palette.colour_of("border") == "#6e6e6e"
    assert palette.colour_of("ground") == palette.colour_of("name") == palette.text


def test_plain_styles_nothing() -> None:
    assert load_palette("plain") is PLAIN
    assert not PLAIN.style("series-3", bold=True)
    assert load_palette("dark").style("axis").color is not None


def test_a_theme_from_before_the_app_still_loads(tmp_path: Path) -> None:
    path = tmp_path / "old.yaml"
    old = 'name: old\nground: "#102030"\ntext: "#f0f0f0"\ngrid: "#708090"\naccent: "#ABCDEF"\n'
    path.write_text(old)
    palette = read_palette(path)
    assert palette.panel == "#102030"
    assert palette.border == palette.gauge_track == "#708090"
    assert palette.gauge == "#ABCDEF"
    assert palette.selection == blend("#102030", "#f0f0f0", 0.25) == "#485460"
    assert "#abcdef" in palette.colours()


@pytest.mark.parametrize("name", ["nonesuch", "../dark", "", "dark.yaml", "\x1b[31m", "a/b"])
def test_a_theme_that_is_not_there_names_those_that_are(name: str) -> None:
    with pytest.raises(SpecprofError, match="dark, high-contrast, light, plain") as refused:
        load_palette(name)
    assert "\x1b" not in str(refused.value)
    assert refused.value.exit_code == 2


def test_a_palette_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Palette(name="x").name = "y"  # type: ignore[misc]
