"""One cell of a run in words: what the crosshair reads off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from specprof.analysis.opened import Run
from specprof.run.statistics import Estimate
from specprof.tui.state.crosshair import Place
from specprof.tui.state.result_rows import ResultRow, Standings
from specprof.views.palette import Role
from specprof.views.quantities import number, plus_minus
from specprof.views.tables.results import VERDICT_ROLES


class CellFact(NamedTuple):
    """`key` is that of the quantity's view; empty for what has none."""

    key: str
    name: str
    value: str
    error: str = ""
    role: Role = "text"


@dataclass(frozen=True)
class CellFacts:
    batch_size: int
    place: Place
    facts: tuple[CellFact, ...]
    standing: str
    """`best K of its row`, or what else there is to say of it."""
    verdict: str
    verdict_role: Role
    reasons: tuple[str, ...]


def cell_facts(run: Run, row: ResultRow, batch_size: int, standings: Standings) -> CellFacts:
    """What is known of one cell. Its row is that of the table, under the same acceptance model."""
    facts = [
        _fact("speedup", "speedup", row.speedup, "×", 2),
        _fact("overhead", "T(K)/T(1)", row.ratio, "×", 3),
        _fact("latency", "latency", row.latency_ms, " ms"),
        _fact("tokens", "tokens/s", tokens_per_s(row, batch_size), ""),
        CellFact("", "E(K)", f"{number(row.tokens, 2)} tokens a step"),
    ]
    if not run.published:
        facts.append(CellFact("", "samples", f"{row.samples}"))
    standing = standings.get((batch_size, row.seq_len, row.candidates))
    said = {"best": "best K of its row", "near": "within the noise of the best", None: ""}[standing]
    return CellFacts(
        batch_size=batch_size,
        place=Place(row.seq_len, row.candidates),
        facts=tuple(fact for fact in facts if fact is not None),
        standing=said,
        verdict=row.verdict.replace("_", " "),
        verdict_role=VERDICT_ROLES.get(row.verdict, "muted"),  # type: ignore[call-overload]
        reasons=row.reasons,
    )


def tokens_per_s(row: ResultRow, batch_size: int) -> Estimate | None:
    """B · E(K) / T(K), tokens a second of the whole batch."""
    latency = row.latency_ms
    if latency is None or latency.low <= 0:
        return None
    tokens = 1000 * batch_size * row.tokens
    return Estimate(tokens / latency.median, tokens / latency.high, tokens / latency.low)


def _fact(
    key: str, name: str, of: Estimate | None, unit: str, decimals: int | None = None
) -> CellFact | None:
    if of is None:
        return None
    return CellFact(key, name, f"{number(of.median, decimals)}{unit}", plus_minus(*of))
