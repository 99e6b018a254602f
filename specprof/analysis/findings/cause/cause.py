"""The finding: what a cliff likely comes from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from specprof.analysis.findings.cause.profiled import Growth, Switch, steepest, switch_words, switches
from specprof.analysis.findings.cause.shapes import causes_of, told_apart_by
from specprof.analysis.findings.cause.tiles import edges, no_edge
from specprof.analysis.findings.finding import Certainty, Finding, Numbers
from specprof.analysis.setting import Setting

MOST = 0.5
"""Of the step's growth: parts with less of it are not the cause."""


class _Said(NamedTuple):
    text: str
    certainty: Certainty
    basis: str
    numbers: Numbers


def cause_of_cliff(
    setting: Setting, batch_size: int, seq_lens: Sequence[int], before: int, after: int
) -> Finding:
    """What the cliff from `before` to `after` candidates, at these sequence lengths, likely comes from."""
    where = f"the cliff between {before} and {after} candidates at batch {batch_size}"
    changed = switches(setting, batch_size, seq_lens, before, after)
    there = sorted({seq_len for switch in changed for seq_len in switch.seq_lens}) or seq_lens
    growth = steepest(setting, batch_size, there, before, after)
    if growth is not None and _explained(changed, growth):
        said = _from_kernels(where, seq_lens, changed)
    else:
        said = _from_shapes(setting, where, batch_size, seq_lens, before, after)
        if changed:
            said = said._replace(text=f"{said.text}; {switch_words(changed, seq_lens)}")
        if growth is not None:
            names = "" if changed else ", no kernel is seen to change"
            said = said._replace(basis=f"inferred from the shapes; profiled once{names}")
    numbers: Numbers = {
        "from_candidates": float(before),
        "to_candidates": float(after),
        "from_rows": float(batch_size * before),
        "to_rows": float(batch_size * after),
        **said.numbers,
        **(growth.numbers() if growth else {}),
    }
    text = f"{said.text}; {growth.words()}" if growth else said.text
    seq_len = seq_lens[0] if len(seq_lens) == 1 else None
    return Finding("cliff-cause", batch_size, seq_len, text, numbers, said.certainty, said.basis)


def _explained(changed: Sequence[Switch], growth: Growth) -> bool:
    """Whether the step grew, and mostly in the parts with another kernel."""
    there = [switch.part for switch in changed if growth.seq_len in switch.seq_lens]
    return growth.seen and sum(growth.share(part) for part in there) >= MOST


def _from_kernels(where: str, seq_lens: Sequence[int], changed: Sequence[Switch]) -> _Said:
    """One profile of each step has no interval, and edges of tiles may lie there too: never sure."""
    text = f"Likely cause of {where}: {switch_words(changed, seq_lens)}"
    return _Said(text, "suggestive", "kernel names as recorded, profiled once", {})


def _from_shapes(
    setting: Setting, where: str, batch_size: int, seq_lens: Sequence[int], before: int, after: int
) -> _Said:
    basis = "inferred from the shapes, no kernel name was recorded"
    if after - before > 1:
        text = f"Where {where} begins is not known to one token: {edges(setting, batch_size, before, after)}"
        return _Said(text + _next_step(setting), "within noise", basis, {})
    causes = causes_of(setting, batch_size, seq_lens, before)
    if not causes:
        text = f"No cause known for {where}: {no_edge(setting, batch_size, before)}"
        return _Said(text, "within noise", basis, {})
    said = "; ".join(f"{cause.name}, {cause.evidence}" for cause in causes)
    text = f"Likely cause of {where}: {said}" + told_apart_by(causes, batch_size)
    numbers = {name: value for cause in causes for name, value in cause.numbers.items()}
    return _Said(text, "suggestive", basis, numbers)


def _next_step(setting: Setting) -> str:
    if setting.published:
        return "; a figure cannot tell, specprof run --refine can"
    if setting.refined:
        return "; refinement left it there: a slope, or --budget was at its end"
    return "; specprof run --refine finds the count"
