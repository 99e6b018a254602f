"""A saved run in time: its events, and when each of them is played.

Played time starts at 0 and never goes back. Where a file's times do, they are held; where nothing happens
for longer than anybody would wait, the gap is shortened. Both are said: what is played is then not the
run's own time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from specprof.plan.plan import Cell
from specprof.run import events as ev
from specprof.run.held_times import held_times, held_words
from specprof.run.record import RunRecord
from specprof.run.unfold import unfold

LONGEST_GAP_S = 60.0
"""Longer stretches in which nothing happens are played as `GAP_S`."""
GAP_S = 5.0


class Mark(NamedTuple):
    """The end of a cell."""

    t_s: float
    cell: Cell
    failed: bool


@dataclass(frozen=True)
class Timeline:
    """`events[i]` is played at `times_s[i]`, ascending."""

    events: tuple[ev.EventModel, ...]
    times_s: tuple[float, ...]
    marks: tuple[Mark, ...]
    flags: tuple[str, ...]
    """What was changed to play it, one sentence each."""

    @classmethod
    def of(cls, record: RunRecord) -> Timeline:
        """The time line of a run; an empty one for a published figure."""
        if record.reference is not None:
            return cls((), (), (), ("a published figure has no time of its own: this is its end",))
        held, went_back = held_times(record)
        events = tuple(unfold(held))
        times_s, gaps = _played(events)
        return cls(events, times_s, tuple(_marks(events, times_s)), tuple(_flags(went_back, gaps)))

    @property
    def duration_s(self) -> float:
        return self.times_s[-1] if self.times_s else 0.0


def _played(events: tuple[ev.EventModel, ...]) -> tuple[tuple[float, ...], list[float]]:
    """When each event is played, and the gaps that were shortened, s."""
    times_s: list[float] = []
    gaps: list[float] = []
    now_s = before_s = events[0].t_s if events else 0.0
    now_s -= before_s
    for event in events:
        passed_s = max(0.0, event.t_s - before_s)
        if passed_s > LONGEST_GAP_S:
            gaps.append(passed_s)
            passed_s = GAP_S
        now_s += passed_s
        before_s = max(before_s, event.t_s)
        times_s.append(now_s)
    return tuple(times_s), gaps


def _marks(events: Iterable[ev.EventModel], times_s: Iterable[float]) -> Iterator[Mark]:
    for event, t_s in zip(events, times_s, strict=True):
        if isinstance(event, ev.CellFinished | ev.CellFailed):
            yield Mark(t_s, event.cell, isinstance(event, ev.CellFailed))


def _flags(went_back: int, gaps: list[float]) -> Iterator[str]:
    if went_back:
        yield held_words(went_back)
    if gaps:
        longest = f"{max(gaps):.0f}" if max(gaps) < 1e6 else f"{max(gaps):.3g}"
        if len(gaps) == 1:
            yield f"a gap of {longest} s is played as {GAP_S:.0f} s"
        else:
            yield f"{len(gaps)} gaps of up to {longest} s are played as {GAP_S:.0f} s each"
