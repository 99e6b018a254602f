"""A step on the CPU: each moment belongs to the innermost operator, or to none and is a gap."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from math import inf
from typing import NamedTuple

from specprof.measure.profile.events import STEP
from specprof.measure.profile.spans import Operator
from specprof.measure.profile.tally import Tally
from specprof.run.breakdown import Breakdown, Part


class Stretch(NamedTuple):
    """Time of one operator in which none of those within it runs."""

    begin_ns: int
    end_ns: int
    operator: int


def host_breakdown(operators: Sequence[Operator], parts: Sequence[Part | None]) -> Breakdown | None:
    """From begin to end of the step's range; None where it is not there or took no time.

    Operators of other threads count only while the step's own thread is in none: they overlap it.
    """
    step = next((operator for operator in operators if operator.name == STEP), None)
    if step is None or step.end_ns <= step.begin_ns:
        return None
    threads = sorted({operator.thread for operator in operators}, key=lambda thread: thread != step.thread)
    spent = [0] * len(operators)
    taken: list[tuple[int, int]] = []
    """Disjoint stretches that have been counted, in order."""
    for thread in threads:
        for begin, end, index in stretches(operators, thread):
            for free in _free(max(begin, step.begin_ns), min(end, step.end_ns), taken):
                spent[index] += free[1] - free[0]
                insort(taken, free)
    tally = Tally()
    for operator, part, spent_ns in zip(operators, parts, spent, strict=True):
        if operator.works and operator.begin_ns < step.end_ns and operator.end_ns > step.begin_ns:
            tally.add(operator.shown_name, part or "elementwise", spent_ns)
    return tally.breakdown(step.end_ns - step.begin_ns)


def stretches(operators: Sequence[Operator], thread: int) -> list[Stretch]:
    """One thread's time, operator by operator, in order. A range's own is that of the operator around it."""
    found: list[Stretch] = []
    stack: list[int] = []
    now = 0

    def pass_to(moment: float) -> None:
        nonlocal now
        while stack and now < moment:
            until = min(operators[stack[-1]].end_ns, moment)
            if until > now:
                found.append(Stretch(now, until, stack[-1]))
                now = until
            if operators[stack[-1]].end_ns <= moment:
                stack.pop()

    for index, operator in enumerate(operators):
        if operator.thread == thread and operator.works:
            pass_to(operator.begin_ns)
            now = operator.begin_ns
            stack.append(index)
    pass_to(inf)
    return found


def _free(begin: int, end: int, taken: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """What of a stretch nobody has taken."""
    found = []
    at = bisect_left(taken, (begin, begin))
    if at and taken[at - 1][1] > begin:
        begin = taken[at - 1][1]
    while begin < end:
        until = min(end, taken[at][0]) if at < len(taken) else end
        if until > begin:
            found.append((begin, until))
        if at == len(taken):
            break
        begin = max(begin, taken[at][1])
        at += 1
    return found
