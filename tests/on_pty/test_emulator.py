"""What the screen shows of the bytes it is told, with what programs of today send."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from .emulator import Cell, Emulator

PLAIN = Cell(" ", "default", "default", bold=False, italic=False, underline=False, reverse=False)


def screen(*told: str, columns: int = 20, rows: int = 4) -> Emulator:
    emulator = Emulator(columns, rows)
    for data in told:
        emulator.feed(data.encode())
    return emulator


def answers(*told: str, **options) -> bytes:
    said: list[bytes] = []
    emulator = Emulator(20, 4, on_answer=said.append, **options)
    for data in told:
        emulator.feed(data.encode())
    return b"".join(said)


def test_colours_and_styles_are_read_cell_by_cell():
    shown = screen("\x1b[1;38;2;90;169;230;48;5;16mA\x1b[0;7;31mB\x1b[0;3;4mC\x1b[0mD")
    assert shown.cell(0, 0) == Cell("A", "5aa9e6", "000000", True, False, False, False)
    assert shown.cell(0, 1) == Cell("B", "red", "default", False, False, False, True)
    assert shown.cell(0, 2) == Cell("C", "default", "default", False, True, True, False)
    assert shown.cell(0, 3) == Cell("D", *list(vars(PLAIN).values())[1:])
    assert shown.cell(-1, -1) == PLAIN
    with pytest.raises(IndexError):
        shown.cell(4, 0)


def test_a_wide_character_has_two_cells_and_counts_once_in_the_text():
    shown = screen("a中b\r\n日本")
    assert shown.lines()[:2] == ["a中b", "日本"]
    assert [shown.cell(0, column).char for column in range(4)] == ["a", "中", "", "b"]
    assert shown.filled() == 5


def test_a_character_without_width_does_not_swallow_the_text_behind_it():
    assert screen("a\u200bb\ufe0fc e\u0301").lines()[0] == "abc é"


def test_characters_and_sequences_may_come_in_pieces():
    emulator = Emulator(20, 4)
    for byte in "\x1b[2;3H\x1b[1m中★\x1b]2;a title\x07\x1b[?25lx".encode():
        emulator.feed(bytes([byte]))
    assert emulator.lines()[1] == "  中★x"
    assert emulator.cell(1, 2).bold
    assert emulator.titles == ["a title"]


@pytest.mark.parametrize(
    "sequence",
    [
        "\x1b[>25u",
        "\x1b[<u",
        "\x1b[=1;1u",
        "\x1b[?u",
        "\x1b[>4;1m",
        "\x1b[>q",
        "\x1b[?2026$p",
        "\x1b[2 q",
        "\x1b[!p",
        "\x1b[?2048h",
        "\x1b[38:2::1:2:3m",
        "\x1bP+q544e\x1b\\",
        "\x1b_Gi=31,a=q;AAAA\x1b\\",
        "\x1b]22;pointer\x07",
        "\x1b]8;;https://example.org\x1b\\",
        "\x1b(B",
        "\x1b=",
    ],
)
def test_what_is_not_text_leaves_no_trace_on_the_screen(sequence):
    shown = screen("a", sequence, "b")
    assert shown.lines() == ["ab", "", "", ""]
    assert shown.cell(0, 1) == Cell("b", *list(vars(PLAIN).values())[1:])


def test_the_alternate_screen_gives_back_what_stood_there():
    shown = screen("before\r\n", "\x1b[?1049h\x1b[1;31m\x1b[Hinside")
    assert shown.lines()[0] == "inside"
    shown.feed(b"\x1b[?1049l|")
    assert shown.lines()[:2] == ["before", "|"]
    assert shown.cell(1, 0).foreground == "default"


def test_a_smaller_size_cuts_the_alternate_screen_at_its_right_and_bottom():
    shown = screen("\x1b[?1049h\x1b[Hfirst row\r\nsecond row\r\nthird")
    shown.resize(6, 2)
    assert shown.lines() == ["first", "second"]


def test_queries_are_answered_as_by_a_terminal_of_today():
    assert answers("\x1b[?2026$p") == b"\x1b[?2026;2$y"
    assert answers("\x1b[?2026h\x1b[?2026$p") == b"\x1b[?2026;1$y"
    assert answers("\x1b[?2048$p", knows=frozenset({2026})) == b"\x1b[?2048;0$y"
    assert answers("ab\r\nc\x1b[6n") == b"\x1b[2;2R"
    assert answers("\x1b[c\x1b[5n") == b"\x1b[?62;22c\x1b[0n"
    assert answers("\x1b[>q\x1b[?u") == b""


@pytest.mark.parametrize("final", [chr(code) for code in range(0x40, 0x7F)])
def test_no_control_sequence_is_beyond_the_terminal(final):
    shown = Emulator(10, 4)
    for numbers in ("", "0", "1", "3", "9", "99999", "2;3", "0;0;0", ";", "38;5", "38;2;1", "48"):
        for prefix in ("", "?", ">"):
            shown.feed(f"\x1b[{prefix}{numbers}{final}".encode())
    shown.feed(b"\x1bcstill there")
    assert shown.lines()[0] == "still ther"


PIECES = some.one_of(
    some.binary(max_size=8),
    some.text(max_size=8).map(str.encode),
    some.from_regex(rb"\x1b\[[<=>?]?[0-9;:]{0,8}[ $!]?[@-~]", fullmatch=True),
    some.sampled_from(
        [b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b]0;a", b"\x07", b"\x1b\\", b"\x1bP", b"\x1bc", b"\r\n"]
    ),
)


@given(some.lists(PIECES, max_size=30), some.integers(1, 7))
def test_no_bytes_break_the_terminal_however_they_are_cut(pieces, length):
    whole = b"".join(pieces)
    at_once, in_parts = Emulator(10, 4), Emulator(10, 4)
    at_once.feed(whole)
    for start in range(0, len(whole), length):
        in_parts.feed(whole[start : start + length])
    assert at_once.lines() == in_parts.lines()
    assert at_once.changed() == in_parts.changed()
    at_once.resize(3, 2)
    at_once.feed(whole)
    assert len(at_once.lines()) == 2
