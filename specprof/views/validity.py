"""The line that says whether a run is to be believed."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text

from specprof.run.record import RunRecord
from specprof.run.validity import RunVerdict
from specprof.views.glyphs import Glyphs
from specprof.views.lines import wrap
from specprof.views.palette import Palette, Role

VALIDITY_WORDS: dict[RunVerdict, str] = {
    "valid": "VALID",
    "invalid": "NOT VALID",
    "unverified": "UNVERIFIED",
    "unfinished": "UNFINISHED",
}
_ROLES: dict[RunVerdict, Role] = {
    "valid": "good",
    "invalid": "bad",
    "unverified": "warn",
    "unfinished": "warn",
}


def validity_role(record: RunRecord) -> Role:
    """The colour of a run's verdict; that of a valid run with cells that warn is that of a warning."""
    if record.validity is None:
        return "muted"
    verdict = record.validity.verdict
    return "warn" if verdict == "valid" and _warns(record) else _ROLES[verdict]


def validity_sentence(record: RunRecord) -> str:
    """`VALID: all 24 cells are good`, `NOT VALID: …` with its reasons; empty for a published figure."""
    if record.validity is None:
        return ""
    verdict, reasons = record.validity.verdict, record.validity.reasons
    if verdict == "valid":
        reasons = [_good(record), *reasons]
    return f"{VALIDITY_WORDS[verdict]}: {'; '.join(reasons)}"


def _good(record: RunRecord) -> str:
    """How many cells are good. One that warns spoils nothing, and is not called good."""
    good = sum(cell.verdict == "valid" for cell in record.cells)
    measured = sum(cell.latency_ms is not None for cell in record.cells)
    of = "" if measured == len(record.cells) else "measured "
    if good < measured:
        return f"no cell is spoilt, {good} of {measured} {of}{'is' if good == 1 else 'are'} good"
    return "the one cell is good" if measured == 1 else f"all {measured} {of}cells are good"


def _warns(record: RunRecord) -> bool:
    return any(cell.verdict == "warn" for cell in record.cells)


def validity_lines(record: RunRecord, width: int, palette: Palette, glyphs: Glyphs) -> list[Text]:
    """The sentence behind its sign, on as many lines as it needs; none for a published figure."""
    if record.validity is None:
        return []
    signs: dict[RunVerdict, str] = {
        "valid": glyphs.valid,
        "invalid": glyphs.untrusted,
        "unverified": glyphs.suggestive,
        "unfinished": glyphs.within_noise,
    }
    verdict = record.validity.verdict
    indent = cell_len(signs[verdict]) + 1
    lines = wrap(glyphs.fit(validity_sentence(record)), max(1, width - indent))
    style = palette.style(validity_role(record), bold=True)
    first = Text(f"{signs[verdict]} {lines[0]}", style)
    return [first, *(Text(" " * indent + line, palette.style("muted")) for line in lines[1:])]
