"""Starting a run as it was asked for: on the device named, on the best one there is, or where it was left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from specprof.plan.asked import Asked
from specprof.plan.assemble import assemble
from specprof.run.journal import check_output
from specprof.session.outcome import Outcome
from specprof.session.recording import Recording, new_recording, resumed_recording
from specprof.telemetry.probe import probe


@dataclass(frozen=True)
class Start:
    """What to run and where to write it."""

    asked: Asked
    output: Path | None = None
    force: bool = False
    resume: bool = False

    def check(self) -> None:
        """Refuses, before any device is touched, what no device could measure or no folder take.

        Raises UsageProblem, EnvironmentProblem or WriteProblem.
        """
        if self.resume:
            return
        if self.asked.device is None:
            assemble(self.asked, self.asked.checked_on)
        if self.output is not None:
            check_output(self.output, force=self.force)

    async def recording(self) -> Recording:
        """The run, ready to be measured; its journal is open. Raises SpecprofError."""
        if self.resume:
            return resumed_recording(self.output, self.asked)
        device = self.asked.device or await best_device()
        return new_recording(assemble(self.asked, device), self.output, force=self.force)

    def on_cpu_instead(self, outcome: Outcome) -> Start | None:
        """The same run on the CPU, where the GPU that nobody asked for by name could not be opened."""
        unusable = outcome.no_device and self.asked.device is None and not self.resume
        if not unusable or (outcome.device or "cpu") == "cpu":
            return None
        return replace(self, asked=replace(self.asked, device="cpu"))


async def best_device() -> str:
    """`cuda` where NVML sees a GPU, else `cpu`: without importing torch."""
    found = await probe()
    return "cuda" if found.devices else "cpu"
