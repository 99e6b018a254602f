"""Which theme is used: what is asked for, what was chosen before, what suits the terminal."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import platformdirs
import pytest

from specprof.errors import SpecprofError
from specprof.places import config_folder, theme_choice_file, user_themes_folder
from specprof.views import themes as themes_module
from specprof.views.palette import PLAIN, load_palette
from specprof.views.terminal import surface_of
from specprof.views.themes import (
    ThemeFiles,
    chosen_theme,
    load_themes,
    remember_theme,
    theme_for,
    theme_name,
)

from .own_themes import BUILT_IN, MINE
from .test_terminal import XTERM, Stream

LIGHT = {"COLORFGBG": "0;15"}

# The choice


def test_a_choice_is_remembered() -> None:
    assert chosen_theme() is None
    assert remember_theme("light")
    assert chosen_theme() == "light"
    assert remember_theme("plain")
    assert chosen_theme() == "plain"
    path = theme_choice_file()
    assert path is not None
    assert [one.name for one in path.parent.iterdir()] == ["theme"]


@pytest.mark.parametrize("name", ["", "../x", "a b", "x\ny", "é", "x" * 41])
def test_what_is_no_name_is_not_remembered(name: str) -> None:
    assert not remember_theme(name)
    assert chosen_theme() is None


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"two words\n", b"../dark\n", b"x" * 100_000, b"\x1b[2J"]
)
def test_a_spoilt_choice_is_none(content: bytes) -> None:
    path = theme_choice_file()
    assert path is not None
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    assert chosen_theme() is None
    assert theme_name({}, "truecolor") == "dark"


def test_a_choice_that_is_a_pipe_or_a_folder_keeps_nobody_waiting() -> None:
    path = theme_choice_file()
    assert path is not None
    path.parent.mkdir(parents=True)
    os.mkfifo(path)
    assert chosen_theme() is None
    path.unlink()
    path.mkdir()
    assert chosen_theme() is None
    assert not remember_theme("light")
    assert [one.name for one in path.parent.iterdir()] == ["theme"]


@pytest.mark.parametrize("home", ["/proc", "/dev/null", "/dev/null/below"])
def test_a_home_that_cannot_be_written_to_remembers_nothing_row_34(
    home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", home)
    assert not remember_theme("light")
    assert chosen_theme() is None
    assert not ThemeFiles().changed()
    assert [palette.name for palette in load_themes().loaded] == BUILT_IN


@pytest.mark.parametrize("found", ["~/.config/specprof", RuntimeError("no home")])
def test_without_any_home_nothing_is_remembered_row_34(
    found: str | RuntimeError, monkeypatch: pytest.MonkeyPatch
) -> None:
    def user_config_dir(*names: object, **options: object) -> str:
        if isinstance(found, RuntimeError):
            raise found
        return found

    monkeypatch.setattr(platformdirs, "user_config_dir", user_config_dir)
    assert config_folder() is user_themes_folder() is theme_choice_file() is None
    assert not remember_theme("light")
    assert chosen_theme() is None
    assert [palette.name for palette in load_themes().loaded] == BUILT_IN
    assert not Path("~").exists()


def test_a_choice_that_cannot_be_written_whole_leaves_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    assert remember_theme("light")

    def full(*paths: object) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(themes_module.os, "replace", full)
    assert not remember_theme("dark")
    assert chosen_theme() == "light"
    path = theme_choice_file()
    assert path is not None
    assert [one.name for one in path.parent.iterdir()] == ["theme"]


# Which one is used


@pytest.mark.parametrize(
    ("asked", "remembered", "environ", "depth", "used"),
    [
        (None, None, {}, "truecolor", "dark"),
        (None, None, LIGHT, "truecolor", "light"),
        (None, None, {"COLORFGBG": "15;0"}, "256", "dark"),
        (None, "published", LIGHT, "truecolor", "published"),
        (None, "published", {}, "256", "published"),
        (None, "published", {}, None, "published"),
        ("colour-blind", "published", LIGHT, "truecolor", "colour-blind"),
        ("dark", None, LIGHT, "256", "dark"),
        (None, None, {}, "standard", "sixteen"),
        (None, None, LIGHT, "standard", "sixteen-light"),
        (None, "published", {}, "standard", "sixteen"),
        (None, "sixteen-light", {}, "standard", "sixteen-light"),
        (None, "plain", {}, "standard", "plain"),
        ("published", None, {}, "standard", "published"),
        (None, "gone", {}, "truecolor", "dark"),
        (None, "gone", LIGHT, "truecolor", "light"),
    ],
)
def test_asked_for_goes_before_remembered_before_what_suits_the_terminal(
    asked: str | None, remembered: str | None, environ: dict[str, str], depth: str | None, used: str
) -> None:
    if remembered is not None:
        assert remember_theme(remembered)
    assert theme_name(environ, depth, asked) == used
    assert theme_for(environ, depth, asked).name == used


def test_what_is_asked_for_must_be_there() -> None:
    with pytest.raises(SpecprofError, match="no theme 'nonesuch'"):
        theme_name({}, "truecolor", "nonesuch")
    with pytest.raises(SpecprofError, match="no theme 'nonesuch'"):
        surface_of(Stream(terminal=False), {}, "nonesuch")


def test_a_remembered_theme_whose_file_went_bad_is_passed_over(own: Path) -> None:
    (own / "mine.yaml").write_text(MINE)
    assert remember_theme("mine")
    assert theme_name({}, "truecolor") == "mine"
    (own / "mine.yaml").write_text("name: mine\ntext: blue\n")
    assert theme_name({}, "truecolor") == "dark"


def test_a_theme_of_the_users_made_of_16_colours_holds_where_there_are_16(own: Path) -> None:
    (own / "mine.yaml").write_text('name: mine\ntext: "#AAAAAA"\nselection: "#0000aa"\n')
    assert remember_theme("mine")
    assert theme_name({}, "standard") == "mine"


def test_a_terminal_is_drawn_on_in_the_remembered_theme() -> None:
    assert remember_theme("published")
    surface = surface_of(Stream(), XTERM)
    assert surface.theme == "published"
    assert surface.palette() == load_palette("published")
    assert surface_of(Stream(), XTERM, "light").palette() == load_palette("light")
    assert surface_of(Stream(terminal=False), XTERM).palette() is PLAIN
