"""Escape sequences named one by one, so that a test can say which a program may send."""

from __future__ import annotations

import pytest

from .sequences import escapes, has_escape


def names(data: str) -> list[str]:
    return [escape.name for escape in escapes(data.encode())]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("\x1b[1;31m", "CSI m"),
        ("\x1b[m", "CSI m"),
        ("\x1b[38:2::1:2:3m", "CSI m"),
        ("\x1b[?1049h", "CSI ?h"),
        ("\x1b[>25u", "CSI >u"),
        ("\x1b[<u", "CSI <u"),
        ("\x1b[2 q", "CSI  q"),
        ("\x1b[?2026$p", "CSI ?$p"),
        ("\x1b]52;c;aGk=\x07", "OSC 52"),
        ("\x1b]52;c;aGk=\x1b\\", "OSC 52"),
        ("\x1b]0;title\x07", "OSC 0"),
        ("\x1b]8;;file:///etc\x1b\\", "OSC 8"),
        ("\x1bP$q q\x1b\\", "DCS"),
        ("\x1b_Ga=T\x1b\\", "APC"),
        ("\x1b^private\x1b\\", "PM"),
        ("\x1bXstart\x1b\\", "SOS"),
        ("\x1bc", "ESC c"),
        ("\x1b7", "ESC 7"),
        ("\x1b(B", "ESC (B"),
        ("\x9b31m", "C1 9b"),
        ("\x1b", "BROKEN"),
        ("\x1b[31", "BROKEN"),
        ("\x1b]0;never ended", "BROKEN"),
        ("\x1b\n", "BROKEN"),
    ],
)
def test_each_sequence_has_its_name(data, name):
    assert names(f"before{data}") == [name]
    assert has_escape(data.encode())


@pytest.mark.parametrize("data", ["", "plain", "tab\tnewline\r\n", "ünïcödé ★ 中", "\\x1b[31m", "^[[31m"])
def test_text_is_no_escape_sequence(data):
    assert names(data) == []
    assert not has_escape(data.encode())


def test_sequences_follow_one_another_in_order():
    assert names("\x1b[H\x1b[2J\x1b]0;a\x07b\x1b[0mc\x1b\x1b[K") == [
        "CSI H", "CSI J", "OSC 0", "CSI m", "BROKEN", "CSI K",
    ]  # fmt: skip


def test_a_sequence_says_what_it_carries():
    [title] = escapes(b"\x1b]2;rm -rf\x07")
    assert (title.kind, title.body, str(title)) == ("OSC", "2;rm -rf", "OSC 2;rm -rf")
    [place] = escapes(b"\x1b[12;H")
    assert (place.numbers, str(place)) == ((12, 0), "CSI 12;H")
