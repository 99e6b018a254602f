"""Whether a program leaves the terminal as it was: the check sees it, and sees it where that is not so."""

from __future__ import annotations

import signal

import pytest

from .programs import Programs


def test_an_app_that_is_left_has_put_everything_back(programs: Programs):
    terminal = programs.app()
    assert not terminal.terminal_left_as_found()
    terminal.press("q")
    assert terminal.wait_exit() == 0
    terminal.assert_restored()


def test_a_plain_textual_app_that_is_terminated_leaves_all_of_it_switched_on(programs: Programs):
    terminal = programs.app()
    terminal.signal(signal.SIGTERM)
    assert terminal.wait_exit() == 143
    left = terminal.modes()
    for what in (
        "line wrap off (?7)",
        "cursor off (?25)",
        "mouse reports on (?1003)",
        "focus reports on (?1004)",
        "mouse coordinates on (?1006)",
        "alternate screen on (?1049)",
        "bracketed paste on (?2004)",
        "kitty keyboard flags [25] on",
        "termios ISIG off",
        "termios ICANON off",
        "termios ECHO off",
    ):
        assert what in left
    with pytest.raises(
        AssertionError, match=r"left with:\n(.|\n)*cursor off \(\?25\)(.|\n)*termios ECHO off"
    ):
        terminal.assert_restored()


@pytest.mark.parametrize(
    ("on", "off", "said"),
    [
        (r"\e[?1049h", r"\e[?1049l", "alternate screen on (?1049)"),
        (r"\e[?47h", r"\e[?1049l", "alternate screen on (?47)"),
        (r"\e[?25l", r"\e[?25h", "cursor off (?25)"),
        (r"\e[?1002;1006h", r"\e[?1002l\e[?1006l", "mouse reports on (?1002)"),
        (r"\e[?2026h", r"\e[?2026l", "synchronised output on (?2026)"),
        (r"\e[?2048h", r"\e[?2048l", "in-band resize on (?2048)"),
        (r"\e[>1u\e[>25u", r"\e[<2u", "kitty keyboard flags [1, 25] on"),
        (r"\e[>1u\e[>25u\e[<u", r"\e[<u", "kitty keyboard flags [1] on"),
        (r"\e[=5;1u", r"\e[<u", "kitty keyboard flags [5] on"),
        (r"\e[?1h\e=", r"\e[?1l\e>", "application cursor keys on (?1)"),
        (r"\e[>4;2m", r"\e[>4;0m", "modified keys set: >4;2"),
        (r"\e[5 q", r"\e[0 q", "cursor shape set: 5"),
        (r"\e[2;5r", r"\e[r", "scroll region set: 2;5"),
        (r"\e]22;wait\a", r"\e]22;default\a", "pointer shape set: wait"),
        (r"\e]11;#000000\a", r"\e]111\a", "colour 11 set: #000000"),
        (r"\e[31m", r"\e[0m", "text drawn as Char(data=' ', fg='red'"),
        (r"\e[4h", r"\e[4l", "insert mode set: on"),
        (r"\e[?12345h", r"\e[?12345l", "unknown mode on (?12345)"),
    ],
)
def test_each_switch_is_seen_on_and_off_again(programs: Programs, on, off, said):
    terminal = programs.bash(f"printf '{on}'")
    terminal.wait_exit()
    assert any(line.startswith(said) for line in terminal.modes())
    terminal = programs.bash(f"printf '{on}{off}'")
    terminal.wait_exit()
    terminal.assert_restored()


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("-echo", "termios ECHO off"),
        ("-icanon", "termios ICANON off"),
        ("-opost", "termios OPOST off"),
        ("-ixon", "termios IXON off"),
        ("tostop", "termios TOSTOP on"),
        ("intr ^X", "termios control characters differ"),
    ],
)
def test_each_setting_is_seen_although_the_program_has_ended(programs: Programs, setting, said):
    terminal = programs.bash(f"stty {setting}")
    terminal.wait_exit()
    assert said in terminal.modes()


def test_a_reset_puts_back_what_a_program_has_switched_on(programs: Programs):
    terminal = programs.bash(r"printf '\e[?1049h\e[?1003h\e[>25u\e[31m'; printf '\ec'")
    terminal.wait_exit()
    terminal.assert_restored()
