"""The pauses of a run: when the user let the machine rest between two rounds."""

from __future__ import annotations

from collections.abc import Sequence

from specprof.run.record import MAX_PAUSES, PauseRecord
from specprof.run.telemetry import TelemetrySample


class Pauses:
    """`records` are in order, one after another; only the last one may be without an end."""

    def __init__(self) -> None:
        self.records: list[PauseRecord] = []

    @property
    def since_s(self) -> float | None:
        """When the pause began that the run is in; None where it is in none."""
        last = self.records[-1] if self.records else None
        return last.t_s if last is not None and last.until_s is None else None

    def begin(self, t_s: float) -> None:
        if self.since_s is None and len(self.records) < MAX_PAUSES:
            self.records.append(PauseRecord(t_s=t_s))

    def end(self, t_s: float) -> None:
        """Ends the pause that the run is in, if it is in one."""
        began_s = self.since_s
        if began_s is not None:
            self.records[-1] = PauseRecord(t_s=began_s, until_s=max(began_s, t_s))

    def between_s(self, start_s: float, end_s: float) -> float:
        """How much of a span of time was paused, s."""
        overlaps = (
            min(end_s, end_s if pause.until_s is None else pause.until_s) - max(start_s, pause.t_s)
            for pause in self.records
        )
        return sum(overlap for overlap in overlaps if overlap > 0)

    def without(self, readings: Sequence[TelemetrySample]) -> list[TelemetrySample]:
        """The readings taken outside of all pauses: what the machine did in them spoils no sample."""
        kept = list(readings)
        if not kept:
            return kept
        for pause in self.records:
            until_s = kept[-1].t_s if pause.until_s is None else pause.until_s
            if until_s > kept[0].t_s:
                kept = [one for one in kept if not pause.t_s < one.t_s <= until_s]
            if not kept:
                break
        return kept
