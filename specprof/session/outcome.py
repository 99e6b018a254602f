"""How a run ended: what was measured, where it was written, and the exit code that says so."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from pathlib import Path

from specprof.run import events as ev
from specprof.run.record import RunRecord


@dataclass(frozen=True)
class Outcome:
    """`record` is None where nothing was measured: then nothing was written."""

    record: RunRecord | None
    path: Path
    fatal: ev.Fatal | None
    device_known: bool
    """Whether the child came far enough to say what it measures on."""
    device: str = "cpu"
    """As the plan names it."""
    signal_code: int = 0
    """128 + the signal that ended the run; 0 for none."""

    @property
    def exit_code(self) -> int:
        """DESIGN's codes: 128 + signal, the fault's own, 1 for bad cells, else 0."""
        if self.signal_code:
            return self.signal_code
        if self.fatal is not None:
            return self.fatal.exit_code
        if self.record is None or self.record.status == "cancelled":
            return 128 + signal.SIGINT  # somebody interrupted the measuring child itself
        verdicts = [cell.verdict for cell in self.record.cells]
        if all(verdict == "not_run" for verdict in verdicts):
            return 3
        return 1 if any(verdict in ("invalid", "failed", "oom") for verdict in verdicts) else 0

    @property
    def cpu_instead(self) -> str:
        """Why the CPU is measured where this GPU could not be opened."""
        what = self.fatal.what if self.fatal else "it did not answer"
        return f"this GPU cannot be used: {what}; measuring on the CPU instead"

    @property
    def no_device(self) -> bool:
        """Whether the device could not even be opened."""
        return self.fatal is not None and not self.device_known

    def sentences(self) -> list[str]:
        """What to say of it on stderr, one line each."""
        said = []
        if self.record is not None:
            said.append(f"{self.record.status} run written to {self.path}")
            if self.record.status in ("cancelled", "partial"):
                said.append(f"go on with it by: specprof run --resume --output {self.path}")
        elif self.fatal is None:
            said.append("stopped before anything was measured; nothing was written")
        if self.fatal is not None:
            said.append(self.fatal.what + (f": {self.fatal.remedy}" if self.fatal.remedy else ""))
        return said
