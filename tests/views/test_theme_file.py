"""A theme's file that is none: refused in one line that says which line of it is to blame."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from specprof.errors import SpecprofError
from specprof.views.palette import read_palette
from specprof.views.theme_file import BadTheme, read_theme


def refused(tmp_path: Path, content: str | bytes) -> BadTheme:
    path = tmp_path / "bad.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(BadTheme, match=r"bad\.yaml") as caught:
        read_theme(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).isprintable()
    assert caught.value.exit_code == 2
    return caught.value


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ("name: x\ntext: [", 2, "not YAML"),
        ("name: x\n\ttext: y", 2, "not YAML"),
        ("name: x\n\nunknown: 1", 3, "unknown: a theme has no such key"),
        ('name: x\ndark: true\nground: "#12345"', 3, "'#12345' is no colour"),
        ("name: x\ntext: blue", 2, "'blue' is no colour"),
        ("name: x\ntext: 0x1", 2, "'0x1' is no colour"),
        ("name: x\ntext: #ffffff", 2, "put it in quotes, # begins a comment"),
        ("name: x\ntext: {a: b}", 2, "is no colour"),
        ("name: x\ndark: perhaps", 2, "neither true nor false"),
        ("name: x\nseries: []", 2, "not a list of 1 to 32 colours"),
        ("name: x\nseries: blue", 2, "not a list of 1 to 32 colours"),
        ("name: x\nseries: [" + ",".join(['"#ffffff"'] * 33) + "]", 2, "not a list of 1 to 32 colours"),
        ('name: x\nseries:\n- "#ffffff"\n- "#fffff"\n', 4, "series 2: '#fffff' is no colour"),
        ("muted: blue\ntext: blue\nname: x", 1, "muted: "),
        ("# mine\nname: my theme", 2, "'my theme' is no name"),
        ("name: [x]", 1, "is no name"),
        ("name: plain", 1, "the theme without colour"),
        ("name: x\nname: y", 2, "name is given twice"),
        ('name: x\n"na\\u200bme": y', 2, "name is given twice"),
        ("name: x\n---\nname: y", 2, "another document"),
        ("- a list", 1, "not a list of keys"),
        ("word", 1, "not a list of keys"),
        ("", 1, "empty"),
        ("# nothing yet\n", 1, "empty"),
        ("name: x\n? [a]\n: b", 2, "a key must be a word"),
        ("name: x\ntext: \x07", 2, "a character that YAML does not allow"),
        (b"name: x\ntext: \xff", 2, "not UTF-8"),
        (b"\xff\xfen\x00", 1, "not UTF-8"),
        ("name: x\ntext: !!python/object/apply:os.system ['true']", 2, "tags"),
        ("name: x\ntext: !mine blue", 2, "tags"),
        ("name: x\nseries: &a [x]", 2, "anchors and aliases"),
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", 1, "anchors and aliases"),
        ("name: x\nseries: [[[[a]]]]", 2, "nested deeper"),
        ('"\\e]52;c;eA==\\a": 1', 1, "]52;c;eA==: a theme has no such key"),
        ('name: x\ntext: "\\e[31m\\u202eblue"', 2, "'[31mblue' is no colour"),
    ],
)
def test_the_line_to_blame_is_named(tmp_path: Path, content: str | bytes, line: int, words: str) -> None:
    bad = refused(tmp_path, content)
    assert bad.line == line
    assert f"bad.yaml, line {line}: " in str(bad)
    assert words in str(bad)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[" * 60_000, "nested deeper"),
        ("{" * 60_000, "nested deeper"),
        ("- " * 30_000, "nested deeper"),
        ("\n".join(" " * depth + "a:" for depth in range(300)), "nested deeper"),
        ("series: [" + "a," * 25_000 + "]", "more in it than a theme can have"),
        ("".join(f"k{number}: 1\n" for number in range(5000)), "more in it than a theme can have"),
        ("name: '" + "x" * 60_000, "not YAML"),
        ("#" * 70_000, "larger than 64 KiB"),
    ],
    ids=["sequences", "mappings", "dashes", "blocks", "items", "keys", "quote", "bytes"],
)
def test_a_hostile_file_is_refused_before_it_costs_anything(tmp_path: Path, content: str, words: str) -> None:
    assert words in str(refused(tmp_path, content))


@pytest.mark.parametrize("kind", ["fifo", "folder", "device", "nothing", "link to nothing", "NUL"])
def test_only_a_regular_file_is_opened(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "odd.yaml"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "link to nothing":
        path.symlink_to(tmp_path / "nothing")
    elif kind == "NUL":
        path = tmp_path / "a\0b.yaml"
    with pytest.raises(SpecprofError, match="cannot be read"):
        read_palette(path)


def test_a_link_to_a_theme_is_a_theme(tmp_path: Path) -> None:
    (tmp_path / "kept-elsewhere").write_text("name: mine")
    (tmp_path / "mine.yaml").symlink_to(tmp_path / "kept-elsewhere")
    assert read_palette(tmp_path / "mine.yaml").name == "mine"


def test_a_theme_without_a_name_is_called_as_its_file(tmp_path: Path) -> None:
    (tmp_path / "dusk.yaml").write_text("dark: yes\n")
    assert read_palette(tmp_path / "dusk.yaml").name == "dusk"
    (tmp_path / "my dusk.yaml").write_text("dark: yes\n")
    with pytest.raises(BadTheme, match="'my dusk' is no name"):
        read_palette(tmp_path / "my dusk.yaml")


def test_a_hidden_sign_in_the_files_name_is_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "\x1b[2Jx\u202e.yaml"
    path.write_text("")
    with pytest.raises(BadTheme, match=r"\[2Jx\.yaml") as caught:
        read_theme(path)
    assert "\x1b" not in str(caught.value)


def test_low_contrast_is_a_warning_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "dim.yaml"
    path.write_text(
        'name: dim\nground: "#000000"\ntext: "#ffffff"\nmuted: "#555555"\nseries:\n- "#ffffff"\n- "#0000aa"\n'
    )
    muted, series = read_theme(path).warnings()
    assert muted == f"theme {path}, line 4: low contrast of muted on the ground: 2.8, 4.5 can be read"
    assert series == f"theme {path}, line 7: low contrast of series 2 on the ground: 1.6, 4.5 can be read"


def test_the_panel_and_the_selection_are_warned_of_too(tmp_path: Path) -> None:
    path = tmp_path / "dim.yaml"
    path.write_text('name: dim\nselection: "#eeeeee"\npanel: "#dddddd"\naccent: "#ffffff"\n')
    said = read_theme(path).warnings()
    assert [line for line in said if "text on the selection" in line and ", line 2: " in line]
    assert [line for line in said if "accent on the panel" in line and ", line 4: " in line]


def test_a_theme_that_comes_with_specprof_is_warned_of_nowhere() -> None:
    from specprof.places import themes_folder

    for path in themes_folder().glob("*.yaml"):
        assert read_theme(path).warnings() == []
