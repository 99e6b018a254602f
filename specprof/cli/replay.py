"""`specprof replay FILE`: a saved run on the live screen, in its own time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

import typer

from specprof.cli.assumptions import AcceptanceAsked, DraftCostAsked, models_from
from specprof.cli.look_options import Ascii, LookAsked, Theme
from specprof.errors import UsageProblem

if TYPE_CHECKING:
    from textual.screen import Screen

    from specprof.tui.app import SpecprofApp


def replay(
    file: Annotated[str, typer.Argument(help="A run file, or a sample's name (see: specprof samples).")],
    speed: Annotated[
        str,
        typer.Option(help="Times faster than it was measured, or max for the end at once.", metavar="N|max"),
    ] = "1",
    acceptance: AcceptanceAsked = None,
    draft_cost: DraftCostAsked = None,
    theme: Theme = None,
    ascii: Ascii = False,
) -> None:
    """Play a saved run back as it was measured."""
    from specprof.analysis.opened import load
    from specprof.cli.output import print_run
    from specprof.cli.screen import show_app, terminal_there
    from specprof.cli.streams import say

    times = _times(speed)
    models = models_from(acceptance)
    run = load(file).with_draft(draft_cost)
    if not terminal_there():
        say("there is no terminal to play it in: this is its end")
        print_run(run, LookAsked(theme, ascii), models)
        return

    def opens(app: SpecprofApp) -> Screen[None]:
        from specprof.tui.screens.opened import replay_screen

        return replay_screen(run, times)

    raise typer.Exit(show_app(opens, theme=theme, ascii_only=ascii, models=models))


def _times(speed: str) -> float:
    try:
        times = math.inf if speed.strip().lower() == "max" else float(speed)
    except ValueError:
        times = math.nan
    if not times > 0:
        raise UsageProblem(f"--speed wants a number above 0 or max, not {speed[:40]!a}")
    return times
