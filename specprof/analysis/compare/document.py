"""Comparisons as one JSON document, for programs. Ratios are those of the named run over the first one."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from specprof.analysis.acceptance import AcceptanceModel
from specprof.analysis.compare.cells import CellPair, Change, Missing
from specprof.analysis.compare.certainty import METHOD, by_chance
from specprof.analysis.compare.comparison import Comparison
from specprof.analysis.compare.differences import name_of
from specprof.analysis.compare.shape import Best, CurvePair, OrderAt, ShapeComparison
from specprof.analysis.opened import Run
from specprof.run.statistics import Estimate

DOCUMENT_VERSION = 1


def document(
    comparisons: Sequence[Comparison], acceptance: AcceptanceModel, fail_above_pct: float | None = None
) -> dict[str, Any]:
    """One document for comparisons of the same first run. What JSON cannot hold, an interval without an
    upper end, is null."""
    found: dict[str, Any] = {
        "comparison_version": DOCUMENT_VERSION,
        "acceptance": {"name": acceptance.name, "formula": acceptance.formula},
        "base": _run(comparisons[0].base),
        "comparisons": [_comparison(one, fail_above_pct) for one in comparisons],
    }
    if fail_above_pct is not None:
        found["fail_above_pct"] = fail_above_pct
    return found


def document_text(found: dict[str, Any]) -> str:
    """The document as JSON text, ASCII only."""
    return json.dumps(found, ensure_ascii=True, allow_nan=False, indent=1) + "\n"


def _run(run: Run) -> dict[str, Any]:
    record = run.record
    device = record.environment.device.name if record.environment else None
    return {
        "name": name_of(run),
        "run_id": record.run_id,
        "created_at": record.created_at,
        "status": record.status,
        "published": run.published,
        "estimated": run.estimated,
        "device": device,
    }


def _comparison(one: Comparison, fail_above_pct: float | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "run": _run(one.other),
        "same_run": one.same_run,
        "forced": list(one.obstacles),
        "differences": [
            {"name": name or "kind", "base": here, "run": there} for name, here, there in one.differences
        ],
        "by": "shape" if one.by_shape else "cells",
    }
    if one.by_shape:
        return {**found, "shapes": [_shape(shape) for shape in one.shapes]}
    counts = {
        certainty: sum(pair.certainty == certainty for pair in one.claimable)
        for certainty in ("significant", "suggestive", "within noise")
    }
    found["latency_cells"] = {
        "looked_at": len(one.claimable),
        **{name.replace(" ", "_"): count for name, count in counts.items()},
        "outside_by_chance": by_chance(len(one.claimable)),
        "method": METHOD,
    }
    found["cells"] = [_pair(pair) for pair in one.pairs]
    found["missing"] = [_missing(cell) for cell in one.missing]
    if fail_above_pct is not None:
        slower = [pair.cell._asdict() for pair in one.slower_than(fail_above_pct)]
        lost = [missing.cell._asdict() for missing in one.lost()]
        found["failed"] = {"slower": slower, "lost": lost}
    return found


def _pair(pair: CellPair) -> dict[str, Any]:
    return {
        **pair.cell._asdict(),
        "base_latency_ms": _interval(pair.base_ms),
        "latency_ms": _interval(pair.other_ms),
        "base_verdict": pair.base_verdict,
        "verdict": pair.other_verdict,
        "in_claims": pair.claimable,
        "latency_ratio": _change(pair.latency),
        "overhead_ratio": _change(pair.overhead),
        "speedup_ratio": _change(pair.speedup),
    }


def _change(change: Change | None) -> dict[str, Any] | None:
    if change is None:
        return None
    return {
        **_interval(change.ratio),
        "rounds": change.rounds,
        "method": change.method,
        "certainty": change.certainty,
    }


def _missing(cell: Missing) -> dict[str, Any]:
    return {**cell.cell._asdict(), "missing_in": "base" if cell.in_base else "run", "verdict": cell.verdict}


def _shape(shape: ShapeComparison) -> dict[str, Any]:
    return {
        "base_batch_size": shape.base_batch_size,
        "batch_size": shape.other_batch_size,
        "matched_by": shape.matched_by,
        "curves": [_curves(pair) for pair in shape.pairs],
        "orders": [_order(order) for order in shape.orders],
        "base_cliffs": [[cliff.from_candidates, cliff.to_candidates] for cliff in shape.base_cliffs],
        "cliffs": [[cliff.from_candidates, cliff.to_candidates] for cliff in shape.other_cliffs],
    }


def _curves(pair: CurvePair) -> dict[str, Any]:
    return {
        "base_seq_len": pair.base_seq_len,
        "seq_len": pair.other_seq_len,
        "common_candidates": list(pair.candidates),
        "pearson": pair.pearson,
        "spearman": pair.spearman,
        "base_best": _best(pair.base_best),
        "best": _best(pair.other_best),
    }


def _best(best: Best | None) -> dict[str, Any] | None:
    if best is None:
        return None
    return {
        "candidates": best.candidates,
        "speedup": best.speedup,
        "not_told_apart": list(best.not_told_apart),
    }


def _order(order: OrderAt) -> dict[str, Any]:
    return {
        "candidates": order.candidates,
        "base_seq_lens_best_first": list(order.base),
        "seq_lens_best_first": list(order.other),
        "pairs": order.pairs,
        "agreeing": order.agreeing,
        "contradicting": order.contradicting,
    }


def _interval(of: Estimate) -> dict[str, float | None]:
    parts = zip(("median", "ci_low", "ci_high"), of, strict=True)
    return {name: part if math.isfinite(part) else None for name, part in parts}
