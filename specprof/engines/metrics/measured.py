"""Acceptance as an engine measured it, whatever page, log or file it came from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist

from specprof.engines.metrics.chain_fit import chain_alpha
from specprof.errors import RunFileProblem
from specprof.run.sanitize import clean

MAX_POSITIONS = 1024
MAX_COUNT = 1 << 53
"""Counters are doubles: above it they do not hold every integer."""
MAX_CANDIDATES = 1_000_000

_ROUNDING = 1e-9
"""What a rate may rise from one position to the next by being written in decimals."""
_ROUNDED_LENGTH = 1e-6
"""What a mean length of full acceptance may be above it, having been summed up."""
_Z_95 = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class MeasuredAcceptance:
    """What is known of acceptance. Draft positions count from 0, candidates K count the root."""

    source: str
    """Where it comes from, e.g. `vLLM metrics, 12,345 drafts, model X`."""
    rates: tuple[float, ...]
    """p_j: the part of all drafts whose tokens 0…j were all accepted, so never rising with j. Those of the
    fitted chain where only a mean length was known; empty where only a table is, or where nothing says how
    many tokens a draft had."""
    drafts: int | None
    """How many drafts stand behind it; None where that is not told."""
    accepted: tuple[int, ...] | None
    """Accepted tokens at each position, of all `drafts`."""
    mean_length: float
    """Expected tokens per verify step, the bonus (root) token included; of a table, at its largest K."""
    table: tuple[tuple[int, float], ...] = ()
    """(candidates K, expected tokens) by rising K, where the file is a table."""
    fitted_alpha: float | None = None
    """The i.i.d. chain's acceptance that gives `mean_length`, where only that was known."""
    notes: tuple[str, ...] = ()
    """Assumptions made, a sentence each."""


def bad_data(where: str, what: str, remedy: str = "") -> RunFileProblem:
    """The fault of a file that was read. What it quotes of the file is made safe to show."""
    return RunFileProblem(clean(f"{where}: {what}", 500), remedy)


def from_counts(
    where: str, source: str, accepted: Sequence[int], drafts: int, notes: Sequence[str] = ()
) -> MeasuredAcceptance:
    """p_j = accepted[j] / drafts. Raises RunFileProblem where the counts cannot be true."""
    if drafts <= 0:
        raise bad_data(where, "no drafts were counted", "let the engine serve some requests first")
    if drafts > MAX_COUNT or any(not 0 <= count <= MAX_COUNT for count in accepted):
        raise bad_data(where, f"counts that do not lie between 0 and {MAX_COUNT:,}")
    rates = _checked_rates(where, [count / drafts for count in accepted])
    return MeasuredAcceptance(
        source, rates, drafts, tuple(accepted), 1 + math.fsum(rates), notes=tuple(notes)
    )


def from_rates(
    where: str, source: str, rates: Sequence[float], notes: Sequence[str] = ()
) -> MeasuredAcceptance:
    """Unconditional rates by position, of an unknown number of drafts. Raises RunFileProblem."""
    checked = _checked_rates(where, rates)
    return MeasuredAcceptance(source, checked, None, None, 1 + math.fsum(checked), notes=tuple(notes))


