"""Predicted against real speedup, setting by setting, and where the difference went.

One step of speculative decoding yields E tokens and takes as long as plain decoding of q tokens: the real
speedup is E/q. The simulation says E / (T(K)/T(1)); where a drafter had nothing to propose the step is one of
K = 1, and T(K) stands for the mean of both. Both are taken with the acceptance that was realised, so
chance in what was accepted is no error of the simulation. All times are paired by their rounds, and all that
is said of a setting comes of the same middle rounds (see middle.py), so that it multiplies to each other.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from specprof.analysis.validation.middle import Mean, MiddleRounds
from specprof.plan.plan import Cell, Row
from specprof.plan.validation import Setting
from specprof.run.cell_record import CellRecord
from specprof.run.decoding import Block, DecodingRecord, together
from specprof.run.record import RunRecord
from specprof.run.statistics import Vector

BOUND = 0.05
"""The difference that the simulation is held to."""


class Gap(NamedTuple):
    """What each part makes of real over simulated speedup, as the logarithm of a factor: they add up.

    `baseline` is plain decoding beside T(1), `verify` the target's forward beside T(K); the others are what
    a step takes on top of that: `draft`, `accept` (argmax, its way to the host, which candidates stand),
    `keep` (moving the cache's rows) and `host` (what lies between).
    """

    baseline: float
    verify: float
    draft: float
    accept: float
    keep: float
    host: float

    @property
    def together(self) -> float:
        return sum(self)


@dataclass(frozen=True)
class Result:
    """One setting at one row."""

    row: Row
    setting: Setting
    tokens: int
    """Decoded with it, of all sequences."""
    steps: int
    """Of single sequences."""
    rounds: int
    """That have plain decoding, this setting and both cells."""
    realised: float
    """Tokens per step of a sequence."""
    realised_error: float
    """Standard error of that, as independent steps have it."""
    simulated: Mean
    """E(K) / (T(K)/T(1)) with the realised E."""
    predicted: Mean
    """The same with the drafting that was measured: where nothing drafts it is the simulated one."""
    real: Mean
    error: Mean
    """real/predicted − 1."""
    gap: Gap
    spread_rows: float
    """By how many rows the longest prefix of the batch was ahead of the mean."""
    plain_share: float
    """Of the steps, those for which the drafter had no candidates."""
    unequal: int | None
    """Tokens that plain greedy decoding would not have said; None where it was not compared."""
    suspended: int
    """Blocks left out because the process stood still."""

    @property
    def within_bound(self) -> bool:
        return abs(self.error.mean) <= BOUND

    @property
    def sure(self) -> bool:
        """Whether the whole interval of the error lies on one side of the bound."""
        inside = self.error.low >= -BOUND and self.error.high <= BOUND
        return inside or self.error.low > BOUND or self.error.high < -BOUND


@np.errstate(all="ignore")  # times next to nothing, of a file from elsewhere: what they come to is not finite
def validation_results(record: RunRecord) -> list[Result]:
    """All settings that have a round with everything in it, in the plan's order."""
    validation = record.plan.validation
    if validation is None:
        return []
    timed = {cell.cell: _by_round(cell) for cell in record.cells}
    own = [one for one in record.validation if one.by == "specprof"]
    plain = {one.row: one.by_round() for one in own if one.setting is None}
    found = []
    for one in own:
        if one.setting is None or one.row not in plain:
            continue
        setting = validation.settings[one.setting]
        one_ms, several_ms = (timed.get(Cell(*one.row, k), {}) for k in (1, setting.candidates))
        result = _result(one, setting, plain[one.row], one_ms, several_ms)
        if result is not None:
            found.append(result)
    return found


def _result(
    decoding: DecodingRecord,
    setting: Setting,
    plains: dict[int, Block],
    one: dict[int, float],
    several: dict[int, float],
) -> Result | None:
    """`plains` are blocks, `one` and `several` T(1) and T(K) in ms, each by their rounds."""
    blocks = decoding.by_round()
    rounds = sorted(blocks.keys() & plains.keys() & one.keys() & several.keys())
    if not rounds:
        return None
    steps = sum(sum(blocks[r].accepted) for r in rounds)
    tokens = sum(blocks[r].tokens for r in rounds)
    realised = tokens / steps
    plain_ms = np.array([plains[r].step_ms for r in rounds])
    step_ms = np.array([blocks[r].step_ms for r in rounds])
    one_ms, full_ms = np.array([one[r] for r in rounds]), np.array([several[r] for r in rounds])
    alone = np.array([blocks[r].plain_steps / blocks[r].steps for r in rounds])
    several_ms = alone * one_ms + (1 - alone) * full_ms
    draft_ms = _part_ms([blocks[r] for r in rounds], "draft")
    drafted = draft_ms if _drafting_counts(draft_ms, several_ms) else np.zeros_like(draft_ms)
    # logarithms of each round's factor
    simulated = np.log(one_ms / several_ms)
    predicted = np.log(one_ms / (several_ms + drafted))
    real = np.log(plain_ms / step_ms)
    difference = real - predicted
    middle = MiddleRounds(difference)
    return Result(
        row=decoding.row,
        setting=setting,
        tokens=tokens,
        steps=steps,
        rounds=len(rounds),
        realised=realised,
        realised_error=_standard_error([blocks[r] for r in rounds], realised),
        simulated=middle.mean(simulated).scaled(realised),
        predicted=middle.mean(predicted).scaled(realised),
        real=middle.mean(real).scaled(realised),
        error=middle.mean(difference).less_one(),
        gap=_gap([blocks[r] for r in rounds], middle, np.log(plain_ms / one_ms), several_ms),
        spread_rows=float(np.mean([blocks[r].spread_rows for r in rounds])),
        plain_share=sum(blocks[r].plain_steps for r in rounds) / sum(blocks[r].steps for r in rounds),
        unequal=together([blocks[r].unequal for r in rounds]),
        suspended=sum(block.suspended for block in decoding.blocks),
    )


def _drafting_counts(draft_ms: Vector, verify_ms: Vector) -> bool:
    """Whether drafting takes time to speak of: more than a hundredth of the verify step."""
    return float(np.median(draft_ms / verify_ms)) > 0.01


def _by_round(cell: CellRecord) -> dict[int, float]:
    """Median of a cell's samples in each round, ms, those of interrupted rounds left out."""
    if cell.measured_ms is None:
        return {}
    several: dict[int, list[float]] = defaultdict(list)
    for ms, number in zip(cell.measured_ms.samples, cell.measured_ms.rounds, strict=True):
        several[number].append(ms)
    gone = set(cell.suspended_rounds)
    return {number: float(np.median(ms)) for number, ms in several.items() if number not in gone}


def _gap(blocks: list[Block], middle: MiddleRounds, baseline: Vector, several_ms: Vector) -> Gap:
    """Of the same rounds as the difference. `baseline` is the logarithm of plain decoding over T(1)."""
    verify = _part_ms(blocks, "verify")
    step = np.array([block.step_ms for block in blocks])
    verify = np.minimum(np.maximum(verify, 1e-9), step)
    beyond = step - verify
    # a logarithm of a sum has no parts of its own: it is shared out by their sizes
    rate = np.where(beyond > 0, -np.log(step / verify) / beyond, 0.0)

    def of(part: Vector) -> float:
        return middle.log_mean(part * rate)

    parts = {name: _part_ms(blocks, name) for name in ("draft", "accept", "keep")}
    host = np.maximum(0.0, beyond - sum(parts.values()))
    return Gap(
        baseline=middle.log_mean(baseline),
        verify=middle.log_mean(-np.log(verify / several_ms)),
        **{name: of(part) for name, part in parts.items()},
        host=of(host),
    )


def _part_ms(blocks: list[Block], name: str) -> Vector:
    """What a step of each block took of a part, ms; 0 where the loop did not tell."""
    return np.array([getattr(block.parts, name, 0.0) / block.steps for block in blocks])


def _standard_error(blocks: list[Block], mean: float) -> float:
    """Of the mean tokens per step, over independent steps."""
    counts: dict[int, int] = defaultdict(int)
    for block in blocks:
        for drafts, count in enumerate(block.accepted):
            counts[drafts + 1] += count
    steps = sum(counts.values())
    if steps < 2:
        return math.inf
    spread = sum(count * (tokens - mean) ** 2 for tokens, count in counts.items()) / (steps - 1)
    return math.sqrt(spread / steps)
