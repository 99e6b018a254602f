"""Where the live screen's stream comes from: a run that is being measured, or a saved one played back."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from specprof.analysis.drafting import DraftCost
    from specprof.analysis.opened import Run
    from specprof.run.reduce import Reduction
    from specprof.session.outcome import Outcome
    from specprof.session.player import Player
    from specprof.session.position import Position
    from specprof.session.recording import Recording


class Source(Protocol):
    """What the live screen reads at each of its ticks."""

    @property
    def reduction(self) -> Reduction: ...

    @property
    def position(self) -> Position: ...

    @property
    def generation(self) -> int:
        """Changes where the reduction became another one: what was cached of it is void."""

    @property
    def draft_cost(self) -> DraftCost | None:
        """What drafting is said to cost; None for what the run measures."""

    @property
    def phase(self) -> str:
        """One word or two: `measuring`, `paused`, `replay` …"""

    @property
    def elapsed_s(self) -> float: ...

    @property
    def left_s(self) -> float | None: ...

    @property
    def ended(self) -> bool: ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is to be said of the stream itself."""

    def tick(self, elapsed_s: float) -> None:
        """`elapsed_s` have passed since the tick before."""


class LiveSource:
    """A run that is being measured."""

    generation = 0
    draft_cost: DraftCost | None = None
    warnings: tuple[str, ...] = ()

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.stopping = False
        self._began_s = time.monotonic()

    @property
    def reduction(self) -> Reduction:
        return self.recording.reduction

    @property
    def position(self) -> Position:
        return self.recording.position

    @property
    def phase(self) -> str:
        session = self.recording.session
        if self.ended:
            return "ended"
        if self.stopping:
            return "stopping"
        if session.paused:
            return "pausing" if session.pausing else "paused"
        return self.position.phase

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self._began_s

    @property
    def left_s(self) -> float | None:
        if self.reduction.header is None:
            return None
        return self.position.left_s(self.recording.session.now_s())

    @property
    def ended(self) -> bool:
        return self.recording.outcome is not None

    @property
    def outcome(self) -> Outcome | None:
        return self.recording.outcome

    def tick(self, elapsed_s: float) -> None:
        """Its events come by themselves."""

    def toggle_pause(self) -> None:
        session = self.recording.session
        if session.paused:
            session.resume()
        else:
            session.pause()

    def stop(self) -> None:
        """Ends it after the sample in progress; a second time at once."""
        if self.stopping:
            self.recording.session.hard_stop()
        else:
            self.stopping = True
            self.recording.session.stop("stopped by the user")


class ReplaySource:
    """A saved run, played in its own time."""

    def __init__(self, run: Run, player: Player) -> None:
        self.run = run
        self.player = player

    @property
    def reduction(self) -> Reduction:
        return self.player.reduction

    @property
    def position(self) -> Position:
        return self.player.position

    @property
    def generation(self) -> int:
        return self.player.generation

    @property
    def draft_cost(self) -> DraftCost | None:
        return self.run.draft_cost

    @property
    def phase(self) -> str:
        if self.player.ended:
            return "replay: end"
        return "replay" if self.player.playing else "replay: paused"

    @property
    def elapsed_s(self) -> float:
        return self.player.t_s

    @property
    def left_s(self) -> float | None:
        return self.player.left_s

    @property
    def ended(self) -> bool:
        return self.player.ended

    @property
    def warnings(self) -> tuple[str, ...]:
        return (*self.run.warnings, *self.player.flags)

    def tick(self, elapsed_s: float) -> None:
        self.player.advance(elapsed_s)
