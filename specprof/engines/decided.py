"""What was decided for an engine: how many drafts at which batch sizes, and the sentences that say why."""

from __future__ import annotations

from dataclasses import dataclass

from specprof.analysis.findings.words import counted, listed, percent
from specprof.analysis.opened import Run
from specprof.analysis.schedule import BatchRange, Choice, Schedule
from specprof.engines.settings import DRAFT_MODEL, Asked
from specprof.errors import UsageProblem

LONG_CHAIN = 16
"""Drafts in one chain beyond which few drafters are of use."""


@dataclass(frozen=True)
class Decided:
    run: Run
    schedule: Schedule
    asked: Asked
    ranges: tuple[BatchRange, ...]
    """Without gaps from batch 1 on."""
    choices: tuple[Choice, ...]
    """The rows that they rest on."""

    @property
    def candidates(self) -> int:
        """The largest K of all ranges; 1 where speculation is off everywhere."""
        return max(one.candidates for one in self.ranges)

    @property
    def drafts(self) -> int:
        return self.candidates - 1

    @property
    def varies(self) -> bool:
        """Whether batch sizes differ in it."""
        return len(self.ranges) > 1

    @property
    def largest_measured(self) -> int:
        return max(choice.batch_size for choice in self.choices)


def decide(run: Run, schedule: Schedule, asked: Asked) -> Decided:
    """Raises UsageProblem where the batch size or sequence length asked for was not measured."""
    ranges = schedule.by_batch(asked.seq_len)
    choices = [c for c in schedule.choices if asked.seq_len in (None, c.seq_len)]
    if asked.batch_size is not None:
        choices = [c for c in choices if c.batch_size == asked.batch_size]
        if not choices:
            sizes = listed(schedule.batch_sizes, 9)
            raise UsageProblem(f"batch {asked.batch_size} was not measured", f"this run holds {sizes}")
        (here,) = (one for one in ranges if asked.batch_size in one.measured_at)
        ranges = (BatchRange(1, None, here.candidates, (asked.batch_size,)),)
    return Decided(run, schedule, asked, ranges, tuple(choices))


def reasons_for(decided: Decided, *, chain: bool) -> list[str]:
    """Why these numbers. `chain`: whether the engine verifies one chain of drafts and no tree."""
    run, schedule = decided.run, decided.schedule
    said = [f"batch {c.batch_size}, seq_len {c.seq_len}: {c.reason}" for c in decided.choices[:MOST_ROWS]]
    if len(decided.choices) > MOST_ROWS:
        said.append(f"and {len(decided.choices) - MOST_ROWS} more rows, see specprof schedule")
    said += _compromise(decided)
    cost = f"; {schedule.draft.formula}" if schedule.draft.formula else "; drafting is taken to cost nothing"
    said.append(f"acceptance: E(K) = {schedule.acceptance.formula} ({schedule.acceptance.source}){cost}")
    if decided.drafts and chain:
        said += _of_chains(decided)
    if decided.drafts and not decided.asked.draft_model and decided.asked.method != "ngram":
        said.append(f"put your draft model in place of {DRAFT_MODEL}, or name it with --draft-model")
    return [*said, *_basis(run)]


MOST_ROWS = 8


def _compromise(decided: Decided) -> list[str]:
    """Where one K stands for several sequence lengths that want others."""
    wanted = {(choice.batch_size, choice.candidates) for choice in decided.choices}
    if len(wanted) == len({size for size, _ in wanted}):
        return []
    return ["over the sequence lengths the K that loses least on average is taken; --seq-len chooses one"]


def _of_chains(decided: Decided) -> list[str]:
    said = []
    if decided.schedule.acceptance.name not in ("chain", "positions"):
        said.append(
            f"this engine verifies one chain of drafts, and {decided.schedule.acceptance.name} does not "
            "describe a chain: give --acceptance chain:alpha=… or positions:file=… of your own metrics"
        )
    if decided.drafts > LONG_CHAIN:
        said.append(
            f"{counted(decided.drafts, 'draft')} in one chain are more than most drafters are good for"
        )
    return said


def _basis(run: Run) -> list[str]:
    """What the numbers rest on, where that is not the user's own device at full depth."""
    if run.published:
        return ["read off a published figure: measure your own device with specprof run"]
    said = []
    environment = run.record.environment
    if environment is not None and environment.device.kind == "cpu":
        said.append(f"measured on a CPU ({environment.device.name}): a GPU has another best K")
    if run.estimated:
        model = run.record.plan.model
        said.append(f"full depth is estimated from {model.layers_measured} of {model.layers_total} layers")
    if run.record.status != "complete":
        said.append(f"this run is {run.record.status}: some cells may be missing")
    return said


def lost_words(decided: Decided) -> str:
    """What one K for all batch sizes would lose, for an engine that takes one only."""
    losses = [loss for loss in decided.schedule.one_for_all_loss if loss == loss]
    most = max(losses, default=0.0)
    single = decided.schedule.one_for_all
    return f"one K for all batch sizes is {single} and loses at most {percent(most)}"
