"""specprof's decoding beside transformers' own generation: the same model, prompt and rounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from specprof.analysis.validation.middle import Mean, MiddleRounds
from specprof.plan.plan import Row
from specprof.plan.validation import Setting, Way
from specprof.run.decoding import Block, DecodingRecord, together
from specprof.run.record import RunRecord


@dataclass(frozen=True)
class PeerResult:
    """One way to decode at one row, by both. Times are ms per token, paired by their rounds."""

    row: Row
    setting: Setting | None
    """None is plain decoding."""
    rounds: int
    """That both have."""
    own_ms: Mean
    peer_ms: Mean
    ratio: Mean
    """Ours over theirs: below 1 ours is the faster."""
    own_tokens_per_step: float
    peer_tokens_per_step: float
    unequal: int | None
    """Of their tokens, those that our plain greedy decoding did not say; None where it was not compared."""


@np.errstate(all="ignore")  # times next to nothing, of a file from elsewhere: what they come to is not finite
def peer_results(record: RunRecord) -> list[PeerResult]:
    """All that both decoded in some round, in the plan's order."""
    validation = record.plan.validation
    if validation is None:
        return []
    by_place = {(one.row, one.way): one for one in record.validation}
    found = []
    for one in record.validation:
        if one.by != "transformers":
            continue
        own = by_place.get((one.row, Way(one.setting)))
        setting = None if one.setting is None else validation.settings[one.setting]
        result = None if own is None else _result(own, one, setting)
        if result is not None:
            found.append(result)
    return found


def _result(own: DecodingRecord, peer: DecodingRecord, setting: Setting | None) -> PeerResult | None:
    ours, theirs = own.by_round(), peer.by_round()
    rounds = sorted(ours.keys() & theirs.keys())
    if not rounds:
        return None
    own_blocks, peer_blocks = [ours[r] for r in rounds], [theirs[r] for r in rounds]
    own_log, peer_log = (
        np.log([block.total_ms / block.tokens for block in blocks]) for blocks in (own_blocks, peer_blocks)
    )
    ratio = own_log - peer_log
    middle = MiddleRounds(ratio)
    return PeerResult(
        row=own.row,
        setting=setting,
        rounds=len(rounds),
        own_ms=middle.mean(own_log),
        peer_ms=middle.mean(peer_log),
        ratio=middle.mean(ratio),
        own_tokens_per_step=_tokens_per_step(own_blocks),
        peer_tokens_per_step=_tokens_per_step(peer_blocks),
        unequal=together([block.unequal for block in peer_blocks]),
    )


def _tokens_per_step(blocks: list[Block]) -> float:
    return sum(block.tokens for block in blocks) / sum(sum(block.accepted) for block in blocks)