def from_mean_length(
    where: str,
    source: str,
    mean_length: float,
    draft_tokens: int | None,
    notes: Sequence[str] = (),
    drafts: int | None = None,
) -> MeasuredAcceptance:
    """A fitted i.i.d. chain of `draft_tokens` drafts a step, which yields `mean_length`: one number fixes one
    parameter. Raises RunFileProblem where no such chain is."""
    if not math.isfinite(mean_length) or mean_length < 1:
        raise bad_data(
            where, f"a mean length of {mean_length:g}", "the bonus token counts, so it is 1 or more"
        )
    longest = MAX_POSITIONS if draft_tokens is None else draft_tokens
    if longest > MAX_POSITIONS:
        raise bad_data(where, f"{draft_tokens} draft tokens a step, more than {MAX_POSITIONS}")
    if mean_length > longest + 1 + _ROUNDED_LENGTH:
        raise bad_data(
            where, f"a mean length of {mean_length:g} is more than {longest} drafts and the bonus token"
        )
    alpha = chain_alpha(mean_length, draft_tokens)
    said = f"Fitted i.i.d. chain: α = {alpha:.4g} gives the mean length {mean_length:.4g}"
    if draft_tokens is None:
        said += "; nothing says how many tokens a draft had, so an endless chain is taken: α is at least this"
        rates: tuple[float, ...] = ()
    else:
        said += f" with {draft_tokens} draft tokens a step"
        rates = tuple(alpha**length for length in range(1, draft_tokens + 1))
    return MeasuredAcceptance(
        f"{source}, fitted i.i.d. chain",
        rates,
        drafts,
        None,
        mean_length,
        fitted_alpha=alpha,
        notes=(*notes, f"{said}."),
    )


def from_table(
    where: str, source: str, rows: Sequence[tuple[int, float]], notes: Sequence[str] = ()
) -> MeasuredAcceptance:
    """Expected tokens by candidates, in any order. Raises RunFileProblem."""
    table = tuple(sorted(rows))
    if not table:
        raise bad_data(where, "the table has no rows")
    for candidates, tokens in table:
        if not 1 <= candidates <= MAX_CANDIDATES:
            raise bad_data(where, f"{candidates} candidates", f"they are 1 to {MAX_CANDIDATES:,}")
        if not math.isfinite(tokens) or not 1 <= tokens <= candidates:
            raise bad_data(
                where,
                f"{tokens:g} expected tokens of {candidates} candidates",
                "a step yields at least 1 token and at most K; K counts the root",
            )
    said = list(notes)
    for (candidates, tokens), (following, then) in pairwise(table):
        if candidates == following:
            raise bad_data(where, f"{candidates} candidates are given twice")
        if then < tokens:
            said.append(f"{following} candidates are said to yield less than {candidates}.")
    return MeasuredAcceptance(source, (), None, None, table[-1][1], table, notes=tuple(said))


def rate_intervals(measured: MeasuredAcceptance) -> tuple[tuple[float, float], ...]:
    """The 95 % Wilson score interval of each position's rate, () where there are no counts.

    Wilson, J. Am. Stat. Assoc. 22 (1927) 209: it stays within 0…1 and holds near them too. It takes drafts
    for independent; those of one text are not quite, so it is a little narrow.
    """
    if measured.accepted is None or not measured.drafts:
        return ()
    return tuple(_wilson(count, measured.drafts) for count in measured.accepted)


def _wilson(count: int, of: int) -> tuple[float, float]:
    share, square = count / of, _Z_95**2
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = _Z_95 / (1 + square / of) * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    # at 0 and 1 the ends are exact, but for rounding
    low = 0.0 if count == 0 else max(0.0, middle - half)
    high = 1.0 if count == of else min(1.0, middle + half)
    return low, high


def _checked_rates(where: str, rates: Sequence[float]) -> tuple[float, ...]:
    if not rates:
        raise bad_data(where, "there are no positions")
    if len(rates) > MAX_POSITIONS:
        raise bad_data(where, f"{len(rates)} positions, more than {MAX_POSITIONS}")
    before = 1.0
    for position, rate in enumerate(rates):
        if not math.isfinite(rate):
            raise bad_data(where, f"the rate at position {position} is not a finite number")
        if not 0 <= rate <= 1 + _ROUNDING:
            raise bad_data(
                where, f"the rate at position {position} is {rate:.6g}", "a rate lies between 0 and 1"
            )
        if rate > before + _ROUNDING:
            raise bad_data(
                where,
                f"the rate rises from {before:.6g} at position {position - 1} to {rate:.6g} at {position}",
                "rates must be unconditional (of all drafts), and those never rise with the position",
            )
        before = rate
    return tuple(min(rate, 1.0) for rate in rates)
