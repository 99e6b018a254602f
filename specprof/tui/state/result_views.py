"""The views of the results: five quantities as curves, and four that are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["curves", "table", "findings", "environment", "schedule"]


@dataclass(frozen=True)
class View:
    kind: Kind
    names: tuple[str, str, str]
    """For a wide, a narrow and the narrowest terminal."""
    quantity: str = ""
    """What is drawn, where that is a quantity."""
    about: str = ""


VIEWS = (
    View("curves", ("Speedup", "Speedup", "Speed"), "speedup", "speedup over one candidate"),
    View("curves", ("Overhead", "Overhead", "Over"), "overhead", "overhead T(K)/T(1)"),
    View("curves", ("Latency", "Latency", "Lat"), "latency", "latency of a verify step"),
    View("curves", ("Tokens/s", "Tok/s", "Tok"), "tokens", "tokens a second under the acceptance model"),
    View("curves", ("Bandwidth", "Bandw", "Bw"), "bandwidth", "share of the memory bandwidth's floor"),
    View("table", ("Table", "Table", "Tab"), "", "every cell, to sort"),
    View("findings", ("Findings", "Findings", "Find"), "", "all findings, with what they rest on"),
    View("environment", ("Environment", "Env", "Env"), "", "all that was recorded"),
    View("schedule", ("Schedule", "Sched", "Sch"), "", "best K everywhere, and what would change it"),
)
