"""What the doctor says of a device."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Level = Literal["good", "warning", "bad", "unknown"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    `bad` spoils a measurement, `warning` may; `unknown` could not be read, and `text` says why.
    `remedy` is in words, `command` what to type for it; specprof never runs it. Either may be empty.
    """

    check: str
    level: Level
    text: str
    remedy: str = ""
    command: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """The findings on one device. `device` is what --device takes; None where CUDA does not show it, or
    where it is not known which one it is."""

    kind: Literal["cuda", "cpu"]
    device: str | None
    name: str
    findings: tuple[Finding, ...]
    index: int | None = None
    """NVML's number of a GPU, which nvidia-smi takes too."""
    uuid: str | None = None
    memory_bytes: int | None = None
    free_bytes: int | None = None

    def count(self, level: Level) -> int:
        return sum(finding.level == level for finding in self.findings)

    @property
    def level(self) -> Level:
        """The worst of what was found; what could not be read spoils nothing."""
        if self.count("bad"):
            return "bad"
        return "warning" if self.count("warning") else "good"

    @property
    def verdict(self) -> str:
        """The whole in one sentence."""
        found = []
        if bad := self.count("bad"):
            found.append(f"{_things(bad)} would spoil a measurement")
        if warnings := self.count("warning"):
            found.append(f"{warnings} more may" if bad else f"{_things(warnings)} may spoil a measurement")
        said = ", ".join(found) or "ready to measure"
        unknown = self.count("unknown")
        return f"{said}; {_things(unknown)} could not be read" if unknown else said


def unknown(check: str, what: str, reasons: Iterable[str | None]) -> Finding:
    """`what` is the subject of a sentence. The first reason that is given is said."""
    reason = next(filter(None, reasons), "")
    return Finding(check, "unknown", f"{what} cannot be read" + (f": {reason}" if reason else ""))


def _things(count: int) -> str:
    return "1 thing" if count == 1 else f"{count} things"
