"""What a draft pass takes, row by row, where the run measured a drafter."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len
from rich.text import Text

from specprof.run.cell_record import DraftRecord, Interval
from specprof.run.record import RunRecord
from specprof.views.glyphs import Glyphs
from specprof.views.lines import wrap
from specprof.views.palette import Palette, Role
from specprof.views.quantities import decimals_for, number, percent

_TROUBLE: dict[str, Role] = {"invalid": "bad", "oom": "bad", "failed": "bad", "not_run": "muted"}


def draft_lines(record: RunRecord, width: int, palette: Palette, glyphs: Glyphs) -> list[Text]:
    """One line per row and what to be wary of below it; nothing where there is no drafter.

    draft pass, eagle:5, batch 1, seq_len 128: 1.234 ms [1.201, 1.267], 3.1 % of a verify step
    """
    found: list[Text] = []
    for draft in record.drafts:
        for index, (words, role) in enumerate(_said(draft)):
            indent = "  " if index else ""
            lines = wrap(glyphs.fit(words), max(1, width - cell_len(indent)))
            found += [Text(indent + line, palette.style(role)) for line in lines]
    if record.drafts:
        step = "K = 1 at full depth" + ("" if record.plan.model.full_depth else ", estimated")
        words = f"{_what_a_pass_is(record.drafts[0])}; the step compared with is {step}"
        lines = wrap(glyphs.fit(words), width)
        found += [Text(line, palette.style("muted")) for line in lines]
    return found


def _said(draft: DraftRecord) -> Iterator[tuple[str, Role]]:
    place = f"draft pass, {draft.drafter}, batch {draft.batch_size}, seq_len {draft.seq_len}: "
    if draft.ratio is None or draft.pass_ms is None:
        reasons = "; ".join(draft.reasons)
        what = draft.verdict.replace("_", " ") + (f", {reasons}" if reasons else "")
        yield place + what, _TROUBLE.get(draft.verdict, "warn")
        return
    yield f"{place}{_ms(draft.pass_ms)}, {percent(draft.ratio.median)} of a verify step", "text"
    if draft.verdict != "valid":
        yield f"{draft.verdict}: {'; '.join(draft.reasons)}", _TROUBLE.get(draft.verdict, "warn")


def _ms(measured: Interval) -> str:
    decimals = decimals_for([measured.median])
    low, high = number(measured.ci_low, decimals), number(measured.ci_high, decimals)
    return f"{number(measured.median, decimals)} ms [{low}, {high}]"


def _what_a_pass_is(draft: DraftRecord) -> str:
    match draft.kind:
        case "medusa":
            heads = "its head" if draft.depth == 1 else f"all {draft.depth} heads"
            return f"one pass runs {heads}; a verify step needs one"
        case "eagle":
            wide = "one token" if draft.width == 1 else f"{draft.width} tokens"
            return f"one pass drafts one depth, {wide} of each sequence; {_needs(draft.depth)}"
        case "llama":
            return f"one pass drafts one token of each sequence; {_needs(draft.depth)}"


def _needs(passes: int) -> str:
    """As it is counted: the acceptance model may say how deep its candidates go."""
    return f"a verify step needs as many as its candidates are deep, {passes} where that is not known"
