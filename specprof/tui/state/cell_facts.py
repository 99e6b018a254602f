"""One cell of a run in words: what the crosshair reads off."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from specprof.analysis.acceptance import AcceptanceModel
from specprof.analysis.quantities import QUANTITIES, Quantity
from specprof.plan.plan import Cell
from specprof.run.statistics import Estimate
from specprof.tui.state.cell_extras import cell_extras
from specprof.tui.state.computed import Computed
from specprof.tui.state.crosshair import Place
from specprof.tui.state.result_rows import ResultRow, Standings
from specprof.views.palette import Role
from specprof.views.quantities import number, plus_minus
from specprof.views.tables.results import VERDICT_ROLES

_NAMES = {"overhead": "T(K)/T(1)", "tokens": "tokens/s", "floor": "of floor"}
"""Where a quantity's own name says too little, or too much for a narrow column."""

_UNITS = {"speedup": "×", "overhead": "×", "latency": " ms", "tokens": "", "floor": ""}
DECIMALS = {"speedup": 2, "overhead": 3, "floor": 3}
"""Where a quantity is always shown with as many."""


class CellFact(NamedTuple):
    """`quantity` is the name of the quantity it is; empty for what is none."""

    quantity: str
    name: str
    value: str
    error: str = ""


@dataclass(frozen=True)
class CellFacts:
    batch_size: int
    place: Place
    facts: tuple[CellFact, ...]
    best: bool
    near: bool
    """Whether it is the best K of its row, or cannot be told from it."""
    verdict: str
    verdict_role: Role
    reasons: tuple[str, ...]


def cell_facts(
    computed: Computed, row: ResultRow, acceptance: AcceptanceModel, batch_size: int, standings: Standings
) -> CellFacts:
    """What is known of one cell. Its row is that of the table, under the same acceptance model."""
    run = computed.run
    found = [_fact(computed, quantity, acceptance, row, batch_size) for quantity in QUANTITIES.values()]
    facts = [fact for fact in found if fact is not None]
    facts.append(CellFact("", "E(K)", f"{number(row.tokens, 2)} tokens"))
    if not run.published:
        facts.append(CellFact("", "samples", f"{row.samples}"))
    record = computed.recorded(Cell(batch_size, row.seq_len, row.candidates))
    if record is not None:
        facts += [CellFact("", *extra) for extra in cell_extras(record, run.record.plan)]
    standing = standings.get((batch_size, row.seq_len, row.candidates))
    return CellFacts(
        batch_size=batch_size,
        place=Place(row.seq_len, row.candidates),
        facts=tuple(facts),
        best=standing == "best",
        near=standing == "near",
        verdict=row.verdict.replace("_", " "),
        verdict_role=verdict_role(row.verdict),
        reasons=row.reasons,
    )


def verdict_role(verdict: str) -> Role:
    """The colour of a verdict; `published`, which is none, has that of what stands back."""
    return next((role for name, role in VERDICT_ROLES.items() if name == verdict), "muted")


def _fact(
    computed: Computed, quantity: Quantity, acceptance: AcceptanceModel, row: ResultRow, batch_size: int
) -> CellFact | None:
    run = computed.run
    if quantity.unavailable(run):
        return None
    place = (
        run.batch_sizes.index(batch_size),
        run.seq_lens.index(row.seq_len),
        run.candidates.index(row.candidates),
    )
    estimate = Estimate(*(float(part[place]) for part in computed.arrays(quantity, acceptance)))
    if not math.isfinite(estimate.median):
        return None
    name = _NAMES.get(quantity.name, quantity.name)
    value = number(estimate.median, DECIMALS.get(quantity.name)) + _UNITS.get(quantity.name, "")
    return CellFact(quantity.name, name, value, plus_minus(*estimate))
