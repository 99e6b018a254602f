"""The `specprof` command: its commands, and the one place where a fault becomes a line and a code."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import typer

from specprof.cli import (
    accept,
    acceptance,
    compare,
    devices,
    export,
    recommend,
    replay,
    run,
    samples,
    schedule,
    show,
    themes,
    tree,
    validate,
)
from specprof.cli.look_options import Ascii, Theme
from specprof.cli.streams import reader_may_leave, say
from specprof.errors import SpecprofError
from specprof.version import __version__

if TYPE_CHECKING:
    from specprof.tui.app import SpecprofApp
    from specprof.tui.screens.plan import PlanScreen

app = typer.Typer(
    name="specprof",
    help="Measures on your own machine how many candidate tokens a speculative-decoding verify step "
    "should carry.",
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("run")(run.run)
app.command("replay")(replay.replay)
app.command("show")(show.show)
app.command("schedule")(schedule.schedule)
app.command("recommend")(recommend.recommend)
app.command("tree")(tree.tree)
app.command("validate")(validate.validate)
app.command("compare")(compare.compare)
app.command("export")(export.export)
app.command("accept")(accept.accept)
app.command("acceptance")(acceptance.acceptance)
app.command("devices")(devices.devices)
app.command("samples")(samples.samples)
app.command("themes")(themes.themes)


def _print_version(asked: bool) -> None:
    if asked:
        print(f"specprof {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
    ),
    theme: Theme = None,
    ascii: Ascii = False,
) -> None:
    """Measures how many candidate tokens a speculative-decoding verify step should carry.

    Without a command it opens the terminal app on the plan; Enter starts it.
    """
    if context.invoked_subcommand is None:
        raise typer.Exit(_open_plan(context, theme, ascii_only=ascii))


def _open_plan(context: typer.Context, theme: str | None, *, ascii_only: bool) -> int:
    from specprof.cli.screen import show_app, terminal_there

    if not terminal_there():
        print(context.get_help())
        say("there is no terminal to show the app in: specprof run measures without one")
        return 2

    def opens(app: SpecprofApp) -> PlanScreen:
        from specprof.tui.screens.plan import PlanScreen

        return PlanScreen()

    return show_app(opens, theme=theme, ascii_only=ascii_only)


def main() -> None:
    """Runs the command line and ends the process with the exit code of its outcome."""
    _open_standard_streams()
    code: str | int | None = 0
    try:
        app()
    except SystemExit as ending:  # typer ends so, well or not
        code = ending.code
    except SpecprofError as error:
        say(str(error))
        code = error.exit_code
    except KeyboardInterrupt:
        code = 130
    for stream in (sys.stdout, sys.stderr):
        with reader_may_leave(stream):
            pass  # it is flushed
    sys.exit(code)


def _open_standard_streams() -> None:
    """Fills closed descriptors 0, 1 and 2: a pipe of ours that landed there would be taken for them."""
    for number, mode in ((0, "r"), (1, "w"), (2, "w")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
            stream = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, ("stdin", "stdout", "stderr")[number], stream)
