"""The frames of an app: a blank one between two full ones is found."""

from __future__ import annotations

from .frames import Frame, Output, Resized, blank, frames_of
from .programs import Programs

ALTERNATE = b"\x1b[?1049h"
WORDS = b"words " * 10


def update(data: bytes) -> bytes:
    return b"\x1b[?2026h" + data + b"\x1b[?2026l"


def frames(*outputs: bytes) -> list[Frame]:
    return frames_of([Output(float(n), data) for n, data in enumerate(outputs)], 20, 4)


def test_a_frame_is_what_stands_when_an_update_ends():
    seen = frames(ALTERNATE, update(b"one") + update(b"\rtwo") + b"\x1b[?2026h\rthr", b"ee\x1b[?2026l")
    assert [frame.text.strip() for frame in seen] == ["one", "two", "three"]
    assert [(frame.number, frame.t_s, frame.filled) for frame in seen] == [
        (0, 1.0, 3),
        (1, 1.0, 3),
        (2, 2.0, 5),
    ]


def test_what_is_drawn_before_an_update_without_a_mark_was_seen_too():
    seen = frames(ALTERNATE + WORDS + update(b"\x1b[2J"))
    assert [frame.filled for frame in seen] == [50, 0]
    assert [frame.number for frame in blank(seen)] == [1]


def test_a_blank_frame_is_found_even_where_the_next_follows_at_once():
    seen = frames(ALTERNATE + update(WORDS) + update(b"\x1b[2J") + update(b"\x1b[H" + WORDS))
    assert [frame.number for frame in blank(seen)] == [1]


def test_neither_the_time_before_the_first_paint_nor_after_leaving_counts():
    assert (
        blank(frames(update(b"$ "), ALTERNATE, update(b"\x1b[H"), update(WORDS), update(b"\x1b[?1049l")))
        == []
    )


def test_without_marks_a_frame_ends_where_the_program_pauses():
    log = [
        Output(0.0, ALTERNATE + b"o"),
        Output(0.005, b"ne"),
        Output(0.5, b"\rtwo"),
        Output(0.9, b"\x1b[2J"),
    ]
    assert [frame.text.strip() for frame in frames_of(log, 20, 4)] == ["one", "two", ""]


def test_frames_have_the_size_of_their_time():
    log = [Output(0.0, update(b"a")), Resized(1.0, 9, 2), Output(2.0, update(b"b"))]
    assert [(frame.columns, frame.rows) for frame in frames_of(log, 20, 4)] == [(20, 4), (9, 2)]


def test_an_app_that_opens_an_empty_screen_is_caught(programs: Programs):
    terminal = programs.app()
    assert terminal.blank_frames() == []
    terminal.press("e")
    terminal.wait_for(lambda terminal: "up and running" not in terminal.text())
    terminal.press("f")
    terminal.wait_for("filled at last")
    found = terminal.blank_frames()
    assert found
    assert all(frame.filled == 0 for frame in found)
    assert terminal.frames()[-1].filled > 200


def test_an_app_on_a_terminal_that_answers_nothing_has_frames_too(programs: Programs):
    terminal = programs.app(answers=False)
    terminal.wait_quiet()
    assert b"\x1b[?2026h" not in terminal.raw
    assert "up and running" in terminal.frames()[-1].text
