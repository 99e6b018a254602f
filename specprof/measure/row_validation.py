"""Real decoding in one row: blocks of plain decoding and one of each setting, round after round."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch

from specprof.measure import capacity
from specprof.measure.bench import Bench, CancelledByUser
from specprof.measure.decoding.candidates import Candidates
from specprof.measure.decoding.decoder import Decoder, StepResult
from specprof.measure.decoding.drafts.build import build_drafts
from specprof.measure.decoding.drafts.drafts import Drafts
from specprof.measure.decoding.loop import (
    Decoded,
    decode_plainly,
    decode_speculatively,
    most_likely,
    sampling,
)
from specprof.measure.decoding.peer_block import peer_block
from specprof.measure.decoding.stopwatch import stopwatch_for
from specprof.measure.decoding.verdicts import Drawn, Greedy, Sampled, Verdict
from specprof.measure.decoding.workload import decoder_of
from specprof.plan.plan import Row
from specprof.plan.validation import Way
from specprof.run import events as ev
from specprof.run.decoding import Block, pooled
from specprof.run.statistics import median_estimate

PLAIN = Way()
PLAIN_MAX_BLOCKS = 5


class RowValidation:
    """`order` names the ways to decode. Whatever fails is left out from then on, and said."""

    def __init__(self, bench: Bench, row: Row, without: Sequence[Way]) -> None:
        self.bench = bench
        self.row = row
        self.plan = bench.plan.validation
        self.order: list[Way] = []
        self.blocks: dict[Way, list[Block]] = {}
        self._without = set(without)
        self._decoder: Decoder | None = None
        self._drafts: dict[int, Drafts] = {}
        self._prompt: torch.Tensor | None = None
        self._last: StepResult | None = None
        self._roots: list[int] = []
        self._truth: list[list[int]] = []
        """The target's greedy continuation of each sequence, where it is drafted from or compared with."""

    def open(self) -> None:
        """The decoder over the row's cache, what drafts for it, and one block of each that does not count."""
        if self.plan is None or PLAIN in self._without:
            return
        decoder = self._decoder = decoder_of(self.bench)
        size = (self.row.batch_size, self.plan.start(self.row.seq_len))
        vocab = self.bench.plan.model.vocab_size
        generator = self.bench.workload.generator
        self._prompt = torch.randint(0, vocab, size, generator=generator, device=self.bench.device)
        decoder.reset(0)
        self._last = decoder.prefill(self._prompt)
        self._roots = self._last.logits[:, -1].argmax(-1).tolist()
        ways = self.plan.ways(self.row.batch_size)
        if self.plan.verdict == "greedy":
            self._truth = self._continued(self.plan.tokens * 2 + self.bench.plan.candidates[-1])
        elif any(way.by == "transformers" for way in ways):
            self._truth = self._continued(self.plan.tokens)
        for way in ways:
            if way not in self._without and self._fits(way):
                self.blocks[way] = []
                self.order.append(way)
        self.warm_up()

    def _fits(self, way: Way) -> bool:
        """Whether there is room for it; where there is none it goes without, and that is said."""
        why = capacity.why_not_decoded(self.bench.plan, self.row, way, self.bench.device)
        if why is not None:
            self._say(ev.DecodingFailed, way, reason=why)
        return why is None

    def close(self) -> None:
        self.order = []
        self._decoder = self._prompt = self._last = None
        self._drafts.clear()

    def warm_up(self) -> None:
        """A block of each again: the steps to come are cold."""
        for way in list(self.order):
            self._warm_up(way)

    def take(self, way: Way, round_number: int) -> None:
        """One block of this round. Raises CancelledByUser."""
        if way not in self.order:
            return
        began = self.bench.suspension.begin()
        decoded = self._decoded(way, round_number)
        if decoded is None:
            return
        unequal = self._unequal(decoded) if self._comparable(way) else None
        block = decoded.block(
            round_number, suspended=self.bench.suspension.since(began, None), unequal=unequal
        )
        self.blocks[way].append(block)
        self._say(ev.BlockDecoded, way, block=block)

    @property
    def turns(self) -> list[Way]:
        """The blocks of a round: one of each way, of plain decoding about the square root of how many are
        compared with it (Dunnett, JASA 50, 1955: one control beside several treatments)."""
        compared = sum(way.by == "specprof" for way in self.order) - 1
        plain = min(PLAIN_MAX_BLOCKS, round(math.sqrt(max(1, compared))))
        return [PLAIN] * (plain - 1) + self.order

    @property
    def converged(self) -> bool:
        """Whether the step of every other way is known against plain decoding as well as the plan wants."""
        rule = self.bench.plan.stopping
        plain = pooled(self.blocks.get(PLAIN, []))
        for way in self.order:
            if way == PLAIN:
                continue
            own = pooled(self.blocks[way])
            ratios = np.array([own[r].step_ms / plain[r].step_ms for r in own.keys() & plain.keys()])
            if len(ratios) < rule.min_samples:
                return False
            if median_estimate(ratios).relative_half_width > rule.target_ci:
                return False
        return True

    def _warm_up(self, way: Way) -> None:
        decoded = self._decoded(way, -1)
        if decoded is not None:
            self._say(ev.DecodingWarmedUp, way, total_ms=decoded.total_ms)

    def _decoded(self, way: Way, round_number: int) -> Decoded | None:
        """A block, or None after it failed and was taken out."""
        self._say(ev.DecodingStarted, way)
        try:
            return self._block(way, round_number)
        except CancelledByUser:
            raise
        except (RuntimeError, MemoryError) as error:
            said = str(error).splitlines()[0] if str(error) else type(error).__name__
            why = f"out of memory: {said}" if capacity.is_out_of_memory(error) else said
        capacity.release(self.bench.device)
        self.order.remove(way)
        if way.setting is not None and all(way.setting != other.setting for other in self.order):
            self._drafts.pop(way.setting, None)
        self._say(ev.DecodingFailed, way, reason=why[:1000])
        if way == PLAIN:  # there is nothing left to compare with
            self.order.clear()
        return None

    def _block(self, way: Way, round_number: int) -> Decoded:
        if way.by == "transformers":
            return self._peers(way.setting)
        assert self.plan is not None
        assert self._decoder is not None
        decoder, watch, setting = self._decoder, stopwatch_for(self.bench.device), way.setting
        decoder.reset(self.plan.start(self.row.seq_len))
        go_on = self.bench.check_cancelled
        if setting is None:
            pick = most_likely
            if self.plan.verdict == "sampled":
                pick = sampling(self.plan.temperature, self.bench.workload.generator)
            return decode_plainly(decoder, self._roots, self.plan.tokens, watch, go_on, pick)
        candidates, drafts = self._drafting(setting)
        assert self._prompt is not None
        assert self._last is not None
        drafts.begin(self._prompt, self._last, self._roots)
        verdict = self._verdict(setting, round_number)
        return decode_speculatively(
            decoder, self._roots, self.plan.tokens, candidates, drafts, verdict, watch, go_on
        )

    def _peers(self, setting: int | None) -> Decoded:
        """transformers' own generation with the same prompt, model and drafts."""
        assert self.plan is not None
        assert self._decoder is not None
        assert self._prompt is not None
        self.bench.check_cancelled()
        drafts = None if setting is None else self._drafting(setting)[1]
        return peer_block(self._decoder, self._prompt, self.plan.tokens, drafts)

    def _verdict(self, setting: int, round_number: int) -> Verdict:
        assert self.plan is not None
        match self.plan.verdict:
            case "drawn":
                return Drawn(f"{self.bench.plan.seed}/{self.row}/{setting}/{round_number}")
            case "sampled":
                return Sampled(self.plan.temperature, self.bench.workload.generator)
            case "greedy":
                return Greedy()

    def _drafting(self, setting: int) -> tuple[Candidates, Drafts]:
        """The setting's candidates and what drafts them, built once."""
        assert self.plan is not None
        asked = self.plan.settings[setting]
        candidates = Candidates(asked.parents, asked.chances)
        drafts = self._drafts.get(setting)
        if drafts is None:
            drafts = build_drafts(self.bench, self.row, setting, candidates, self._truth)
            self._drafts[setting] = drafts
        return candidates, drafts

    def _continued(self, count: int) -> list[list[int]]:
        """The target's greedy continuation, as far as there is room for it."""
        assert self.plan is not None
        assert self._decoder is not None
        self._decoder.reset(self.plan.start(self.row.seq_len))
        count = min(count, self._decoder.rows - max(self._decoder.lengths) - 1)
        watch = stopwatch_for(self.bench.device)
        return decode_plainly(self._decoder, self._roots, count, watch, self.bench.check_cancelled).tokens

    def _comparable(self, way: Way) -> bool:
        """Whether what is decoded ought to be the target's greedy continuation."""
        assert self.plan is not None
        return bool(self._truth) and (self.plan.verdict == "greedy" or way.setting is None)

    def _unequal(self, decoded: Decoded) -> int:
        """Tokens that plain decoding would not have said."""
        return sum(
            own != wanted
            for tokens, truth in zip(decoded.tokens, self._truth, strict=True)
            for own, wanted in zip(tokens, truth, strict=False)
        )

    def _say(self, event: type[ev.DecodingEvent], way: Way, **fields: object) -> None:
        self.bench.speaker.say(event, **self.row._asdict(), **way._asdict(), **fields)
