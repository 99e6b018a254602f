"""`specprof themes`: what there is, which is in use, which are none; and that a choice is kept."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from .command import Command

SAMPLE = "medusa-llama-7b-bs4"


@pytest.fixture
def own(faked: Command) -> Path:
    """The user's folder of themes."""
    folder = faked.home / ".config" / "specprof" / "themes"
    folder.mkdir(parents=True)
    return folder


def rows(text: str) -> dict[str, list[str]]:
    return {name: rest for name, *rest in (line.split("\t") for line in text.splitlines())}


def test_the_themes_are_listed_with_where_they_come_from_and_which_is_in_use(faked: Command, own: Path):
    (own / "mine.yaml").write_text('series: ["#ff8080", "#80ff80"]\n')
    done = faked("themes")
    assert (done.code, done.said) == (0, "")
    found = rows(done.text)
    assert found["dark"] == ["abcdefg", "built in", "in use"]
    assert found["mine"] == ["ab", str(own / "mine.yaml"), ""]
    assert {"light", "high-contrast", "colour-blind", "published", "sixteen", "plain"} < set(found)


def test_a_bad_theme_is_named_on_stderr_with_its_line_and_the_others_are_listed(faked: Command, own: Path):
    (own / "bad.yaml").write_text("name: bad\n\ntext: '\x1b[31m'\n".replace("\x1b", "red"))
    (own / "mine.yaml").write_text("dark: true\n")
    done = faked("themes")
    assert done.code == 0
    assert "mine" in rows(done.text)
    assert "bad" not in rows(done.text)
    assert done.said == (
        f"specprof: theme {own}/bad.yaml, line 3: text: 'red[31m' is no colour, a colour is \"#rrggbb\": "
        "see themes/dark.yaml\n"
    )


def test_low_contrast_is_a_word_on_stderr(faked: Command, own: Path):
    (own / "dim.yaml").write_text('name: dim\ntext: "#333333"\n')
    done = faked("themes")
    assert done.code == 0
    assert "dim" in rows(done.text)
    assert f"{own}/dim.yaml, line 2: low contrast of text on the ground: 1.7" in done.said


def test_a_choice_is_kept_for_the_next_command(faked: Command):
    done = faked("themes", "--use", "published")
    assert (done.code, done.text, done.said) == (0, "", "specprof: theme published is remembered\n")
    assert [name for name, rest in rows(faked("themes").text).items() if rest[-1]] == ["published"]


def test_a_theme_that_is_not_there_is_not_chosen(faked: Command, own: Path):
    (own / "mine.yaml").write_text("dark: true\n")
    said = faked("themes", "--use", "nonesuch").refused(2)
    assert "dark, high-contrast, light, mine, plain, published, sixteen" in said
    assert not (own.parent / "theme").exists()


def test_a_bad_theme_is_not_chosen(faked: Command, own: Path):
    (own / "mine.yaml").write_text("name: mine\ntext: blue\n")
    assert "mine.yaml, line 2" in faked("themes", "--use", "mine").refused(2)


def test_a_choice_that_cannot_be_kept_is_said_row_34(faked: Command):
    said = faked("themes", "--use", "light", XDG_CONFIG_HOME="/dev/null").refused(5)
    assert "cannot remember theme light in /dev/null/specprof/theme: use --theme instead" in said
    assert faked("themes", XDG_CONFIG_HOME="/dev/null").code == 0


def test_without_home_the_themes_are_listed_row_34(faked: Command):
    done = faked("themes", without=("HOME",))
    assert (done.code, done.said) == (0, "")
    assert "dark" in rows(done.text)


def test_a_reader_of_one_line_leaves_no_noise_row_31(faked: Command):
    done = faked("themes", shell='"$@" | head -1; exit ${PIPESTATUS[0]}')
    assert (done.code, done.said) == (0, "")
    assert done.text.startswith("colour-blind\t")


def on_a_terminal(faked: Command, *arguments: str, **environment: str) -> str:
    """What a command writes to a terminal of its own."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "specprof", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env={**faked.environment, "COLUMNS": "100", "LINES": "40", **environment},
    )
    os.close(theirs)
    written = b""
    try:
        while piece := os.read(ours, 65_536):
            written += piece
    except OSError:  # EIO: the command is gone, and its side of the terminal with it
        pass
    os.close(ours)
    assert process.wait(30) == 0
    return written.decode()


TRUECOLOR = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}


def test_on_a_terminal_the_series_are_stars_in_their_colours(faked: Command):
    shown = on_a_terminal(faked, "themes", **TRUECOLOR)
    assert "\x1b[38;2;31;119;180;48;2;255;255;255m★" in shown  # matplotlib's blue on white
    assert "★" not in on_a_terminal(faked, "themes", NO_COLOR="1", **TRUECOLOR)
    assert "\x1b" not in on_a_terminal(faked, "themes", NO_COLOR="1", **TRUECOLOR)


def test_a_run_is_shown_in_the_remembered_theme_and_in_the_one_asked_for(faked: Command):
    blue, darker = "\x1b[38;2;31;119;180m", "\x1b[38;2;21;101;181m"
    assert faked("themes", "--use", "published").code == 0
    assert blue in on_a_terminal(faked, "show", SAMPLE, **TRUECOLOR)
    light = on_a_terminal(faked, "show", SAMPLE, "--theme", "light", **TRUECOLOR)
    assert darker in light
    assert blue not in light


def test_sixteen_colours_are_written_as_such(faked: Command):
    assert faked("themes", "--use", "published").code == 0
    shown = on_a_terminal(faked, "show", SAMPLE, TERM="linux")
    assert "\x1b[96m" in shown  # bright cyan, the first series of `sixteen`
    assert "38;" not in shown


@pytest.mark.parametrize("arguments", [("themes",), ("themes", "--use", "dark")])
def test_themes_imports_nothing_heavy(faked: Command, arguments: tuple[str, ...]):
    script = (
        "import sys\n"
        "import specprof.__main__ as entry\n"
        f"sys.argv = {['specprof', *arguments]!r}\n"
        "try:\n    entry.main()\nexcept SystemExit:\n    pass\n"
        "print('IMPORTED', *{name.partition('.')[0] for name in sys.modules})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=faked.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    imported = set(done.stdout.rpartition("IMPORTED ")[2].split())
    assert "yaml" in imported
    assert not imported & {"torch", "transformers", "textual", "numpy", "plotext", "pynvml"}


def test_a_theme_that_is_not_there_is_refused_before_anything_is_measured(faked: Command):
    said = faked("run", "--headless", "--theme", "nonesuch").refused(2)
    assert "there is no theme 'nonesuch'" in said
    assert "there is no theme 'nonesuch'" in faked("show", SAMPLE, "--theme", "nonesuch").refused(2)


def test_ascii_is_asked_for_by_an_option(faked: Command):
    shown = faked("show", SAMPLE, "--ascii")
    assert shown.code == 0
    assert shown.out.isascii()
    assert not faked("show", SAMPLE).out.isascii()
