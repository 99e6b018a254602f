"""Predicted against real speedup, setting by setting, in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from specprof.analysis.validation.results import BOUND, Gap, Result
from specprof.plan.plan import Row
from specprof.run.record import RunRecord
from specprof.views.decision.lines import Word
from specprof.views.quantities import number, percent, plus_minus

TITLE = "Simulated against real decoding"
GAP_TITLE = "What each part makes of the real speedup beside the simulated one"
HEADER = (
    "K", "acceptance", "predicted", "real", "±", "difference", "its 95 % interval", "E asked", "E real", "n",
)  # fmt: skip
GAP_HEADER = ("K", "acceptance", "plain step", "verify", "draft", "accept", "keep", "host")
MOST_EXPLAINED = 6
LEAST_SPREAD = 0.05
"""Rows of raggedness below which there is none to speak of."""


def place_words(row: Row) -> str:
    return f"batch {row.batch_size}, seq_len {row.seq_len}"


def result_line(one: Result) -> list[Word]:
    asked = one.setting.expected_tokens()
    error = "±" + number(one.realised_error, 2) if math.isfinite(one.realised_error) else ""
    return [
        (str(one.setting.candidates), "text"),
        (one.setting.name, "accent"),
        (f"{number(one.predicted.mean, 3)}×", "text"),
        (f"{number(one.real.mean, 3)}×", "text"),
        (plus_minus(*one.real), "muted"),
        (signed(one.error.mean), "good" if one.within_bound else "warn"),
        (f"{signed(one.error.low)} to {signed(one.error.high)}", "muted"),
        ("" if asked is None else number(asked, 2), "muted"),
        (f"{number(one.realised, 2)} {error}", "text"),
        (str(one.rounds), "muted"),
    ]


def gap_line(one: Result) -> list[Word]:
    cells: list[Word] = [(str(one.setting.candidates), "text"), (one.setting.name, "accent")]
    return [*cells, *((signed(math.expm1(part)), "text") for part in one.gap)]


def signed(share: float) -> str:
    """`+1.2 %`, `−0.4 %`."""
    if not math.isfinite(share):
        return "?"
    if abs(share) < 0.0005:
        return "0.0 %"
    return f"{'+' if share > 0 else '−'}{abs(share) * 100:.1f} %"


def verdict_words(found: Sequence[Result]) -> Iterator[Word]:
    """Of one row: how many settings lie within the bound, and what is behind the others."""
    within = sum(one.within_bound for one in found)
    words = f"{within} of {len(found)} settings lie within {percent(BOUND)} of the prediction"
    yield words, "good" if within == len(found) else "warn"
    beyond = sorted((one for one in found if not one.within_bound), key=lambda one: -abs(one.error.mean))
    for one in beyond[:MOST_EXPLAINED]:
        known = "" if one.sure else ", which its interval does not make sure"
        words = f"K = {one.setting.candidates}, {one.setting.name}: {signed(one.error.mean)}{known}; "
        yield words + most_of(one.gap), "muted"
    if len(beyond) > MOST_EXPLAINED:
        yield f"… and {len(beyond) - MOST_EXPLAINED} more, see the table", "muted"


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


def failed_words(record: RunRecord, rows: Sequence[Row]) -> Iterator[Word]:
    """What went on without being decoded."""
    validation = record.plan.validation
    assert validation is not None
    for decoding in record.validation:
        if decoding.failed is not None and decoding.row in rows:
            what = "plain" if decoding.setting is None else validation.settings[decoding.setting].name
            what += "" if decoding.by == "specprof" else f" by {decoding.by}"
            yield f"{place_words(decoding.row)}, {what}: failed, {decoding.failed}", "bad"


def unlike_words(record: RunRecord, words: str) -> Word:
    """What tokens are that greedy decoding did not say: a fault only where rounding makes no near ties."""
    if record.plan.dtype == "float32":
        return words, "bad"
    return f"{words}: in {record.plan.dtype} near ties fall either way", "warn"


def note_words(record: RunRecord, results: Sequence[Result]) -> Iterator[Word]:
    """What is to be known of all rows."""
    validation = record.plan.validation
    assert validation is not None
    if not results:
        return
    compared = [one.unequal for one in results if one.unequal is not None]
    if compared:
        tokens = sum(one.tokens for one in results if one.unequal is not None)
        unequal = sum(compared)
        if unequal:
            yield unlike_words(record, f"{unequal} of {tokens} tokens are not those of plain greedy decoding")
        else:
            yield f"all {tokens} tokens are those of plain greedy decoding", "good"
    spread = max(one.spread_rows for one in results)
    if spread > LEAST_SPREAD:
        words = f"ragged prefixes: the longest of a batch was up to {spread:.1f} rows ahead of the mean, and "
        yield words + "every sequence's step reads as far as the longest reaches", "muted"
    for one in results:
        if one.plain_share > 0:
            words = f"K = {one.setting.candidates}, {one.setting.name}: nothing to draft in "
            yield words + f"{percent(one.plain_share)} of the steps, which are plain then", "muted"
    suspended = sum(one.suspended for one in results)
    if suspended:
        yield f"{suspended} blocks are left out: the process stood still in them", "warn"
    who = {
        "none": "nothing drafts: candidates are random tokens, and which are right is drawn by chance",
        "own": "drafted is the target's own continuation, corrupted by chance",
    }.get(validation.drafts.kind, f"drafted by {validation.drafts.text}, whose time is in the prediction")
    if validation.verdict == "sampled":
        who += f"; sampled at temperature {validation.temperature:g}, plainly and speculatively"
    yield f"{who[0].upper()}{who[1:]}. Predicted = E real / (T(K)/T(1)), of the same rounds.", "muted"
    words = "All of a setting is the geometric mean of the same rounds: those left when they are ranked by "
    words += "their difference and a quarter goes at either end. So parts multiply to real over simulated. "
    yield words + "The part keep moves accepted rows of the cache.", "muted"
