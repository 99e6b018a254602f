"""What stood on the screen from one update to the next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .emulator import Emulator
from .modes import SYNCHRONISED

PAUSE_S = 0.02
"""What a program draws without marking it as an update is seen when nothing more comes for so long."""

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

    One ends with each synchronised update; what is drawn outside of them, and differs from the frame
    before, when the next one begins or the program pauses.
    """
    frames: list[Frame] = []
    known: list[str] = [""] * rows
    t_s = 0.0

    def ended() -> None:
        known[:] = screen.lines()
        alternate = screen.modes.alternate_screen
        text = "\n".join(known)
        frames.append(Frame(len(frames), t_s, text, screen.filled(), *screen.size, alternate))

    def drawn_between() -> None:
        if screen.lines() != known:
            ended()

    screen = Emulator(columns, rows, on_update=drawn_between, on_frame=ended)
    log = list(log)
    for entry, following in zip(log, [*log[1:], None], strict=True):
        t_s = entry.t_s
        if isinstance(entry, Resized):
            screen.resize(entry.columns, entry.rows)
            known[:] = screen.lines()
            continue
        screen.feed(entry.data)
        paused = following is None or following.t_s - t_s >= PAUSE_S
        if paused and not screen.modes.on(SYNCHRONISED):
            drawn_between()
    return frames


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
