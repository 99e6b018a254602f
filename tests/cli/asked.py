"""A command called as the command line calls it, in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import typer
from typer.testing import CliRunner

from specprof.errors import SpecprofError


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    said: str


def ask(command: Callable[..., None], *arguments: object) -> Answer:
    """What `command` prints and says with these arguments, and its exit code."""
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(command)
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if isinstance(done.exception, SpecprofError):
        return Answer(done.exception.exit_code, done.stdout, f"specprof: {done.exception}\n")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Answer(done.exit_code, done.stdout, done.stderr)
