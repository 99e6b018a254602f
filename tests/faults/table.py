"""The table of rows and results that `pytest tests/faults --fault-table FILE` writes."""

from __future__ import annotations

import platform
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from specprof.version import __version__

from .rows import ROWS, rows_of

FOLDER = "tests/faults/"


@dataclass(eq=False)
class Table:
    """A plugin that counts what became of the tests of each row, and writes it to `path` at the end."""

    path: Path
    counts: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    reasons: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    said: dict[str, str] = field(default_factory=dict)
    """What tests reported beyond their result by `record_property`, as the kill test does of its kills."""
    began: float = field(default_factory=time.monotonic)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Counts a test once: by its call, or by the phase that kept it from being called."""
        if not report.nodeid.startswith(FOLDER) or (report.when != "call" and report.outcome == "passed"):
            return
        self.said.update((name, str(value)) for name, value in report.user_properties)
        for row in rows_of(report.nodeid.partition("[")[0].rpartition("::")[2]):
            self.counts[row][report.outcome] += 1
            if report.outcome == "skipped":
                reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
                self.reasons[row].add(reason.removeprefix("Skipped: "))

    def pytest_sessionfinish(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(self.text(), encoding="utf-8")

    def text(self) -> str:
        """The table in Markdown."""
        machine = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
        took = f"{time.strftime('%Y-%m-%d')}, {time.monotonic() - self.began:.0f} s"
        head = [
            "# What goes wrong, and what then happens",
            "",
            "Written by `python -m pytest tests/faults --fault-table docs/faults.md`: a row is tested by the",
            f"tests of `tests/faults` that bear its number. specprof {__version__}, {machine}, {took}.",
            "",
            "| # | fault | what the user sees | result |",
            "|---|---|---|---|",
        ]
        rows = [
            f"| {row} | {_cell(fault)} | {_cell(expected)} | {_cell(self._result(row))} |"
            for row, (fault, expected) in ROWS.items()
        ]
        more = [f"- {what}: {said}" for what, said in sorted(self.said.items())]
        return "\n".join([*head, *rows, *(["", *more] if more else [])]) + "\n"

    def _result(self, row: int) -> str:
        if not self.counts[row]:
            return "not run"
        counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(self.counts[row].items()))
        return "; ".join([counts, *sorted(self.reasons[row])])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
