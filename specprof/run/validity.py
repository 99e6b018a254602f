"""Whether a whole run is to be believed, and why or why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from specprof.run.cell_record import CellRecord, Verdict
from specprof.run.clock_verdict import UNSEEN
from specprof.run.fields import Text
from specprof.run.reason_kinds import kind_of
from specprof.run.telemetry import TelemetrySource

RunVerdict = Literal["valid", "invalid", "unverified", "unfinished"]

BAD: dict[Verdict, str] = {"invalid": "invalid", "failed": "failed", "oom": "out of memory"}
"""Verdicts of cells that make their run invalid, and the words for them."""
KINDS_SHOWN = 3

_ENDS = {"cancelled": "the run was cancelled", "failed": "the run failed"}


class Validity(BaseModel):
    """Whether a run is to be believed. Warnings spoil nothing, and are counted among the reasons."""

    model_config = ConfigDict(frozen=True)

    verdict: RunVerdict
    reasons: list[Text] = Field(
        default_factory=list, max_length=64, description="The gravest first, with counts of cells"
    )


def validity_of(status: str, cells: Sequence[CellRecord], sources: Sequence[TelemetrySource]) -> Validity:
    """The validity of a run that ended with this status. `cells` are all that were planned."""
    invalid, unfinished = [*_fake(sources), *_bad(cells)], _unfinished(status, cells)
    if not (invalid or unfinished or any(cell.latency_ms for cell in cells)):
        invalid = ["no cell was measured"]
    unverified = _unverified(cells, sources)
    verdict: RunVerdict = (
        "invalid" if invalid else "unfinished" if unfinished else "unverified" if unverified else "valid"
    )
    return Validity(
        verdict=verdict,
        reasons=[*invalid, *unfinished, *unverified, *_not_run(cells), *_warned(cells)],
    )


def _fake(sources: Sequence[TelemetrySource]) -> list[str]:
    return ["telemetry is fake"] if any(source.source == "fake" for source in sources) else []


def _bad(cells: Sequence[CellRecord]) -> Iterator[str]:
    for verdict, words in BAD.items():
        found = _with(cells, verdict)
        if found:
            kinds = "" if verdict == "oom" else _kinds(found, first_only=True)
            yield f"{_counted(found, cells)} {words}{kinds}"


def _unfinished(status: str, cells: Sequence[CellRecord]) -> list[str]:
    if status == "complete":
        return []
    measured = sum(cell.latency_ms is not None for cell in cells)
    how = _ENDS.get(status, "the run did not come to its end")
    return [f"{how}: {measured} of {len(cells)} cell{_s(len(cells))} measured"]


def _unverified(cells: Sequence[CellRecord], sources: Sequence[TelemetrySource]) -> list[str]:
    """Cells of which nobody saw the clocks, with NVML's own reason where it gave none at all."""
    found, measured = _with(cells, "unverified"), [cell for cell in cells if cell.latency_ms is not None]
    if not found:
        return []
    if len(found) < len(measured):
        return [f"{_counted(found, cells)} unverified: {UNSEEN}"]
    why = next((one.reason for one in sources if one.source != "host" and one.reason), "")
    return [UNSEEN + (f": {why}" if why else "")]


def _not_run(cells: Sequence[CellRecord]) -> list[str]:
    """Cells given up; those that the run did not come to are told by its status."""
    found = [cell for cell in _with(cells, "not_run") if cell.reasons != ["not reached"]]
    return [f"{_counted(found, cells)} not run{_kinds(found, first_only=True)}"] if found else []


def _warned(cells: Sequence[CellRecord]) -> list[str]:
    found = _with(cells, "warn")
    said = "1 cell warns" if len(found) == 1 else f"{len(found)} cells warn"
    return [said + _kinds(found)] if found else []


def _with(cells: Sequence[CellRecord], verdict: Verdict) -> list[CellRecord]:
    return [cell for cell in cells if cell.verdict == verdict]


def _counted(found: Sequence[CellRecord], cells: Sequence[CellRecord]) -> str:
    return f"{len(found)} of {len(cells)} cell{_s(len(cells))}"


def _kinds(cells: Sequence[CellRecord], *, first_only: bool = False) -> str:
    """`: noisy`, or `: noisy (9), interrupted (1)` where there is more than one kind of reason."""
    said = (dict.fromkeys(map(kind_of, cell.reasons[:1] if first_only else cell.reasons)) for cell in cells)
    counts = Counter(kind for kinds in said for kind in kinds)
    if len(counts) < 2:
        return "".join(f": {kind}" for kind in counts)
    # one more is named rather than counted
    room = len(counts) if len(counts) == KINDS_SHOWN + 1 else KINDS_SHOWN
    shown = [f"{kind} ({count})" for kind, count in counts.most_common(room)]
    more = [f"{len(counts) - room} more kinds"] if len(counts) > room else []
    return f": {', '.join([*shown, *more])}"


def _s(count: int) -> str:
    return "" if count == 1 else "s"
