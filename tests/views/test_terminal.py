"""What a stream can show, decided once."""

import io
from dataclasses import replace

import pytest
from rich.text import Text

from specprof.views.glyphs import ASCII, NARROW_STAR, UNICODE
from specprof.views.palette import PLAIN, load_palette
from specprof.views.terminal import Surface, surface_of


class Stream(io.StringIO):
    def __init__(self, terminal: bool = True, encoding: str = "utf-8") -> None:
        super().__init__()
        self._terminal, self._encoding = terminal, encoding

    def isatty(self) -> bool:
        return self._terminal

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding


XTERM = {"TERM": "xterm-256color"}


def test_a_pipe_is_100_by_30_without_colour() -> None:
    found = surface_of(Stream(terminal=False), XTERM)
    assert found == Surface(100, 30, live=False, depth=None, glyphs=UNICODE, theme="dark")
    assert found.palette() is PLAIN


def test_columns_and_lines_decide_the_size() -> None:
    found = surface_of(Stream(terminal=False), {"COLUMNS": "132", "LINES": "50"})
    assert (found.width, found.height) == (132, 50)


@pytest.mark.parametrize("told", ["", "0", "-5", "wide", "99999", "²", "1e3"])
def test_a_senseless_size_is_ignored(told: str) -> None:
    assert surface_of(Stream(terminal=False), {"COLUMNS": told}).width == 100


@pytest.mark.parametrize(
    ("environ", "depth"),
    [
        ({"TERM": "xterm-256color"}, "256"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "truecolor"),
        ({"TERM": "linux"}, "standard"),
        ({"TERM": "dumb"}, None),
        ({}, None),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, None),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, "256"),
    ],
)
def test_colour_follows_the_terminal_and_no_color(environ: dict[str, str], depth: str | None) -> None:
    found = surface_of(Stream(), environ)
    assert found.depth == depth
    names = {"standard": "sixteen", "256": "dark", "truecolor": "dark"}
    assert found.palette() == (load_palette(names[depth]) if depth else PLAIN)


def test_no_color_takes_the_colour_and_leaves_the_terminal_live() -> None:
    assert surface_of(Stream(), {**XTERM, "NO_COLOR": "1"}).live
    assert not surface_of(Stream(), {"TERM": "dumb"}).live


@pytest.mark.parametrize("encoding", ["ascii", "ANSI_X3.4-1968", "latin-1", "iso-8859-15", "no-such"])
def test_an_encoding_without_stars_gets_ascii(encoding: str) -> None:
    assert surface_of(Stream(encoding=encoding), XTERM).glyphs is ASCII


def test_where_the_star_is_wide_another_stands_in() -> None:
    assert surface_of(Stream(), {**XTERM, "LANG": "ja_JP.UTF-8"}).glyphs is NARROW_STAR
    assert surface_of(Stream(), {**XTERM, "LANG": "ja_JP.UTF-8", "LC_ALL": "C.UTF-8"}).glyphs is UNICODE


def test_a_light_ground_is_believed() -> None:
    assert surface_of(Stream(), {**XTERM, "COLORFGBG": "0;15"}).theme == "light"
    assert surface_of(Stream(), {**XTERM, "COLORFGBG": "15;default;0"}).theme == "dark"


def test_a_closed_stream_is_no_terminal() -> None:
    stream = io.StringIO()
    stream.close()
    assert not surface_of(stream, XTERM).live


def test_a_console_on_a_pipe_writes_no_escape_whatever_the_environment(monkeypatch) -> None:
    for name in ("FORCE_COLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.setenv(name, "1")
    stream = Stream(terminal=False)
    console = surface_of(stream, {**XTERM, "FORCE_COLOR": "1"}).console(stream)
    console.print(Text("red", "bold red"), "[bold]literal[/bold] :smile:", "https://example.org")
    console.show_cursor(False)
    assert "\x1b" not in stream.getvalue()
    assert "[bold]literal[/bold] :smile:" in stream.getvalue()


def test_a_console_without_colour_styles_nothing() -> None:
    stream = Stream()
    surface = replace(surface_of(stream, XTERM), depth=None)
    surface.console(stream).print(Text("bold", "bold red"))
    assert stream.getvalue() == "bold\n"
