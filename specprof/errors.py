"""What can go wrong for a reason the user can act on: what was found, what to do, which exit code.

These are the only exceptions that cross a room's wall. The command line turns one into one line on
stderr and its exit code; anything else that escapes is a defect of specprof.
"""

from __future__ import annotations


class SpecprofError(Exception):
    """A fault with a remedy. `what` says what was found, `remedy` what to do about it."""

    exit_code = 1

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what}: {self.remedy}" if self.remedy else self.what


class UsageProblem(SpecprofError):
    """The command or plan asks for what cannot be asked."""

    exit_code = 2


class EnvironmentProblem(SpecprofError):
    """The machine lacks what the plan needs: a device, memory, a checkpoint, a package."""

    exit_code = 3


class RunFileProblem(SpecprofError):
    """A run file that cannot be trusted or understood."""

    exit_code = 4


class WriteProblem(SpecprofError):
    """The result cannot be written."""

    exit_code = 5
