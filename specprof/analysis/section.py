"""The derived section of a run document: for people who read the JSON, never read back."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from specprof.analysis.acceptance import PUBLISHED, AcceptanceModel
from specprof.analysis.opened import Run
from specprof.analysis.validation.peers import peer_results
from specprof.analysis.validation.results import validation_results

if TYPE_CHECKING:
    from specprof.run.record import RunRecord


def with_analysis(opened: Run, acceptance: AcceptanceModel = PUBLISHED) -> RunRecord:
    """The record with its derived section filled in, for people who read the JSON."""
    curves = opened.curves(acceptance)
    section: dict[str, Any] = {
        "acceptance": {
            "name": acceptance.name,
            "formula": acceptance.formula,
            "parameters": acceptance.parameters,
            "source": acceptance.source,
        },
        **({"draft_cost": opened.draft.text} if opened.draft.formula else {}),
        "curves": [
            {
                "batch_size": curve.batch_size,
                "seq_len": curve.seq_len,
                "candidates": curve.candidates.tolist(),
                "speedup": curve.speedup.tolist(),
                "ci_low": curve.low.tolist(),
                "ci_high": curve.high.tolist(),
            }
            for curve in curves.curves
        ],
        "findings": [asdict(finding) for finding in opened.findings(acceptance)],
        **(_decoded(opened.record) if opened.record.plan.validation else {}),
    }
    return opened.record.model_copy(update={"analysis": section})


def _decoded(record: RunRecord) -> dict[str, Any]:
    peers = _peers(record)
    return {"validation": _validation(record), **({"transformers": peers} if peers else {})}


def _peers(record: RunRecord) -> list[dict[str, Any]]:
    """specprof's loops beside transformers' own, ms per token."""
    return [
        {
            **result.row._asdict(),
            "setting": result.setting.name if result.setting else None,
            "candidates": result.setting.candidates if result.setting else 1,
            "rounds": result.rounds,
            "specprof_ms_per_token": result.own_ms._asdict(),
            "transformers_ms_per_token": result.peer_ms._asdict(),
            "specprof_over_transformers": result.ratio._asdict(),
            "specprof_tokens_per_step": result.own_tokens_per_step,
            "transformers_tokens_per_step": result.peer_tokens_per_step,
            "tokens_unlike_greedy": result.unequal,
        }
        for result in peer_results(record)
    ]


def _validation(record: RunRecord) -> list[dict[str, Any]]:
    """Predicted and real speedup of every setting, with what the difference is made of."""
    return [
        {
            **result.row._asdict(),
            "setting": result.setting.name,
            "candidates": result.setting.candidates,
            "rounds": result.rounds,
            "tokens": result.tokens,
            "expected_tokens_per_step": result.setting.expected_tokens(),
            "tokens_per_step": result.realised,
            "simulated": result.simulated._asdict(),
            "predicted": result.predicted._asdict(),
            "real": result.real._asdict(),
            "difference": result.error._asdict(),
            "log_parts": result.gap._asdict(),
        }
        for result in validation_results(record)
    ]


def published(record: RunRecord) -> RunRecord:
    """The finished record as it is written."""
    return with_analysis(Run.of(record))
