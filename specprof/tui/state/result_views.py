"""The views of the results: five quantities as curves, and five that are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from specprof.run.record import RunRecord

Kind = Literal["curves", "table", "findings", "environment", "schedule", "breakdown", "validation"]


@dataclass(frozen=True)
class View:
    kind: Kind
    names: tuple[str, str, str, str]
    """For a wide, a narrower, a narrow and the narrowest terminal."""
    quantity: str = ""
    """What is drawn, where that is a quantity."""
    about: str = ""


VIEWS = (
    View("curves", ("Speedup", "Speedup", "Speed", "Spd"), "speedup", "speedup over one candidate"),
    View("curves", ("Overhead", "Overhead", "Over", "Ovh"), "overhead", "overhead T(K)/T(1)"),
    View("curves", ("Latency", "Latency", "Lat", "Lat"), "latency", "latency of a verify step"),
    View("curves", ("Tokens/s", "Tok/s", "Tok", "Tok"), "tokens", "tokens a second under the model"),
    View("curves", ("Floor", "Floor", "Floor", "Fl"), "floor", "the least it could take over its time"),
    View("table", ("Table", "Table", "Tab", "Tab"), "", "every cell, to sort"),
    View("findings", ("Findings", "Findings", "Find", "Fnd"), "", "all findings, with what they rest on"),
    View("environment", ("Environment", "Env", "Env", "Env"), "", "all that was recorded"),
    View("schedule", ("Schedule", "Sched", "Sched", "Sch"), "", "best K everywhere, what would change it"),
    View("breakdown", ("Breakdown", "Break", "Break", "Brk"), "", "where the time of a step goes"),
)
"""In the order of their keys, 1 to 9 and 0."""


VALIDATION = View(
    "validation", ("Validate", "Valid", "Valid", "Val"), "", "predicted curves, and what decoding came to"
)


def views_of(record: RunRecord) -> tuple[View, ...]:
    """The views of a run. One that decodes is never profiled: its last view is what decoding came to."""
    return VIEWS if record.plan.validation is None else (*VIEWS[:-1], VALIDATION)


def key_of(index: int) -> str:
    """The digit that shows the view at `index`."""
    return f"{(index + 1) % 10}"
