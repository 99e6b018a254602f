"""The command in this process: a thousand of them take no thousand starts of Python."""

from __future__ import annotations

import io
import sys
from typing import Any
from unittest import mock

from typer.main import get_command

from specprof.cli import app

# typer makes its command anew each time it is called, which takes longer than most files
_COMMAND: Any = get_command(app.app)


def command(*words: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of `specprof WORDS`. What is no SpecprofError comes through."""
    out, said = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    code = 0
    with (
        mock.patch.object(app, "app", _COMMAND),
        mock.patch.object(sys, "argv", ["specprof", *words]),
        mock.patch.object(sys, "stdout", out),
        mock.patch.object(sys, "stderr", said),
    ):
        try:
            app.main()
        except SystemExit as ending:
            code = ending.code if isinstance(ending.code, int) else 1
    return code, _text(out), _text(said)


def _text(stream: io.TextIOWrapper) -> str:
    written: io.BytesIO = stream.detach()  # type: ignore[assignment]
    return written.getvalue().decode("utf-8")
