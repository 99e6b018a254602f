"""The answers of several acceptance models side by side, and how far each may be off."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from rich.text import Text

from specprof.analysis.acceptance import AcceptanceModel
from specprof.analysis.findings.words import percent, with_bounds
from specprof.analysis.sensitivity import Answer, Sensitivity
from specprof.views.decision.lines import Pen, Word
from specprof.views.glyphs import Glyphs
from specprof.views.palette import Palette

HEADER = ("batch", "seq_len", "acceptance", "K", "speedup", "E−1 may be off by")
_NOTHING_LEFT = 0.005
"""A gain times this reads as −100 %."""
_LARGEST = 10.0
"""Above +1000 % the digits say nothing."""


def sensitivity_lines(found: Sensitivity, width: int, palette: Palette, glyphs: Glyphs) -> list[Text]:
    """Each row's best K under each model, and the change of the gain E(K) − 1 that leaves it the best."""
    pen = Pen(width, palette, glyphs)
    pen.heading("What would change the answer")
    rows: list[list[Word]] = []
    names = _short_names(found.models)
    for row in found.rows:
        first = True
        for model, answer in zip(found.models, row.answers, strict=True):
            head = (str(row.batch_size), str(row.seq_len)) if first else ("", "")
            first = False
            cells = _answer(answer, differs=not row.agree)
            rows.append([(head[0], "text"), (head[1], "text"), (names[model], "accent"), *cells])
    pen.table(HEADER, rows, left=(2,))
    if any(_many(answer) for row in found.rows for answer in row.answers):
        pen.say(
            "?: highest median, but others, plain decoding among them or not, cannot be told apart from it.",
            "muted",
        )
    for model in found.models:
        pen.say(f"{model.text}: E(K) = {model.formula}; {model.source}", "muted")
    return pen.lines


def _short_names(models: Sequence[AcceptanceModel]) -> dict[AcceptanceModel, str]:
    """The name alone where no two models share it."""
    counts = Counter(model.name for model in models)
    return {model: model.name if counts[model.name] == 1 else model.text for model in models}


def _answer(answer: Answer | None, *, differs: bool) -> list[Word]:
    if answer is None:
        return [("-", "muted"), ("not known", "muted"), ("", "muted")]
    return [
        (f"{answer.candidates}{'?' if _many(answer) else ''}", "warn" if differs else "good"),
        (with_bounds(answer.speedup) if answer.candidates > 1 else "does not pay", "text"),
        (holds_words(answer.holds), "text"),
    ]


def _many(answer: Answer | None) -> bool:
    return answer is not None and len(answer.as_good) > 1


def holds_words(holds: tuple[float, float]) -> str:
    """`−20 % to +35 %`; `anything` where nothing changes the answer."""
    low, high = holds
    if low < _NOTHING_LEFT and math.isinf(high):
        return "anything"
    below = "−100 %" if low < _NOTHING_LEFT else f"−{percent(1 - low)}"
    above = f"+{percent(high - 1)}"
    if high - 1 > _LARGEST:
        above = "anything" if math.isinf(high) else f"over +{percent(_LARGEST)}"
    return f"{below} to {above}"
