"""What stood on the screen from one update to the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .emulator import Emulator

PAUSE_S = 0.02
"""Where a program does not mark its updates, one ends when nothing comes for so long."""

LEAST = 40
"""A frame with fewer characters than this is taken for blank: a key line alone has more."""


@dataclass(frozen=True)
class Output:
    """What came at `t_s`."""

    t_s: float
    data: bytes


@dataclass(frozen=True)
class Resized:
    """The size from `t_s` on."""

    t_s: float
    columns: int
    rows: int


@dataclass(frozen=True)
class Frame:
    """The screen after one update."""

    number: int
    t_s: float
    text: str
    filled: int
    columns: int
    rows: int
    alternate_screen: bool

    def __str__(self) -> str:
        shown = "\n".join(f"  |{line}" for line in self.text.splitlines() if line)
        return f"frame {self.number}, {self.t_s:.3f} s, {self.filled} characters\n{shown}"


Log = Iterable[Output | Resized]


def frames_of(log: Log, columns: int, rows: int) -> list[Frame]:
    """The frames of `log` on a terminal that had this size at first.

    One ends with each synchronised update. Where a log has none they end where the program paused.
    """
    log = list(log)
    marked = any(isinstance(entry, Output) and b"\x1b[?2026h" in entry.data for entry in log)
    return list(_marked(log, columns, rows) if marked else _paused(log, columns, rows))


def _marked(log: Log, columns: int, rows: int) -> Iterator[Frame]:
    done: list[Frame] = []
    t_s = 0.0

    def on_frame() -> None:
        done.append(_frame(len(done), t_s, screen))

    screen = Emulator(columns, rows, on_frame=on_frame)
    for entry in log:
        t_s = entry.t_s
        if isinstance(entry, Resized):
            screen.resize(entry.columns, entry.rows)
        else:
            screen.feed(entry.data)
    return iter(done)


def _paused(log: list[Output | Resized], columns: int, rows: int) -> Iterator[Frame]:
    screen = Emulator(columns, rows)
    number = 0
    for entry, following in zip(log, [*log[1:], None], strict=True):
        if isinstance(entry, Resized):
            screen.resize(entry.columns, entry.rows)
            continue
        screen.feed(entry.data)
        if following is None or following.t_s - entry.t_s >= PAUSE_S:
            yield _frame(number, entry.t_s, screen)
            number += 1


def _frame(number: int, t_s: float, screen: Emulator) -> Frame:
    text = "\n".join(screen.lines())
    return Frame(number, t_s, text, screen.filled(), *screen.size, screen.modes.alternate_screen)


def blank(frames: Iterable[Frame], least: int = LEAST) -> list[Frame]:
    """Those with fewer than `least` characters, from the app's first paint until it leaves."""
    found: list[Frame] = []
    painted = False
    for frame in frames:
        if not frame.alternate_screen:
            continue
        painted = painted or frame.filled >= least
        if painted and frame.filled < least:
            found.append(frame)
    return found
