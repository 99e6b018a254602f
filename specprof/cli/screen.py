"""Whether the app can be shown, and how a command ends that showed it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from specprof.cli.garbage import collect_again
from specprof.cli.streams import say

if TYPE_CHECKING:
    from specprof.analysis.acceptance import AcceptanceModel
    from specprof.tui.app import Opens


def terminal_there(environ: Mapping[str, str] | None = None) -> bool:
    """Whether a terminal can carry the app: keyboard, screen and a TERM that can be drawn on."""
    environ = os.environ if environ is None else environ
    if environ.get("TERM", "") in ("", "dumb", "unknown"):
        return False
    try:
        return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))
    except ValueError:  # closed
        return False


def show_app(
    opens: Opens,
    *,
    theme: str | None = None,
    ascii_only: bool = False,
    models: Sequence[AcceptanceModel] = (),
) -> int:
    """The app from its first screen to its end. Returns the exit code; what it has to say is on stderr.

    `models` are the acceptance models asked for; the first is the one that is drawn.
    """
    from specprof.tui.launch import open_app

    collect_again()
    code, sentences = open_app(opens, theme=theme, ascii_only=ascii_only, models=models)
    for sentence in sentences:
        say(sentence)
    return code
