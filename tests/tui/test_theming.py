"""A palette in the app: the colours of its file and no others, each readable where Textual puts it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar

import pytest
from textual.app import App, ComposeResult
from textual.color import Color
from textual.design import ColorSystem
from textual.theme import Theme
from textual.widgets import Button, DataTable, Footer, Input, Label, OptionList

from specprof.places import themes_folder
from specprof.tui.theming import DEFAULT_VARIABLES, textual_theme
from specprof.views.contrast import contrast
from specprof.views.palette import MAX_SERIES, PLAIN, Palette, load_palette, read_palette

THEMES = sorted(path.stem for path in themes_folder().glob("*.yaml"))
STYLES = ("-text-style", "-style", "-style-hover")

READ = [
    ("foreground", "background"),
    ("foreground", "surface"),
    ("foreground", "panel"),
    ("foreground", "accent-darken-1"),
    ("foreground", "secondary-muted"),
    ("foreground", "block-hover-background"),
    ("text", "background"),
    ("text-muted", "background"),
    ("text-muted", "panel"),
    ("text-disabled", "surface"),
    ("muted", "panel"),
    ("foreground-muted", "background"),
    ("text-success", "panel-lighten-1"),
    ("text-warning", "panel-lighten-1"),
    ("text-error", "panel-lighten-1"),
    ("text-primary", "primary-muted"),
    ("text-success", "success-muted"),
    ("text-warning", "warning-muted"),
    ("text-error", "error-muted"),
    ("block-cursor-foreground", "block-cursor-background"),
    ("block-cursor-blurred-foreground", "block-cursor-blurred-background"),
    ("footer-foreground", "footer-background"),
    ("footer-key-foreground", "footer-background"),
    ("footer-description-foreground", "footer-background"),
    ("input-cursor-foreground", "input-cursor-background"),
    ("input-selection-foreground", "input-selection-background"),
    ("screen-selection-foreground", "screen-selection-background"),
    ("button-foreground", "surface"),
    ("button-color-foreground", "primary"),
    ("button-color-foreground", "success"),
    ("button-color-foreground", "warning"),
    ("button-color-foreground", "error"),
    ("button-color-foreground", "error-darken-1"),
    ("link-color", "background"),
    ("link-color-hover", "link-background-hover"),
    ("markdown-h1-color", "background"),
    ("series-1", "background"),
    ("series-7", "background"),
]
"""Words on grounds, as the style sheets of Textual's widgets pair them."""

SEEN = [
    ("border", "background"),
    ("scrollbar", "scrollbar-background"),
    ("scrollbar-hover", "scrollbar-background-hover"),
    ("scrollbar-active", "scrollbar-background-active"),
    ("gauge", "gauge-track"),
    ("axis", "background"),
    ("grid", "background"),
]


def variables(palette: Palette) -> dict[str, str]:
    """What the app's style sheets get."""
    theme = textual_theme(palette)
    return {**theme.to_color_system().generate(), **theme.variables}


@pytest.mark.parametrize("name", THEMES)
def test_every_colour_that_textual_gets_is_one_of_the_palettes(name: str) -> None:
    palette = load_palette(name)
    found = variables(palette)
    assert len(found) > 150
    for variable, value in found.items():
        if not variable.endswith(STYLES):
            assert value == "transparent" or value.lower() in palette.colours(), variable


@pytest.mark.parametrize("name", [*THEMES, "plain"])
def test_what_is_read_in_the_app_can_be_read(name: str) -> None:
    found = variables(load_palette(name))
    for words, ground in READ:
        assert contrast(found[words], found[ground]) >= 4.5, (words, ground)
    for line, ground in SEEN:
        # the bar is on the panel, and the border is made for the ground
        assert contrast(found[line], found[ground]) >= 2.5, (line, ground)


def test_no_variable_of_textuals_is_left_to_it() -> None:
    """Whatever a later Textual adds is noticed here."""
    palette = load_palette("published")
    bare = ColorSystem(primary=palette.accent, dark=palette.dark).generate()
    ours = textual_theme(palette).variables
    left = {name for name in bare if name not in ours and not name.endswith(STYLES)}
    assert left == {"ansi-background", "ansi-foreground"}  # transparent, and for ansi themes only


def test_the_colours_are_where_they_belong() -> None:
    palette = load_palette("light")
    theme = textual_theme(palette)
    assert (theme.name, theme.dark) == ("light", False)
    found = variables(palette)
    assert found["background"] == palette.ground
    assert found["surface"] == found["panel"] == palette.panel
    assert found["foreground"] == found["text"] == palette.text
    assert found["primary"] == found["accent"] == palette.accent
    assert (found["success"], found["warning"], found["error"]) == (palette.good, palette.warn, palette.bad)
    assert [found[f"series-{number}"] for number in range(1, 8)] == list(palette.series)
    assert found["series-8"] == palette.series[0]
    assert found["gauge-track"] == palette.gauge_track
    assert found["selection"] == found["block-cursor-background"] == palette.selection


def test_css_that_names_a_series_or_a_role_can_be_read_under_any_theme(tmp_path: Path) -> None:
    path = tmp_path / "sparse.yaml"
    path.write_text('name: sparse\nseries: ["#ff0000"]\n')
    sparse = variables(read_palette(path))
    for name in DEFAULT_VARIABLES:
        assert Color.parse(sparse[name])
    assert {f"series-{number}" for number in range(1, MAX_SERIES + 1)} < set(DEFAULT_VARIABLES)
    assert {"muted", "axis", "grid", "gauge", "gauge-track", "selection", "border"} < set(DEFAULT_VARIABLES)


def test_plain_is_a_theme_too() -> None:
    found = variables(PLAIN)
    assert set(found.values()) >= {"#000000", "#ffffff"}
    assert found["selection"] != found["background"]


class Widgets(App[None]):
    """Textual's widgets with Textual's own style sheets."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar = [("t", "theme", "Theme")]

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.register_theme(theme)
        self.theme = theme.name

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return DEFAULT_VARIABLES

    def compose(self) -> ComposeResult:
        for variant in ("default", "primary", "success", "warning", "error"):
            yield Button("Go on", variant=variant)
            yield Label("Words", variant=variant if variant != "default" else None)
        yield Input("7b")
        yield OptionList("one", "two")
        table: DataTable[str] = DataTable(fixed_columns=1)
        table.add_columns("a", "b")
        for row in range(9):
            table.add_row(str(row), "x")
        yield table
        yield Footer()

    def on_mount(self) -> None:
        self.screen.set_focus(None)
        self.notify("done", severity="warning")


def colours_shown(theme: Theme) -> set[str]:
    async def look() -> set[str]:
        app = Widgets(theme)
        async with app.run_test(size=(60, 60)) as pilot:
            app.screen.set_focus(None)
            await pilot.pause()
            styles = [segment.style for strip in app.screen._compositor.render_strips() for segment in strip]
        found = [colour for style in styles if style for colour in (style.color, style.bgcolor)]
        return {colour.triplet.hex for colour in found if colour and colour.triplet}

    return asyncio.run(look())


@pytest.mark.parametrize("name", ["dark", "light", "sixteen"])
def test_textuals_own_widgets_show_no_other_colour(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("NO_COLOR", "TEXTUAL_THEME"):
        monkeypatch.delenv(variable, raising=False)
    palette = load_palette(name)
    shown = colours_shown(textual_theme(palette))
    assert {palette.ground, palette.panel, palette.text, palette.accent, palette.bad} <= shown
    assert shown <= palette.colours()
