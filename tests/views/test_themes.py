"""All themes together: specprof's own and the user's, and what changes while they are looked at."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from specprof.errors import UsageProblem
from specprof.places import user_themes_folder
from specprof.views import themes as themes_module
from specprof.views.palette import PLAIN, load_palette
from specprof.views.theme_file import BadTheme
from specprof.views.themes import ThemeFiles, find_theme, load_themes, named_theme, theme_for

from .own_themes import BUILT_IN, MINE

# Loading


def test_without_a_folder_of_the_users_there_are_the_built_in_ones() -> None:
    found = load_themes()
    assert [palette.name for palette in found.loaded] == BUILT_IN
    assert (found.failed, found.warnings, found.paths) == ((), (), {})
    assert found.all[-1] is PLAIN


def test_the_users_folder_is_in_the_xdg_config_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert user_themes_folder() == tmp_path / "specprof" / "themes"
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert user_themes_folder() == tmp_path / ".config" / "specprof" / "themes"


def test_a_theme_of_the_users_stands_among_the_others(own: Path) -> None:
    (own / "mine.yaml").write_text(MINE)
    found = load_themes()
    assert [palette.name for palette in found.loaded] == sorted([*BUILT_IN, "mine"])
    assert found.paths == {"mine": own / "mine.yaml"}
    assert find_theme("mine").ground == "#101010"


def test_a_bad_file_hides_no_other_and_is_named_with_its_line(own: Path) -> None:
    (own / "a-bad.yaml").write_text("name: a\ntext: blue\n")
    (own / "mine.yaml").write_text(MINE)
    (own / "z-bad.yml").write_text("name: z\nseries: [\n")
    os.mkfifo(own / "pipe.yaml")
    (own / "folder.yaml").mkdir()
    found = load_themes()
    assert "mine" in [palette.name for palette in found.loaded]
    assert set(BUILT_IN) < {palette.name for palette in found.loaded}
    assert [(bad.path.name, bad.line) for bad in found.failed] == [
        ("a-bad.yaml", 2),
        ("folder.yaml", None),
        ("pipe.yaml", None),
        ("z-bad.yml", 3),
    ]
    assert f"theme {own}/a-bad.yaml, line 2: text: 'blue' is no colour" in str(found.failed[0])


def test_other_files_are_not_looked_at(own: Path) -> None:
    for name in ("README", "notes.txt", ".#mine.yaml", ".mine.yaml.swp", "mine.yaml~"):
        (own / name).write_text("[")
    assert load_themes().failed == ()


def test_a_theme_of_a_built_ins_name_replaces_it_whatever_its_file_is_called(own: Path) -> None:
    (own / "anything.yaml").write_text('name: dark\nground: "#000033"\n')
    found = load_themes()
    assert [palette.ground for palette in found.loaded if palette.name == "dark"] == ["#000033"]
    assert found.paths == {"dark": own / "anything.yaml"}
    assert find_theme("dark").ground == named_theme("dark").ground == "#000033"
    assert theme_for({}, "truecolor").ground == "#000033"
    assert load_palette("dark").ground == "#1e1e1e"


def test_a_bad_file_of_a_built_ins_name_leaves_the_built_in_one_but_is_no_secret(own: Path) -> None:
    (own / "dark.yaml").write_text("text: blue\n")
    assert "dark" in [palette.name for palette in load_themes().loaded]
    assert theme_for({}, "truecolor") == load_palette("dark")
    with pytest.raises(BadTheme, match="line 1"):
        find_theme("dark")
    with pytest.raises(BadTheme, match="line 1"):
        theme_for({}, "truecolor", "dark")


def test_a_name_taken_twice_goes_to_the_file_that_is_called_so(own: Path) -> None:
    (own / "a.yaml").write_text('name: mine\nground: "#000001"\n')
    (own / "mine.yaml").write_text('# two\nname: mine\nground: "#000002"\n')
    found = load_themes()
    assert [palette.ground for palette in found.loaded if palette.name == "mine"] == ["#000002"]
    (bad,) = found.failed
    assert (bad.path.name, bad.line) == ("a.yaml", 1)
    assert "mine is the name of mine.yaml too" in str(bad)


def test_low_contrast_is_said_and_the_theme_is_there(own: Path) -> None:
    (own / "mine.yaml").write_text(MINE + 'muted: "#333333"\n')
    found = load_themes()
    assert "mine" in [palette.name for palette in found.loaded]
    (said,) = found.warnings
    assert "mine.yaml, line 5: low contrast of muted" in said


def test_a_folder_that_is_a_file_is_an_empty_one(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = user_themes_folder()
    assert folder is not None
    folder.parent.mkdir(parents=True)
    folder.write_text("not a folder")
    assert [palette.name for palette in load_themes().loaded] == BUILT_IN


def test_an_unknown_theme_names_the_known_ones(own: Path) -> None:
    (own / "mine.yaml").write_text(MINE)
    known = ", ".join(sorted([*BUILT_IN, "mine", "plain"]))
    for name in ("nonesuch", "../dark", "", "a/b", "\x1b[31m"):
        with pytest.raises(UsageProblem, match=known) as refused:
            find_theme(name)
        assert str(refused.value).isprintable()


# Edits


def test_an_edit_an_addition_and_a_loss_are_each_noticed_once(own: Path) -> None:
    files = ThemeFiles()
    assert not files.changed()
    path = own / "mine.yaml"
    path.write_text(MINE)
    assert files.changed()
    assert not files.changed()
    path.write_text(MINE + "dark: true\n")
    assert files.changed()
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert files.changed()
    path.unlink()
    assert files.changed()
    assert not files.changed()


def test_a_file_put_in_anothers_place_is_noticed_though_it_looks_the_same(own: Path) -> None:
    path, other = own / "mine.yaml", own / "other"
    path.write_text(MINE)
    shutil.copy2(path, other)
    files = ThemeFiles()
    os.replace(other, path)
    assert files.changed()


def test_a_folder_made_later_is_noticed_and_other_files_are_not() -> None:
    files = ThemeFiles()
    folder = user_themes_folder()
    assert folder is not None
    folder.mkdir(parents=True)
    (folder / "notes.txt").write_text("x")
    (folder / ".mine.yaml.swp").write_text("x")
    assert not files.changed()
    (folder / "mine.yaml").write_text(MINE)
    assert files.changed()


def test_an_edited_theme_is_loaded_as_it_is_now(own: Path) -> None:
    (own / "mine.yaml").write_text(MINE)
    files = ThemeFiles()
    (own / "mine.yaml").write_text(MINE.replace("#101010", "#303030"))
    assert files.changed()
    assert find_theme("mine").ground == "#303030"


def test_a_folder_of_thousands_is_read_as_far_as_is_sensible(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(themes_module, "MAX_THEMES", 3)
    for name in ("a", "b", "c", "d"):
        (own / f"{name}.yaml").write_text("dark: true\n")
    assert set(load_themes().paths) == {"a", "b", "c"}
