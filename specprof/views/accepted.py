"""Counted acceptance as a table for the terminal."""

from __future__ import annotations

from specprof.analysis.accepted.rates import AcceptedRates, Rate


def accepted_lines(rates: AcceptedRates) -> list[str]:
    """A line per draft position, counted from 0, and the mean length. Plain ASCII."""
    with_intervals = rates.mean_length.interval is not None
    span = f"  {'95 % interval':<13}" if with_intervals else ""
    lines = [f"{'position':>8} {'accepted':>9} {'rate':>7}{span}  {'given all before':>16}"]
    columns = zip(rates.accepted, rates.unconditional, rates.conditional, strict=True)
    for position, (accepted, rate, conditional) in enumerate(columns):
        given = "-" if conditional is None else f"{conditional:.4f}"
        shown = f"  {_interval(rate)}" if with_intervals else ""
        lines.append(f"{position:>8} {accepted:>9} {rate.value:>7.4f}{shown}  {given:>16}")
    length = f"mean length {rates.mean_length.value:.4f}"
    if with_intervals:
        length += f"  {_interval(rates.mean_length)}"
    return [*lines, f"{length}, tokens per step of the target, its own included"]


def _interval(rate: Rate) -> str:
    low, high = rate.interval or (rate.value, rate.value)
    return f"{low:.4f}-{high:.4f}"
