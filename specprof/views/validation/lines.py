"""The table of predicted against real speedup, and where the difference went."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.text import Text

from specprof.analysis.validation.peers import peer_results
from specprof.analysis.validation.results import BOUND, Gap, Result
from specprof.plan.plan import Row
from specprof.run.record import RunRecord
from specprof.views.decision.lines import Pen, Word
from specprof.views.glyphs import Glyphs
from specprof.views.palette import Palette
from specprof.views.quantities import number, percent, plus_minus
from specprof.views.validation.peers import PEER_HEADER, peer_line, peer_notes

HEADER = (
    "K", "acceptance", "predicted", "real", "±", "difference", "its 95 % interval", "E asked", "E real", "n",
)  # fmt: skip
GAP_HEADER = ("K", "acceptance", "plain step", "verify", "draft", "accept", "keep", "host")
MOST_EXPLAINED = 6
LEAST_SPREAD = 0.05
"""Rows of raggedness below which there is none to speak of."""


def validation_lines(
    record: RunRecord,
    results: Sequence[Result],
    width: int,
    palette: Palette,
    glyphs: Glyphs,
    rows: Sequence[Row] | None = None,
) -> list[Text]:
    """Lines of at most `width` columns; none where nothing was to be decoded. `results` are the record's."""
    validation = record.plan.validation
    if validation is None:
        return []
    pen = Pen(width, palette, glyphs)
    pen.heading("Simulated against real decoding")
    for row in record.plan.rows() if rows is None else rows:
        found = [result for result in results if result.row == row]
        if not found:
            pen.say(f"{_place(row)}: nothing was decoded to the end of a round", "muted")
            continue
        pen.say(f"{_place(row)}, {validation.tokens} tokens of each sequence a block", "accent")
        pen.table(HEADER, [_line(one) for one in found], left=(1,))
        pen.say("")
        pen.say("What each part makes of the real speedup beside the simulated one", "text")
        pen.table(GAP_HEADER, [_gap_line(one) for one in found], left=(1,))
        _verdict(found, pen)
        _peers(record, row, pen)
    for decoding in record.validation:
        if decoding.failed is not None and (rows is None or decoding.row in rows):
            what = "plain" if decoding.setting is None else validation.settings[decoding.setting].name
            what += "" if decoding.by == "specprof" else f" by {decoding.by}"
            pen.say(f"{_place(decoding.row)}, {what}: failed, {decoding.failed}", "bad")
    _notes(record, results, pen)
    return pen.lines


def _peers(record: RunRecord, row: Row, pen: Pen) -> None:
    found = [result for result in peer_results(record) if result.row == row]
    if not found:
        return
    pen.say("")
    pen.say("Beside transformers' own generate: same model, prompt and rounds", "text")
    pen.table(PEER_HEADER, [peer_line(one) for one in found], left=(1,))
    for words, role in peer_notes(record, found):
        pen.say(words, role)


def _place(row: Row) -> str:
    return f"batch {row.batch_size}, seq_len {row.seq_len}"


def _line(one: Result) -> list[Word]:
    asked = one.setting.expected_tokens()
    error = "±" + number(one.realised_error, 2) if math.isfinite(one.realised_error) else ""
    return [
        (str(one.setting.candidates), "text"),
        (one.setting.name, "accent"),
        (f"{number(one.predicted.median, 3)}×", "text"),
        (f"{number(one.real.median, 3)}×", "text"),
        (plus_minus(*one.real), "muted"),
        (signed(one.error.median), "good" if one.within_bound else "warn"),
        (f"{signed(one.error.low)} to {signed(one.error.high)}", "muted"),
        ("" if asked is None else number(asked, 2), "muted"),
        (f"{number(one.realised, 2)} {error}", "text"),
        (str(one.rounds), "muted"),
    ]


def _gap_line(one: Result) -> list[Word]:
    cells: list[Word] = [(str(one.setting.candidates), "text"), (one.setting.name, "accent")]
    return [*cells, *((signed(math.expm1(part)), "text") for part in one.gap)]


def signed(share: float) -> str:
    """`+1.2 %`, `−0.4 %`."""
    if not math.isfinite(share):
        return "?"
    if abs(share) < 0.0005:
        return "0.0 %"
    return f"{'+' if share > 0 else '−'}{abs(share) * 100:.1f} %"


def _verdict(found: Sequence[Result], pen: Pen) -> None:
    within = sum(one.within_bound for one in found)
    words = f"{within} of {len(found)} settings lie within {percent(BOUND)} of the prediction"
    pen.say(words, "good" if within == len(found) else "warn", bold=True)
    beyond = sorted((one for one in found if not one.within_bound), key=lambda one: -abs(one.error.median))
    for one in beyond[:MOST_EXPLAINED]:
        known = "" if one.sure else ", which its interval does not make sure"
        words = f"K = {one.setting.candidates}, {one.setting.name}: {signed(one.error.median)}{known}; "
        pen.say(words + most_of(one.gap), "muted")
    if len(beyond) > MOST_EXPLAINED:
        pen.say(f"… and {len(beyond) - MOST_EXPLAINED} more, see the table", "muted")


def most_of(gap: Gap) -> str:
    """The two largest parts of a difference, in words."""
    named = {
        "baseline": "plain decoding beside T(1)",
        "verify": "the verify step in the loop beside T(K)",
        "draft": "drafting",
        "accept": "acceptance",
        "keep": "moving the cache's rows",
        "host": "what lies between the parts",
    }
    largest = sorted(gap._asdict().items(), key=lambda item: -abs(item[1]))[:2]
    return "mostly " + " and ".join(f"{named[name]} ({signed(math.expm1(part))})" for name, part in largest)


def _notes(record: RunRecord, results: Sequence[Result], pen: Pen) -> None:
    validation = record.plan.validation
    assert validation is not None
    if not results:
        return
    compared = [one.unequal for one in results if one.unequal is not None]
    if compared:
        tokens = sum(one.tokens for one in results if one.unequal is not None)
        unequal = sum(compared)
        if unequal:
            words = f"{unequal} of {tokens} tokens are not those of plain greedy decoding"
            near = record.plan.dtype != "float32"
            more = f": in {record.plan.dtype} near ties fall either way" if near else ""
            pen.say(words + more, "warn" if near else "bad")
        else:
            pen.say(f"all {tokens} tokens are those of plain greedy decoding", "good")
    spread = max(one.spread_rows for one in results)
    if spread > LEAST_SPREAD:
        words = f"ragged prefixes: the longest of a batch was up to {spread:.1f} rows ahead of the mean, and "
        pen.say(words + "every sequence's step reads as far as the longest reaches", "muted")
    for one in results:
        if one.plain_share > 0:
            words = f"K = {one.setting.candidates}, {one.setting.name}: nothing to draft in "
            pen.say(words + f"{percent(one.plain_share)} of the steps, which are plain then", "muted")
    suspended = sum(one.suspended for one in results)
    if suspended:
        pen.say(f"{suspended} blocks are left out: the process stood still in them", "warn")
    who = {
        "none": "nothing drafts: candidates are random tokens, and which are right is drawn by chance",
        "own": "drafted is the target's own continuation, corrupted by chance",
    }.get(validation.drafts.kind, f"drafted by {validation.drafts.text}, whose time is in the prediction")
    if validation.verdict == "sampled":
        who += f"; sampled at temperature {validation.temperature:g}, plainly and speculatively"
    pen.say(f"{who[0].upper()}{who[1:]}. Predicted = E real / (T(K)/T(1)), of the same rounds.", "muted")
    pen.say("The parts multiply to real over simulated; keep moves accepted rows of the cache.", "muted")
