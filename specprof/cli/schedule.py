"""`specprof schedule FILE`: how many candidates at each batch size and length, and what would change it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from specprof.cli.assumptions import AcceptanceAsked, DraftCostAsked
from specprof.cli.look_options import Ascii, LookAsked, Theme

if TYPE_CHECKING:
    from specprof.analysis.opened import Run
    from specprof.analysis.schedule import Schedule
    from specprof.analysis.sensitivity import Sensitivity
    from specprof.run.statistics import Estimate


def schedule(
    file: Annotated[str, typer.Argument(help="A run file, or a sample's name (see: specprof samples).")],
    acceptance: AcceptanceAsked = None,
    draft_cost: DraftCostAsked = None,
    seq_len: Annotated[
        int | None, typer.Option("--seq-len", help="Only this length of the prefix.", metavar="TOKENS")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
    theme: Theme = None,
    ascii: Ascii = False,
) -> None:
    """Show the best number of candidates per batch size and length, and how sure that is.

    Under the first acceptance model; all of them, or one of each kind where none is given, stand side by
    side at the end.
    """
    import io
    import json as json_text
    import sys

    from specprof.analysis.acceptance import ACCEPTANCE_MODELS
    from specprof.analysis.opened import load
    from specprof.analysis.schedule import schedule_of
    from specprof.analysis.sensitivity import sensitivity
    from specprof.cli.assumptions import models_from
    from specprof.cli.streams import print_text

    models = models_from(acceptance)
    run = load(file).with_draft(draft_cost)
    decided = schedule_of(run, models[0], seq_len=seq_len)
    compared = sensitivity(run, models if acceptance else ACCEPTANCE_MODELS, seq_len=seq_len)
    if json:
        document = {**_measured(run), **_document(decided, compared)}
        print_text(json_text.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n")
        return
    from specprof.views.decision.head import head_lines, warning_lines
    from specprof.views.decision.heatmap import heatmap
    from specprof.views.decision.schedule import schedule_lines
    from specprof.views.decision.sensitivity import sensitivity_lines
    from specprof.views.sections import print_sections

    surface = LookAsked(theme, ascii).surface(sys.stdout)
    how = surface.width, surface.palette(), surface.glyphs
    drawn = io.StringIO()  # drawn first, printed then: rich ends the whole program where a reader leaves
    print_sections(
        surface.console(drawn),
        [
            head_lines(run.record, decided, *how),
            heatmap(decided, *how),
            schedule_lines(decided, *how),
            sensitivity_lines(compared, *how),
            warning_lines(run.warnings, *how),
        ],
    )
    print_text(drawn.getvalue())


def _measured(run: Run) -> dict[str, Any]:
    """What it was measured on, in a few words; the run's file holds the rest."""
    from specprof.run.sanitize import clean

    return {
        "run_id": clean(run.record.run_id),
        "model": clean(run.record.plan.model.title),
        "published": run.published,
        "estimated": run.estimated,
        "warnings": list(run.warnings),
    }


def _document(decided: Schedule, compared: Sensitivity) -> dict[str, Any]:
    """The same as JSON: K counts the root, `drafts` does not."""
    return {
        "acceptance": {"text": decided.acceptance.text, "formula": decided.acceptance.formula},
        "draft_cost": decided.draft.text,
        "choices": [
            {
                "batch_size": choice.batch_size,
                "seq_len": choice.seq_len,
                "candidates": choice.candidates,
                "drafts": choice.drafts,
                "speedup": _estimate(choice.speedup),
                "highest": choice.highest,
                "as_good": choice.as_good,
                "pays": choice.pays,
                "certain": choice.certain,
                "break_even_alpha": choice.break_even_alpha,
                "one_for_all_loss": _finite(loss),
                "measured": choice.measured,
                "reason": choice.reason,
            }
            for choice, loss in zip(decided.choices, decided.one_for_all_loss, strict=True)
        ],
        "one_for_all": decided.one_for_all,
        "by_batch": [
            {
                "first": one.first,
                "last": one.last,
                "candidates": one.candidates,
                "measured_at": one.measured_at,
            }
            for one in decided.by_batch()
        ],
        "sensitivity": [
            {
                "batch_size": row.batch_size,
                "seq_len": row.seq_len,
                "answers": [
                    None
                    if answer is None
                    else {
                        "acceptance": model.text,
                        "candidates": answer.candidates,
                        "as_good": answer.as_good,
                        "speedup": _estimate(answer.speedup),
                        "gain_may_change": [answer.holds[0], _finite(answer.holds[1])],
                    }
                    for model, answer in zip(compared.models, row.answers, strict=True)
                ],
            }
            for row in compared.rows
        ],
    }


def _estimate(estimate: Estimate) -> dict[str, float | None]:
    return {name: _finite(value) for name, value in estimate._asdict().items()}


def _finite(value: float) -> float | None:
    """JSON has neither infinity nor NaN."""
    return value if abs(value) < float("inf") else None
