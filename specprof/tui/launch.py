"""Opening the app on a terminal, and leaving the terminal as it was, however the app ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import sys
import termios
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from specprof.analysis.acceptance import AcceptanceModel
from specprof.tui.app import Opens, SpecprofApp
from specprof.tui.driver import leave_terminal
from specprof.views.terminal import surface_of
from specprof.views.themes import named_theme

LOOK_S = 1.0
"""How often it is asked whether the terminal is still there."""

PATIENCE_S = 4.0
"""How long a signalled app may take to end by itself: Slurm and others kill after five seconds."""


def open_app(
    opens: Opens,
    *,
    theme: str | None = None,
    ascii_only: bool = False,
    models: Sequence[AcceptanceModel] = (),
) -> tuple[int, list[str]]:
    """Runs the app to its end. Returns the exit code, and what to say on stderr then.

    `models` are the acceptance models that the user asked for.
    """
    if not os.environ.get("NO_COLOR", "unset"):
        del os.environ["NO_COLOR"]  # set to nothing it asks for nothing; textual would obey it
    surface = surface_of(sys.stderr, theme=theme, ascii_only=ascii_only)  # textual draws there
    palette = named_theme(surface.theme)
    if not palette.colour:
        surface = replace(surface, depth=None)
    with _terminal_restored():
        app = SpecprofApp(surface, palette, opens, ascii_only=surface.glyphs.ascii, models=models)
        code = asyncio.run(_run(app))
    return code, app.farewell


async def _run(app: SpecprofApp) -> int:
    with _signals_caught(app):
        watching = asyncio.create_task(_watch_terminal(app))
        try:
            await app.run_async()
        finally:
            watching.cancel()
            await app.end_recording()
    if app.return_value is not None:
        return app.return_value
    return app.return_code or app.exit_code


@contextlib.contextmanager
def _signals_caught(app: SpecprofApp) -> Iterator[None]:
    """Textual restores the terminal on SIGINT only. nohup is honoured."""
    loop = asyncio.get_running_loop()
    caught = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        caught.append(signal.SIGHUP)

    def on_signal(number: signal.Signals) -> None:
        app.on_signal(number)
        # nothing may keep a signalled program: its journal is on disk, --resume goes on with it
        loop.call_later(PATIENCE_S, _leave_now, 128 + number)

    for number in caught:
        loop.add_signal_handler(number, on_signal, number)
    try:
        yield
    finally:
        for number in caught:
            loop.remove_signal_handler(number)


async def _watch_terminal(app: SpecprofApp) -> None:
    """Notices a terminal that is gone without a SIGHUP, as a program in the background has it.

    Textual's reader of the keyboard would take the end of the file for no key, and ask again for ever.
    """
    terminal = select.poll()
    terminal.register(sys.stdin.fileno(), 0)
    while not terminal.poll(0):
        await asyncio.sleep(LOOK_S)
    app.terminal_gone(goes_on=signal.getsignal(signal.SIGHUP) is signal.SIG_IGN)


_found: list[tuple[int, list[Any]]] = []


@contextlib.contextmanager
def _terminal_restored() -> Iterator[None]:
    """Puts the terminal's settings back, whether or not the driver could."""
    _found.clear()
    with contextlib.suppress(termios.error, OSError, ValueError):
        _found.append((sys.stdin.fileno(), termios.tcgetattr(sys.stdin.fileno())))
    ended = False
    try:
        yield
        ended = True
    finally:
        _restore(also_screen=not ended)


def _restore(*, also_screen: bool) -> None:
    if also_screen:
        leave_terminal(2)
    for descriptor, settings in _found:
        with contextlib.suppress(termios.error):
            termios.tcsetattr(descriptor, termios.TCSANOW, settings)


def _leave_now(code: int) -> None:
    _restore(also_screen=True)
    os._exit(code)
