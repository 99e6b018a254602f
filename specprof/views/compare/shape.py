"""Two runs by the shape of their curves: where the best K lies, where they break off, how alike they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import RenderableType
from rich.text import Text

from specprof.analysis.compare.shape import Best, Cliff, OrderAt, ShapeComparison
from specprof.analysis.findings.words import counted, listed
from specprof.views.glyphs import Glyphs
from specprof.views.palette import Palette
from specprof.views.tables.columns import Column, notes_grid, ruled


def shape_view(
    shape: ShapeComparison, letters: tuple[str, str], width: int, palette: Palette, glyphs: Glyphs
) -> list[RenderableType]:
    """One batch size: a table with a line per pair of curves, then what holds for all of them."""
    title = f"Shape of the speedup curves: batch {shape.base_batch_size} of {letters[0]}, "
    title += f"batch {shape.other_batch_size} of {letters[1]}"
    parts: list[RenderableType] = [Text(glyphs.fit(title), palette.style("text", bold=True))]
    if not shape.same_batch_size:
        words = (
            f"The batch sizes differ, {shape.base_batch_size} and {shape.other_batch_size}: this compares "
            "shapes across batch sizes. How high the curves are says nothing here."
        )
        parts.append(Text(glyphs.fit(words), palette.style("warn")))
    if shape.matched_by == "rank":
        words = "No sequence length is in both: the shortest stands with the shortest, and so on."
        parts.append(Text(glyphs.fit(words), palette.style("warn")))
    parts += [Text(""), _table(shape, letters, width, palette, glyphs), Text("")]
    parts += [Text(glyphs.fit(words), palette.style("text")) for words in _sentences(shape, letters)]
    return [*parts, Text(""), notes_grid(_notes(shape, glyphs), palette, glyphs)]


def _table(
    shape: ShapeComparison, letters: tuple[str, str], width: int, palette: Palette, glyphs: Glyphs
) -> RenderableType:
    by_rank = shape.matched_by == "rank"
    lengths = [Column(f"seq_len\n{letter}") for letter in letters] if by_rank else [Column("seq_len")]
    best = [Column(f"best K\n{letter}", left=True) for letter in letters]
    counts, pearson, spearman = Column("common\nK"), Column("Pearson\nr"), Column(f"Spearman\n{_rho(glyphs)}")
    for pair in shape.pairs:
        for column, length in zip(lengths, (pair.base_seq_len, pair.other_seq_len), strict=False):
            column.add(str(length))
        for column, found in zip(best, (pair.base_best, pair.other_best), strict=True):
            role = "text" if pair.same_best is None else "good" if pair.same_best else "warn"
            column.add(_best(found, glyphs), role=role)
        counts.add(str(len(pair.candidates)))
        for column, value in ((pearson, pair.pearson), (spearman, pair.spearman)):
            column.add("-" if value is None else glyphs.fit(f"{value:.2f}".replace("-", "−")))
    return ruled([*lengths, *best, counts, pearson, spearman], (), width, palette, glyphs)


def _rho(glyphs: Glyphs) -> str:
    return "rho" if glyphs.ascii else "ρ"


def _best(best: Best | None, glyphs: Glyphs) -> str:
    """`32 (2.48×)`, and behind it what cannot be told apart from it."""
    if best is None:
        return "-"
    words = f"{best.candidates} ({best.speedup:.2f}×)"
    if best.not_told_apart:
        words += f" or {listed(best.not_told_apart, 3)}"
    return glyphs.fit(words)


def _sentences(shape: ShapeComparison, letters: tuple[str, str]) -> Iterable[str]:
    same = [pair.same_best for pair in shape.pairs if pair.same_best is not None]
    if same:
        yield f"Best K: the same, or not to be told apart, in {sum(same)} of {counted(len(same), 'curve')}"
    said = [_cliffs(cliffs) for cliffs in (shape.base_cliffs, shape.other_cliffs)]
    if shape.same_cliff and shape.base_cliffs:
        yield f"Cliff: at the same place, {said[0]}"
        if shape.base_cliffs != shape.other_cliffs:
            yield f"Cliffs in all: {said[0]} in {letters[0]}, {said[1]} in {letters[1]}"
    elif shape.same_cliff:
        yield "Cliff: found in neither"
    else:
        yield f"Cliff: {said[0]} in {letters[0]}, {said[1]} in {letters[1]}"
    yield from _orders(shape.orders, letters)


def _cliffs(cliffs: Sequence[Cliff]) -> str:
    return listed([f"{one.from_candidates} to {one.to_candidates}" for one in cliffs]) if cliffs else "none"


def _orders(orders: Sequence[OrderAt], letters: tuple[str, str]) -> Iterable[str]:
    if not orders:
        yield "Order of the sequence lengths: two curves or more are needed"
        return
    same = [order for order in orders if order.base == order.other]
    agreeing, pairs = sum(order.agreeing for order in orders), sum(order.pairs for order in orders)
    clear = sum(order.contradicting for order in orders)
    words = f"Order of the sequence lengths: the same at {len(same)} of {len(orders)} candidate counts; "
    words += f"{agreeing} of {pairs} pairs of points stand the same way round"
    if agreeing < pairs:
        words += f", {clear if clear else 'none'} of the others clear of both intervals"
    yield words
    for order in orders:
        if order not in same:
            here, there = (" > ".join(map(str, lengths)) for lengths in (order.base, order.other))
            yield f"  {order.candidates} candidates: {here} in {letters[0]}, {there} in {letters[1]}"


def _notes(shape: ShapeComparison, glyphs: Glyphs) -> Iterable[tuple[str, str]]:
    yield (
        f"r {_rho(glyphs)}",
        "of the speedups at the candidate counts that both have, K = 1 included; nothing interpolated",
    )
    few = {len(pair.candidates) for pair in shape.pairs}
    if few and min(few) < 6:
        yield "", "of so few points a correlation says little"
