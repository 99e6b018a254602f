"""How far a step is from the least it could take, and which limit that is.

The device's rates are measured once and have no interval: a multiple carries that of the latency alone.
"""

from __future__ import annotations

from specprof.analysis.findings.evidence import Points, Series, carried, side
from specprof.analysis.findings.finding import Certainty, Finding, Numbers, weakest
from specprof.analysis.findings.words import counted, milliseconds, with_bounds
from specprof.analysis.floor import Above, Floors
from specprof.plan.plan import Cell

FAR = 2.0
"""Times its floor: a step that surely takes longer is not near it."""


def above_floor(series: Series) -> list[Finding]:
    """At the shortest and the longest sequence length: one candidate, and the best K."""
    floors = series.curves.floors
    if floors is None or not series.rows:
        return []
    rows = series.rows[:1] if len(series.rows) == 1 else (series.rows[0], series.rows[-1])
    found = (_of_row(series, floors, row) for row in rows)
    return [finding for finding in found if finding is not None]


def _of_row(series: Series, floors: Floors, row: Points) -> Finding | None:
    best = row.candidates[row.best]
    one, most = (floors.above(Cell(series.batch_size, row.seq_len, k)) for k in (1, best))
    if one is None or most is None:
        return None
    text = f"At batch {series.batch_size}, seq_len {row.seq_len}, one candidate takes "
    text += f"{with_bounds(one.multiple)} its floor of {_floor(one)}"
    numbers: Numbers = {**_numbers("one", one), "best_k": float(best)}
    told = [(1, one)]
    if best != 1:
        text += f"; {counted(best, 'candidate')}, the best K, take {with_bounds(most.multiple)} "
        text += f"theirs of {_floor(most)}"
        numbers = {**numbers, **_numbers("best", most)}
        told.append((best, most))
    turn = _turn(series, floors, row)
    if turn is not None:
        numbers = {**numbers, "products_from": float(turn)}
    text += _limits(floors, row, turn) + _far(floors, told)
    said = [above for _, above in told]
    if any(above.multiple.high < 1 for above in said):
        text += "; less than a floor: caches may hold a part of what is read, or the device was measured slow"
    certainty: Certainty = weakest(*(_certainty(above) for above in said))
    return Finding("floor", series.batch_size, row.seq_len, text, numbers, certainty, _basis(series, said))


def _floor(above: Above) -> str:
    return f"{milliseconds(above.floor.ms)} ({above.floor.limit})"


def _turn(series: Series, floors: Floors, row: Points) -> int | None:
    """The smallest measured K whose products take longer than its bytes."""
    cells = (Cell(series.batch_size, row.seq_len, k) for k in row.candidates)
    return next((cell.candidates for cell in cells if floors.of(cell).limit == "products"), None)


def _limits(floors: Floors, row: Points, turn: int | None) -> str:
    """Which limit is the floor. That says nothing of what holds a step back: it may be far from both."""
    if floors.rates.flops_per_s is None:
        return f"; a floor of bandwidth alone: {floors.rates.why_no_flops}"
    if turn is not None and turn != row.candidates[0]:
        return f"; the floor is that of products from {turn} candidates on"
    limit = "bandwidth" if turn is None else "products"
    return f"; the floor is that of {limit} at every measured K" if row.size > 1 else ""


def _far(floors: Floors, said: list[tuple[int, Above]]) -> str:
    """Which of the steps that were told is near neither limit; nothing where one limit is not known."""
    if floors.rates.flops_per_s is None:
        return ""
    far = [k for k, above in said if above.multiple.low > FAR]
    if not far:
        return ""
    text = "; neither limit is near"
    if len(far) < len(said):
        text += f" with {'one candidate' if far[0] == 1 else counted(far[0], 'candidate')}"
    return text


def _certainty(above: Above) -> Certainty:
    return carried(above.samples) if side(above.multiple) else "within noise"


def _numbers(name: str, above: Above) -> Numbers:
    multiple, floor = above.multiple, above.floor
    found = {
        f"{name}_multiple": multiple.median,
        f"{name}_multiple_low": multiple.low,
        f"{name}_multiple_high": multiple.high,
        f"{name}_bandwidth_ms": floor.bandwidth_ms,
    }
    return found if floor.products_ms is None else {**found, f"{name}_products_ms": floor.products_ms}


def _basis(series: Series, said: list[Above]) -> str:
    counts = sorted({above.samples for above in said})
    low, high = counts[0], counts[-1]
    samples = counted(low, "sample") if low == high else f"{low} to {high} samples"
    words = [samples, "95 % intervals" if carried(low) == "significant" else "too few for 95 % intervals"]
    words.append("the device's rates measured once")
    if series.curves.estimated:
        words.append("full depth estimated from a slice")
    return ", ".join(words)
