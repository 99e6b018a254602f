"""A run's progress without the app, on stderr: three live lines in a terminal, a line now and then in a
pipe. Cheap, since the cores that draw it are those that are measured."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Literal, Protocol, Self

from rich.console import Group
from rich.live import Live
from rich.text import Text

from specprof.run.statistics import Estimate
from specprof.views.glyphs import Glyphs
from specprof.views.lines import cut
from specprof.views.palette import Palette, Role
from specprof.views.quantities import duration, number, percent, plus_minus
from specprof.views.terminal import Surface, surface_of

REFRESH_S = 0.5
"""The live lines are drawn at most twice a second."""

LINE_S = 10.0
"""A pipe gets a line at least this often while there is news."""

_BETWEEN_CELLS_S = 1.0
"""Cells of a row end together: one line for those that end within this time."""

Level = Literal["info", "warning", "error"]

NOTICE_ROLES: dict[Level, Role] = {"info": "muted", "warning": "warn", "error": "bad"}


@dataclass(frozen=True)
class ProgressSnapshot:
    """Where a run stands. What is not known yet, or does not apply, is None."""

    phase: str
    """`starting`, `building model`, `measuring`, `finishing`."""
    batch_size: int | None = None
    seq_len: int | None = None
    candidates: int | None = None
    round: int | None = None
    samples: int | None = None
    """Of the current cell."""
    cells_done: int = 0
    cells_total: int = 0
    latency_ms: Estimate | None = None
    """Of the cell that was sampled last, as far as it is known."""
    achieved_ci: float | None = None
    """Widest relative half-width of the row's 95 % intervals: what is waited for."""
    target_ci: float | None = None
    utilisation_pct: float | None = None
    utilisation_of: str = "host CPU"
    """`host CPU` or `GPU`."""
    elapsed_s: float = 0.0
    left_s: float | None = None

    @property
    def row(self) -> tuple[int | None, int | None]:
        return self.batch_size, self.seq_len

    @property
    def share(self) -> float:
        """How far the run is, 0 … 1: by time where the time left is known, else by cells."""
        if self.left_s is not None and self.elapsed_s > 0:
            return self.elapsed_s / (self.elapsed_s + max(0.0, self.left_s))
        return min(1.0, self.cells_done / self.cells_total) if self.cells_total else 0.0


