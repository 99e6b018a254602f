"""What a decision rests on: which run, which acceptance model, which draft cost."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text

from specprof.analysis.schedule import Schedule
from specprof.run.record import RunRecord
from specprof.views.decision.lines import Pen
from specprof.views.glyphs import Glyphs
from specprof.views.palette import Palette


def head_lines(
    record: RunRecord, schedule: Schedule, width: int, palette: Palette, glyphs: Glyphs
) -> list[Text]:
    """Model and device, then the assumptions that every speedup below is made under."""
    pen = Pen(width, palette, glyphs)
    pen.heading(_title(record))
    cost = schedule.draft.formula or "drafting costs nothing"
    pen.say(f"under E(K) = {schedule.acceptance.formula}; {cost}", "muted")
    if not record.plan.model.full_depth:
        model = record.plan.model
        pen.say(f"full depth estimated from {model.layers_measured} of {model.layers_total} layers", "muted")
    return pen.lines


def warning_lines(warnings: Iterable[str], width: int, palette: Palette, glyphs: Glyphs) -> list[Text]:
    """What opening the file had to say."""
    pen = Pen(width, palette, glyphs)
    for words in warnings:
        pen.say(f"warning: {words}", "warn")
    return pen.lines


def _title(record: RunRecord) -> str:
    title = record.plan.model.title
    if record.reference is not None:
        return f"{title}: a published figure"
    device = record.environment.device if record.environment is not None else None
    return title if device is None else f"{title} on {device.name} ({device.kind})"
