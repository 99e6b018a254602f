"""What a stream has said of the draft pass, row by row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from specprof.plan.drafter import Drafter
from specprof.plan.plan import Row
from specprof.run import events as ev
from specprof.run.cell_record import MAX_SAMPLES, DraftRecord
from specprof.run.cell_state import Series, interval, measured_of
from specprof.run.statistics import Estimate
from specprof.run.verdict import Judgement


@dataclass
class DraftState:
    """The draft pass of one row so far."""

    series: Series = field(default_factory=Series)
    discarded_ms: list[float] = field(default_factory=list)
    suspended_rounds: set[int] = field(default_factory=set)
    failed: ev.DraftFailed | None = None

    def fault(self, event: ev.DraftEvent) -> str | None:
        """Why an event of it cannot be taken."""
        if isinstance(event, ev.DraftSampleTaken) and len(self.series.ms) >= MAX_SAMPLES:
            return f"more than {MAX_SAMPLES} draft passes at {_place(event.row)}"
        return None

    def take(self, event: ev.DraftEvent) -> None:
        match event:
            case ev.DraftWarmedUp():
                room = MAX_SAMPLES - len(self.discarded_ms)
                self.discarded_ms.extend(event.discarded_ms[:room])
            case ev.DraftSampleTaken():
                self.series.add(event.measured_ms, None, event.round, event.t_s)
                if event.suspended:
                    self.suspended_rounds.add(event.round)
            case ev.DraftFailed():
                self.failed = event
            case _:
                pass


def draft_record(
    drafter: Drafter,
    row: Row,
    state: DraftState,
    *,
    ratio: Estimate | None,
    judgement: Judgement | None,
    why_not: str,
) -> DraftRecord:
    """The record of one row's draft pass. `why_not` is said where nothing was sampled, nor did it fail."""
    fields: dict[str, Any] = {
        "drafter": drafter.text,
        "kind": drafter.kind,
        "depth": drafter.depth,
        "width": drafter.width,
        **row._asdict(),
    }
    if state.series.ms:
        fields |= {
            "pass_ms": measured_of(state.series),
            "discarded_ms": state.discarded_ms,
            "suspended_rounds": sorted(state.suspended_rounds),
        }
    if state.failed is not None:
        failed = state.failed
        return DraftRecord(**fields, verdict=failed.verdict, reasons=[failed.reason], failed_at_s=failed.t_s)
    if judgement is None:
        return DraftRecord(**fields, verdict="not_run", reasons=[why_not])
    return DraftRecord(
        **fields,
        ratio=interval(ratio) if ratio else None,
        verdict=judgement.verdict,
        reasons=list(judgement.reasons),
    )


def _place(row: Row) -> str:
    return f"batch {row.batch_size}, seq_len {row.seq_len}"
