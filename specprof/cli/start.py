"""Starting a run: in the app where there is a terminal, headless where there is none or it was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from specprof.analysis.acceptance import AcceptanceModel
    from specprof.cli.look_options import LookAsked
    from specprof.session.starting import Start
    from specprof.tui.app import SpecprofApp
    from specprof.tui.screens.measuring import LiveScreen


def start_run(
    start: Start, look: LookAsked, models: Sequence[AcceptanceModel], *, headless: bool, as_json: bool
) -> None:
    """Measures and shows it. Raises typer.Exit with the exit code."""
    from specprof.cli.screen import show_app, terminal_there

    if headless or as_json or not terminal_there():
        from specprof.cli.headless import run_headless

        raise typer.Exit(run_headless(start, look, models, as_json=as_json))
    start.check()

    def opens(app: SpecprofApp) -> LiveScreen:
        from specprof.tui.screens.measuring import LiveScreen

        return LiveScreen(start, alone=True)

    raise typer.Exit(show_app(opens, theme=look.theme, ascii_only=look.ascii_only, models=models))
