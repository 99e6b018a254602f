"""What reaches the terminal: its own signs, no colour where none is wanted, nothing once it is gone."""

from __future__ import annotations

import io

from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from specprof.tui.driver import WithoutColour, _Outlet, ascii_only


def test_every_character_becomes_one_character():
    drawn = "╭─ ★ ± ▁▂▃█ ⠒⠂ ● ◐ ○ ✕ ☆ × … ▸ │╯"
    assert len(ascii_only(drawn)) == len(drawn)
    assert ascii_only(drawn).isascii()
    assert ascii_only("╭──╮") == "+--+"
    assert ascii_only("漢é") == "??"


def test_escape_sequences_stay_as_they_are():
    assert ascii_only("\x1b[38;2;1;2;3m★\x1b[0m") == "\x1b[38;2;1;2;3m*\x1b[0m"


def test_without_colour_only_what_lies_on_another_ground_is_reversed():
    plain = WithoutColour({"#1e1e1e"})
    segments = [
        Segment("a", Style.parse("bold #ff0000 on #1e1e1e")),
        Segment("b", Style.parse("#ff0000 on #333355")),
        Segment("c", None),
    ]
    found = plain.apply(segments, Color(0, 0, 0))
    assert found[0].style == Style(bold=True)
    assert found[1].style == Style(reverse=True)
    assert found[2].style is None
    assert all(not s.style or (s.style.color is None and s.style.bgcolor is None) for s in found)


class _Broken(io.StringIO):
    def write(self, data: str) -> int:
        raise OSError(5, "Input/output error")


def test_a_terminal_that_is_gone_breaks_nothing():
    outlet = _Outlet(_Broken())
    assert outlet.write("frame") == 5
    assert outlet.gone
    outlet.flush()