class Progress(Protocol):
    """What shows progress. Used as a context manager; nothing of it stays on a live terminal."""

    def update(self, snapshot: ProgressSnapshot) -> None: ...

    def notice(self, level: Level, text: str) -> None:
        """Something the user should know, on a line of its own that stays."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def progress_for(stream: IO[str], surface: Surface | None = None) -> Progress:
    """Live lines where the stream can be written over, else plain ones."""
    surface = surface or surface_of(stream)
    if surface.live:
        return RichProgress(stream, surface, surface.palette())
    return LineProgress(stream, surface.glyphs)


def where_words(snapshot: ProgressSnapshot) -> list[str]:
    """What is being measured, e.g. `batch 1`, `seq_len 512`, `K 48`, `round 7`, `9 samples`."""
    named = (
        ("batch", snapshot.batch_size),
        ("seq_len", snapshot.seq_len),
        ("K", snapshot.candidates),
        ("round", snapshot.round),
    )
    found = [f"{name} {value}" for name, value in named if value is not None]
    if snapshot.samples is not None:
        found.append(f"{snapshot.samples} sample{'' if snapshot.samples == 1 else 's'}")
    return found


def measure_words(snapshot: ProgressSnapshot) -> list[str]:
    """What came out so far, e.g. `118.3 ms ±2.5 %`, `row within ±3.1 %, target ±5.0 %`."""
    found = []
    if snapshot.latency_ms is not None:
        found.append(f"{number(snapshot.latency_ms.median)} ms {plus_minus(*snapshot.latency_ms)}".rstrip())
    if snapshot.achieved_ci is not None:
        target = f", target ±{percent(snapshot.target_ci)}" if snapshot.target_ci else ""
        found.append(f"row within ±{percent(snapshot.achieved_ci)}{target}")
    if snapshot.utilisation_pct is not None:
        found.append(f"{snapshot.utilisation_of} {snapshot.utilisation_pct:.0f} %")
    return found


def time_words(snapshot: ProgressSnapshot) -> str:
    left = f", about {duration(snapshot.left_s)} left" if snapshot.left_s is not None else ""
    return duration(snapshot.elapsed_s) + left


def live_lines(snapshot: ProgressSnapshot, width: int, palette: Palette, glyphs: Glyphs) -> list[Text]:
    """The three lines of a terminal, none wider than `width`."""
    cells = f"{snapshot.cells_done}/{snapshot.cells_total} cells  " if snapshot.cells_total else ""
    behind = glyphs.fit(f"  {cells}{time_words(snapshot)}")
    room = min(60, width - len(snapshot.phase) - 1 - len(behind))
    if room >= 5:
        done = round(snapshot.share * room)
        bar = Text.assemble(
            (snapshot.phase, palette.style("text", bold=True)),
            " ",
            (glyphs.bar_done * done, palette.style("accent")),
            (glyphs.bar_left * (room - done), palette.style("grid")),
            (behind, palette.style("muted")),
        )
    else:
        bar = Text(cut(snapshot.phase + behind, width, glyphs.ellipsis), palette.style("text"))
    joint = f" {glyphs.separator} "
    return [
        bar,
        *(
            Text(cut(glyphs.fit(joint.join(words)), width, glyphs.ellipsis), palette.style(role))
            for words, role in ((where_words(snapshot), "text"), (measure_words(snapshot), "muted"))
        ),
    ]


class RichProgress:
    """Three lines that are drawn over, and gone at the end."""

    def __init__(
        self,
        stream: IO[str],
        surface: Surface,
        palette: Palette,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._palette, self._glyphs, self._clock = palette, surface.glyphs, clock
        self._console = surface.console(stream, follow_size=True)
        # no thread of its own: it would take turns with the measured process on the same cores
        self._live = Live(
            console=self._console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._drawn_at = -REFRESH_S
        self._phase = ""

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def update(self, snapshot: ProgressSnapshot) -> None:
        """Draws the snapshot, unless the last was drawn less than half a second ago in the same phase."""
        now = self._clock()
        if snapshot.phase == self._phase and now - self._drawn_at < REFRESH_S:
            return
        self._drawn_at, self._phase = now, snapshot.phase
        # one column is left free: some terminals wrap a line that fills the last one
        lines = live_lines(snapshot, self._console.width - 1, self._palette, self._glyphs)
        self._live.update(Group(*lines), refresh=True)

    def notice(self, level: Level, text: str) -> None:
        words = Text(self._glyphs.fit(f"{level}: {text}"), self._palette.style(NOTICE_ROLES[level]))
        self._console.print(words)


class LineProgress:
    """Whole lines for a pipe or a file: no escape, nothing drawn over."""

    def __init__(self, stream: IO[str], glyphs: Glyphs, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._glyphs, self._clock = stream, glyphs, clock
        self._said: ProgressSnapshot | None = None
        self._latest: ProgressSnapshot | None = None
        self._said_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._latest is not None and self._latest != self._said:
            self._say(self._latest)

    def update(self, snapshot: ProgressSnapshot) -> None:
        """Says the snapshot at the end of a cell or row, when the phase changes, and every ten seconds."""
        self._latest = snapshot
        said, waited = self._said, self._clock() - self._said_at
        if (
            said is None
            or snapshot.phase != said.phase
            or snapshot.row != said.row
            or waited >= LINE_S
            or (snapshot.cells_done != said.cells_done and waited >= _BETWEEN_CELLS_S)
        ):
            self._say(snapshot)

    def notice(self, level: Level, text: str) -> None:
        self._write(f"{level}: {text}")

    def _say(self, snapshot: ProgressSnapshot) -> None:
        self._said, self._said_at = snapshot, self._clock()
        cells = [f"{snapshot.cells_done}/{snapshot.cells_total} cells"] if snapshot.cells_total else []
        words = [*cells, *where_words(snapshot), *measure_words(snapshot), time_words(snapshot)]
        self._write(f"{snapshot.phase}: {', '.join(words)}")

    def _write(self, words: str) -> None:
        self._stream.write(self._glyphs.fit(words) + "\n")
        self._stream.flush()
