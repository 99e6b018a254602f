"""The schedule in full: every row's choice, one K for all and what it loses, one K per batch size."""

from __future__ import annotations

import math

from rich.text import Text

from specprof.analysis.findings.words import listed, percent, times, with_bounds
from specprof.analysis.schedule import BatchRange, Choice, Schedule
from specprof.views.decision.lines import Pen, Word
from specprof.views.glyphs import Glyphs
from specprof.views.palette import Palette


def schedule_lines(schedule: Schedule, width: int, palette: Palette, glyphs: Glyphs) -> list[Text]:
    """A line per batch size and sequence length, then what follows for a server."""
    pen = Pen(width, palette, glyphs)
    pen.heading("Schedule")
    losses = zip(schedule.choices, schedule.one_for_all_loss, strict=True)
    single = f"{schedule.one_for_all}" if schedule.one_for_all > 1 else "off"
    header = ("batch", "seq_len", "K", "speedup", f"{single} loses", "break-even α", "as good")
    pen.table(header, [_row(choice, loss) for choice, loss in losses], left=(6,))
    off = "off: no count is clearly faster than plain decoding, the highest is named. "
    pen.say(
        "K counts the root: K candidates are K − 1 drafts. "
        + (off if any(not choice.pays for choice in schedule.choices) else "")
        + "Break-even α: what share of a chain's drafts must be accepted, each after the one before, for "
        "some K to pay.",
        "muted",
    )
    pen.say("")
    pen.say(one_for_all_words(schedule))
    lengths = schedule.seq_lens
    pen.say(per_batch_words(schedule.by_batch(), lengths[0] if len(lengths) == 1 else None))
    for choice in schedule.choices:
        if choice.kept:
            pen.say(f"batch {choice.batch_size}, seq_len {choice.seq_len}: {choice.reason}", "muted")
    return pen.lines


def _row(choice: Choice, loss: float) -> list[Word]:
    others = [k for k in choice.as_good if k != choice.candidates]
    alpha = choice.break_even_alpha
    speedup: Word = (with_bounds(choice.speedup), "text")
    if choice.nearest is not None:
        count, reached = choice.nearest
        speedup = (f"{count}: {with_bounds(reached)}", "bad")
    return [
        (str(choice.batch_size), "text"),
        (str(choice.seq_len), "text"),
        (str(choice.candidates), "good") if choice.pays else ("off", "bad"),
        speedup,
        ("-" if math.isnan(loss) else percent(loss), "muted" if not loss > 0 else "warn"),
        ("never" if alpha is None else f"{alpha:.2f}", "text"),
        (", ".join(map(str, others)), "muted"),
    ]


def one_for_all_words(schedule: Schedule) -> str:
    """`One K for all: 32, which loses 3.1 % on average and at most 9.0 % (batch 4, seq_len 8192).`"""
    worst = max(range(len(schedule.choices)), key=lambda i: _known(schedule.one_for_all_loss[i]))
    losses = [_known(loss) for loss in schedule.one_for_all_loss]
    single = f"{schedule.one_for_all}" if schedule.one_for_all > 1 else "1, no speculation"
    if not any(losses):
        return f"One K for all: {single}; nothing is lost by it."
    where = schedule.choices[worst]
    return (
        f"One K for all: {single}; it loses {percent(sum(losses) / len(losses))} on average and at most "
        f"{percent(losses[worst])} (batch {where.batch_size}, seq_len {where.seq_len}: "
        f"{times(where.speedup.median)} with {where.candidates})."
    )


def _known(loss: float) -> float:
    return 0.0 if math.isnan(loss) else loss


def per_batch_words(ranges: tuple[BatchRange, ...], seq_len: int | None = None) -> str:
    """`One K per batch size, over all lengths: 32 at batch 1, off from batch 2 on (measured at …).`

    `seq_len`: the only length there is.
    """
    lengths = "over all lengths" if seq_len is None else f"at seq_len {seq_len}"
    parts = [f"{one.candidates if one.candidates > 1 else 'off'} {_at(one)}" for one in ranges]
    if sum(len(one.measured_at) for one in ranges) == 1:
        (size,) = (size for one in ranges for size in one.measured_at)
        k = ranges[0].candidates
        return (
            f"At batch {size}, {lengths}: {k if k > 1 else 'no speculation'}. "
            "Other batch sizes were not measured."
        )
    measured = [size for one in ranges for size in one.measured_at]
    return (
        f"One K per batch size, {lengths}: {listed(parts, 20)} "
        f"(measured at batch {listed(measured, 20)}; nothing is known beyond)."
    )


def _at(one: BatchRange) -> str:
    if one.last is None:
        return f"from batch {one.first} on" if one.first > 1 else "at every batch size"
    return f"at batch {one.first}" if one.first == one.last else f"at batch {one.first} to {one.last}"
