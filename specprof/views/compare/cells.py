"""The cells of two runs as a table: what changed, the surest and biggest first, the rest counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from rich.console import RenderableType
from rich.text import Text

from specprof.analysis.compare.cells import CellPair, Change, Missing
from specprof.analysis.compare.certainty import by_chance
from specprof.analysis.compare.comparison import Comparison, strength
from specprof.analysis.findings.finding import Certainty
from specprof.analysis.findings.words import change, counted
from specprof.plan.plan import Cell
from specprof.run.verdict import MIN_SAMPLES_FOR_95
from specprof.views.findings import CERTAINTY_ROLES, certainty_signs
from specprof.views.glyphs import Glyphs
from specprof.views.palette import Palette, Role
from specprof.views.quantities import decimals_for, number, plus_minus
from specprof.views.tables.columns import Column, fitting, notes_grid, ruled

MOST_ROWS = 60
MOST_LEFT_OUT = 6
_ORDER: dict[Certainty, int] = {"significant": 0, "suggestive": 1, "within noise": 2}


def cells_view(
    one: Comparison, letters: tuple[str, str], width: int, palette: Palette, glyphs: Glyphs
) -> list[RenderableType]:
    """What changed in words, the table of it, and what its columns are. `letters`: of the first run and of
    this one."""
    parts: list[RenderableType] = [
        Text(glyphs.fit(words), palette.style(role)) for words, role in _summary(one, letters)
    ]
    changed = sorted(
        (pair for pair in one.claimable if _noteworthy(pair)),
        key=lambda pair: (_ORDER[pair.certainty], -strength(pair)),
    )
    if changed:
        parts += [Text(""), _table(changed[:MOST_ROWS], letters, width, palette, glyphs)]
    if len(changed) > MOST_ROWS:
        words = f"… and {len(changed) - MOST_ROWS} more cells that changed, see --json"
        parts.append(Text(glyphs.fit(words), palette.style("muted")))
    notes = list(_notes(one, letters, changed, glyphs))
    return [*parts, Text(""), notes_grid(notes, palette, glyphs)]


def _noteworthy(pair: CellPair) -> bool:
    """Whether its latency lies outside its interval, or its speedup changed for sure."""
    speedup_changed = pair.speedup is not None and pair.speedup.certainty == "significant"
    return pair.certainty != "within noise" or speedup_changed


def _summary(one: Comparison, letters: tuple[str, str]) -> Iterable[tuple[str, Role]]:
    latencies = [pair.latency for pair in one.claimable]
    yield _said("latency", latencies, letters[1], "slower", "faster"), _role(latencies)
    speedups = [pair.speedup for pair in one.claimable if pair.ratio_claimable and pair.speedup]
    if speedups:
        yield _said("speedup", speedups, letters[1], "higher", "lower"), _role(speedups)
    few = [pair for pair in one.claimable if 0 < (pair.latency.rounds or 0) < MIN_SAMPLES_FOR_95]
    if few:
        words = f"{len(few)} of {counted(len(one.claimable), 'cell')} rest on fewer than "
        yield words + f"{MIN_SAMPLES_FOR_95} rounds in a run: too few for a 95 % interval", "warn"
    left_out = [pair for pair in one.pairs if not pair.claimable]
    if left_out:
        where = _places([pair.cell for pair in left_out])
        yield f"Left out, invalid in one of the runs: {where}", "warn"
    for in_base, letter in ((False, letters[0]), (True, letters[1])):
        alone = [cell for cell in one.missing if cell.in_base == in_base]
        if alone:
            yield f"Measured in {letter} only: {_missing(alone)}", "warn"


def _said(quantity: str, changes: Sequence[Change], letter: str, up: str, down: str) -> str:
    """`Latency: 5 of 24 cells changed, 3 slower and 2 faster in B; 2 more may have; 17 within noise`."""
    by = Counter(one.certainty for one in changes)
    words = f"{quantity.capitalize()}: "
    if not changes:
        return words + "no cell that may carry a claim"
    if by["significant"]:
        sure = [one for one in changes if one.certainty == "significant"]
        rises = sum(one.ratio.median > 1 for one in sure)
        ways = [f"{count} {way}" for count, way in ((rises, up), (len(sure) - rises, down)) if count]
        words += f"{len(sure)} of {counted(len(changes), 'cell')} changed, {' and '.join(ways)} in {letter}"
    else:
        words += f"no change beyond chance in {counted(len(changes), 'cell')}"
    if by["suggestive"]:
        words += f"; {by['suggestive']} {'more may' if by['significant'] else 'may'} have changed"
    if by["within noise"]:
        words += f"; {by['within noise']} within noise"
    return words


def _role(changes: Sequence[Change]) -> Role:
    return "text" if any(one.certainty == "significant" for one in changes) else "muted"


def _places(cells: Sequence[Cell]) -> str:
    shown = "; ".join(map(str, cells[:MOST_LEFT_OUT]))
    return shown if len(cells) <= MOST_LEFT_OUT else f"{shown} and {len(cells) - MOST_LEFT_OUT} more"


def _missing(cells: Sequence[Missing]) -> str:
    by = Counter(cell.verdict.replace("_", " ") for cell in cells)
    words = ", ".join(f"{count} {verdict}" for verdict, count in by.items())
    return f"{counted(len(cells), 'cell')} (in the other: {words})"


def _table(
    pairs: Sequence[CellPair], letters: tuple[str, str], width: int, palette: Palette, glyphs: Glyphs
) -> RenderableType:
    sign, batch, length, count = Column(""), Column("batch"), Column("seq_len"), Column("K")
    here, there = (Column(f"{letter}\nlatency ms") for letter in letters)
    over = "/".join(reversed(letters))
    latency, speedup = Column(f"latency\n{over}"), Column(f"speedup\n{over}")
    overhead = Column(f"T(K)/T(1)\n{over}")
    signs = certainty_signs(glyphs)
    decimals = decimals_for(part for pair in pairs for part in (pair.base_ms.median, pair.other_ms.median))
    for pair in pairs:
        sign.add(signs[pair.certainty], role=CERTAINTY_ROLES[pair.certainty])
        batch.add(str(pair.cell.batch_size))
        length.add(str(pair.cell.seq_len))
        count.add(str(pair.cell.candidates))
        for column, value in ((here, pair.base_ms), (there, pair.other_ms)):
            column.add(glyphs.fit(number(value.median, decimals)), glyphs.fit(plus_minus(*value)))
        latency.add(*_change(pair.latency, glyphs), _change_role(pair.latency, worse_above=True))
        for column, change_of, worse in (
            (overhead, pair.overhead, True),
            (speedup, pair.speedup, False),
        ):
            role = _change_role(change_of, worse_above=worse) if pair.ratio_claimable else "muted"
            column.add(*_change(change_of, glyphs), role)
    columns = [sign, batch, length, count, here, there, latency, overhead, speedup]
    kept = fitting(columns, (overhead, here, there, speedup), width)
    return ruled(kept, (), width, palette, glyphs)


def _change(change_of: Change | None, glyphs: Glyphs) -> tuple[str, str]:
    """`+8.3 %` and `[+5.1, +11]`."""
    if change_of is None:
        return "-", ""
    value, _, interval = change(change_of.ratio).partition(" [")
    return glyphs.fit(value), glyphs.fit(f"[{interval}")


def _change_role(change_of: Change | None, *, worse_above: bool) -> Role:
    if change_of is None or change_of.certainty == "within noise":
        return "muted"
    if change_of.certainty == "suggestive":
        return "text"
    return "bad" if (change_of.ratio.median > 1) == worse_above else "good"


def _notes(
    one: Comparison, letters: tuple[str, str], changed: Sequence[CellPair], glyphs: Glyphs
) -> Iterable[tuple[str, str]]:
    signs = certainty_signs(glyphs)
    used = {pair.certainty for pair in changed}
    looked_at = len(one.claimable)
    if "significant" in used:
        words = f"changed: holds for all {counted(looked_at, 'cell')} at once (Holm, 5 % for one false claim)"
        yield signs["significant"], words
    if "suggestive" in used:
        words = "outside its own 95 % interval only, or fewer than 6 rounds: of "
        words += f"{counted(looked_at, 'unchanged cell')} chance puts about {by_chance(looked_at):.1f} there"
        yield signs["suggestive"], words
    if "within noise" in used:
        yield signs["within noise"], "latency within noise; the speedup is not"
    yield "[ ]", _method(one)
    yield "", "they hold within each run: what changes from start to start of a program is not in them"
    if one.base.estimated:
        shape = one.base.record.plan.model
        words = f"full depth is an estimate from {shape.layers_measured} of {shape.layers_total} layers"
        there = one.other.record.plan.model
        if there.full_depth:
            words += f" in {letters[0]}"
        elif there.layers_measured != shape.layers_measured:
            words += f" in {letters[0]}, from {there.layers_measured} in {letters[1]}"
        yield "", words
    elif one.other.estimated:
        shape = one.other.record.plan.model
        words = f"from {shape.layers_measured} of {shape.layers_total} layers in {letters[1]}"
        yield "", f"full depth is an estimate {words}"


def _method(one: Comparison) -> str:
    methods = {pair.latency.method for pair in one.pairs}
    words = []
    if "bootstrap" in methods:
        words.append(
            "95 % bootstrap interval of the ratio of medians, rounds of each run drawn by themselves"
        )
    if "intervals" in methods:
        words.append("where a run has no samples, the most and the least that both intervals allow")
    return "; ".join(words)
