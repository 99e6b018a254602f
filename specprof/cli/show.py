"""`specprof show FILE`: table, curves and findings of a saved run."""

from __future__ import annotations

from typing import Annotated

import typer

from specprof.cli.assumptions import AcceptanceAsked, DraftCostAsked, models_from
from specprof.cli.look_options import Ascii, LookAsked, Theme


def show(
    file: Annotated[str, typer.Argument(help="A run file, or a sample's name (see: specprof samples).")],
    json: Annotated[bool, typer.Option("--json", help="Print the run document instead.")] = False,
    acceptance: AcceptanceAsked = None,
    draft_cost: DraftCostAsked = None,
    theme: Theme = None,
    ascii: Ascii = False,
) -> None:
    """Show a saved run: table, curves and findings."""
    from specprof.analysis.opened import load
    from specprof.cli.output import print_document, print_run

    models = models_from(acceptance)
    opened = load(file).with_draft(draft_cost)
    if json:
        print_document(opened, models[0])
    else:
        print_run(opened, LookAsked(theme, ascii), models)
