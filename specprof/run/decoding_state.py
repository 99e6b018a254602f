"""What a stream has said of real decoding, one setting at one row."""

from __future__ import annotations

from dataclasses import dataclass, field

from specprof.plan.plan import Plan, Row
from specprof.plan.validation import Way
from specprof.run import events as ev
from specprof.run.decoding import MAX_BLOCKS, Block, DecodingRecord

Place = tuple[Row, Way]


@dataclass
class DecodingState:
    """The blocks of one setting at one row so far."""

    blocks: list[Block] = field(default_factory=list)
    at_s: list[float] = field(default_factory=list)
    discarded_ms: list[float] = field(default_factory=list)
    failed: ev.DecodingFailed | None = None

    def take(self, event: ev.DecodingEvent) -> None:
        match event:
            case ev.DecodingWarmedUp():
                if len(self.discarded_ms) < MAX_BLOCKS:
                    self.discarded_ms.append(event.total_ms)
            case ev.BlockDecoded():
                self.blocks.append(event.block)
                self.at_s.append(event.t_s)
            case ev.DecodingFailed():
                self.failed = event
            case _:
                pass

    def record(self, place: Place) -> DecodingRecord:
        row, way = place
        return DecodingRecord(
            **row._asdict(),
            **way._asdict(),
            blocks=self.blocks,
            sampled_at_s=self.at_s,
            discarded_ms=self.discarded_ms,
            failed=self.failed.reason if self.failed else None,
            failed_at_s=self.failed.t_s if self.failed else None,
        )


class Decodings:
    """All that are planned, by their place."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.states: dict[Place, DecodingState] = {}
        if plan.validation is not None:
            for row in plan.rows():
                for way in plan.validation.ways(row.batch_size):
                    self.states[row, way] = DecodingState()

    def fault(self, event: ev.DecodingEvent) -> str | None:
        """Why an event cannot be one of this run."""
        state = self.states.get((event.row, event.way))
        if state is None:
            return "an event speaks of decoding that the plan does not hold"
        if not isinstance(event, ev.BlockDecoded):
            return None
        if len(state.blocks) >= MAX_BLOCKS:
            return f"more than {MAX_BLOCKS} blocks of one setting"
        return block_fault(self._plan, event.row, event.way, event.block)

    def take(self, event: ev.DecodingEvent) -> None:
        self.states[event.row, event.way].take(event)

    def records(self) -> list[DecodingRecord]:
        return [state.record(place) for place, state in self.states.items()]


def block_fault(plan: Plan, row: Row, way: Way, block: Block) -> str | None:
    """Why a block cannot be one of this setting."""
    assert plan.validation is not None
    deepest = 0 if way.setting is None else plan.validation.settings[way.setting].depth
    if len(block.accepted) > deepest + 1:
        return f"a block accepted {len(block.accepted) - 1} drafts of {deepest}"
    if block.sequences != row.batch_size:
        return f"a block of {block.sequences} sequences, in a row of {row.batch_size}"
    if (block.parts is None) != (way.by != "specprof"):
        return f"a block by {way.by}, {'without' if block.parts is None else 'with'} its parts"
    return None
