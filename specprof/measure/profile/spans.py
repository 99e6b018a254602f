"""Operators in each other and kernels with the operators that launched them, from a profiler's events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from specprof.measure.profile.events import STEP, Event

SCOPE = "specprof/scope/"
"""Ranges around a module's forward: this, a kind of scope, a slash and the module's path in the model."""

COMPILED_GRAPH = "## Call CompiledFxGraph"
"""The inductor's range around one compiled graph. On a CPU its fused loops record nothing of their own: the
range's own time is theirs, with that of the wrapper that calls them."""


@dataclass(slots=True)
class Operator:
    """An operator, or a range that somebody put around several. Indices are those of the list it is in."""

    name: str
    begin_ns: int
    end_ns: int
    thread: int = 0
    id: int = 0
    parent: int | None = None
    """The innermost operator or range around it."""
    scope: int | None = None
    """The innermost module scope around it, or it itself where it is one."""

    @property
    def works(self) -> bool:
        """Whether it does something itself: torch's operators have a namespace, and ranges have none."""
        return "::" in self.name or self.name.startswith(COMPILED_GRAPH)

    @property
    def is_scope(self) -> bool:
        return self.name.startswith(SCOPE)

    @property
    def shown_name(self) -> str:
        """Without the hash that each compiled graph has."""
        return "CompiledFxGraph" if self.name.startswith(COMPILED_GRAPH) else self.name


@dataclass(slots=True)
class KernelSpan:
    """One kernel, copy or fill on the device. `operator` is the index of the one that launched it."""

    name: str
    begin_ns: int
    end_ns: int
    operator: int | None = None


def nested(events: Iterable[Event]) -> list[Operator]:
    """The host's events, outer ones before those in them.

    Each thread nests by itself. What another thread does outside of all ranges of its own belongs to the
    scope that is open in the step's thread as it begins. An event that outlasts the one around it, by
    rounding, is cut off there.
    """
    host = sorted(
        (event for event in events if not event.on_device), key=lambda e: (e.begin_ns, -e.end_ns, e.id)
    )
    home = next((event.thread for event in host if event.name == STEP), None)
    found: list[Operator] = []
    open_in: dict[int, list[int]] = {}
    for event in host:
        for stack in open_in.values():
            while stack and found[stack[-1]].end_ns <= event.begin_ns:
                stack.pop()
        stack = open_in.setdefault(event.thread, [])
        index = len(found)
        parent = stack[-1] if stack else None
        one = Operator(event.name, event.begin_ns, event.end_ns, event.thread, event.id, parent)
        if parent is not None and event.name != STEP:
            one.end_ns = min(one.end_ns, found[parent].end_ns)
        around = stack or open_in.get(home, [])
        one.scope = index if one.is_scope else found[around[-1]].scope if around else None
        found.append(one)
        stack.append(index)
    return found


def launched(events: Iterable[Event], operators: list[Operator]) -> list[KernelSpan]:
    """The device's events in the order in which they began."""
    launchers = {operator.id: index for index, operator in enumerate(operators) if operator.id}
    spans = [
        KernelSpan(event.name, event.begin_ns, event.end_ns, launchers.get(event.launched_by))
        for event in events
        if event.on_device
    ]
    return sorted(spans, key=lambda span: (span.begin_ns, span.end_ns))
