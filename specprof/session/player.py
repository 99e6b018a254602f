"""A saved run that is played: a playhead on its time line, and the run as known at that moment.

It has no clock of its own: whoever shows it tells it how much time has passed.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right

from specprof.run.reduce import Reduction
from specprof.session.position import Position
from specprof.session.timeline import Mark, Timeline

SPEEDS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 100.0, math.inf)


class Player:
    """Plays a time line. Going back begins it anew: `reduction` and `position` are others then, and
    `generation` has changed."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.playing = False
        self.speed = 1.0
        """Times its own time; infinite for the end at once."""
        self.generation = 0
        self.t_s = 0.0
        """The playhead, in played time."""
        self._begin()

    def _begin(self) -> None:
        self.reduction = Reduction()
        self.position = Position(self.reduction)
        self._next = 0
        self.t_s = 0.0
        self._apply_until(0.0)

    def _apply_until(self, t_s: float) -> bool:
        """Applies the events up to and at this moment. Whether there was one."""
        end = bisect_right(self.timeline.times_s, t_s)
        first = self._next
        for event in self.timeline.events[first:end]:
            self.reduction.apply(event)
            self.position.follow(event)
        self._next = max(first, end)
        self.t_s = t_s
        return end > first

    @property
    def duration_s(self) -> float:
        return self.timeline.duration_s

    @property
    def left_s(self) -> float:
        """Seconds of the run's played time after the playhead."""
        return max(0.0, self.duration_s - self.t_s)

    @property
    def ended(self) -> bool:
        return self._next >= len(self.timeline.events) and self.t_s >= self.duration_s

    @property
    def flags(self) -> tuple[str, ...]:
        return self.timeline.flags

    @property
    def marks(self) -> tuple[Mark, ...]:
        return self.timeline.marks

    def advance(self, elapsed_s: float) -> bool:
        """Plays on by `elapsed_s` × speed where it plays. Whether the playhead moved."""
        if not self.playing or elapsed_s <= 0:
            return False
        before_s = self.t_s
        self._apply_until(min(self.duration_s, self.t_s + elapsed_s * self.speed))
        if self.ended:
            self.playing = False
        return self.t_s != before_s

    def play(self) -> None:
        """Plays on; from the start where it is at its end."""
        if self.ended:
            self.restart()
        self.playing = True

    def pause(self) -> None:
        self.playing = False

    def toggle(self) -> None:
        if self.playing:
            self.pause()
        else:
            self.play()

    def faster(self) -> None:
        self.speed = next((speed for speed in SPEEDS if speed > self.speed), SPEEDS[-1])

    def slower(self) -> None:
        self.speed = next((speed for speed in reversed(SPEEDS) if speed < self.speed), SPEEDS[0])

    def seek(self, t_s: float) -> None:
        """Puts the playhead somewhere; it plays on from there if it played."""
        target_s = min(self.duration_s, max(0.0, t_s))
        if target_s < self.t_s:
            self.generation += 1
            self._begin()
        self._apply_until(target_s)

    def seek_share(self, share: float) -> None:
        """To a share of the whole, 0 … 1."""
        self.seek(share * self.duration_s)

    def step(self, cells: int) -> None:
        """To the end of the cell that ends next, or before; cells that end together are one step. Pauses."""
        self.pause()
        ends = sorted({mark.t_s for mark in self.marks} | {0.0, self.duration_s})
        for _ in range(abs(cells)):
            at = bisect_right(ends, self.t_s) if cells > 0 else bisect_left(ends, self.t_s) - 1
            self.seek(ends[min(len(ends) - 1, max(0, at))])

    def to_end(self) -> None:
        self.seek(self.duration_s)
        self.pause()

    def restart(self) -> None:
        self.seek(0.0)
