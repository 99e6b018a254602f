"""What to paste into each engine, for the run, acceptance model and cell that are on the screen."""

from __future__ import annotations

from dataclasses import dataclass

from specprof.analysis.acceptance import AcceptanceModel
from specprof.analysis.drafting import formula_of
from specprof.analysis.opened import Run
from specprof.analysis.schedule import Schedule, schedule_of
from specprof.engines.registry import ENGINES, settings_for
from specprof.engines.settings import Asked, Settings
from specprof.errors import SpecprofError


@dataclass(frozen=True)
class EngineNow:
    engine: str
    settings: Settings | None
    problem: str
    """Why there are none, in a sentence."""


class EngineSettings:
    """Made once per engine: the schedule behind them is the same for all."""

    def __init__(self, run: Run, acceptance: AcceptanceModel, batch_size: int, seq_len: int | None) -> None:
        self._run, self.acceptance = run, acceptance
        self._asked = Asked(batch_size=batch_size, seq_len=seq_len)
        self._schedule: Schedule | None = None
        self._made: dict[str, EngineNow] = {}

    @property
    def formula(self) -> str:
        """What the settings rest on."""
        return formula_of(self.acceptance, self._run.draft)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(ENGINES)

    def of(self, engine: str) -> EngineNow:
        if engine not in self._made:
            self._made[engine] = self._make(engine)
        return self._made[engine]

    def _make(self, engine: str) -> EngineNow:
        try:
            if self._schedule is None:
                self._schedule = schedule_of(self._run, self.acceptance, seq_len=self._asked.seq_len)
            return EngineNow(engine, settings_for(engine, self._run, self._schedule, self._asked), "")
        except SpecprofError as problem:
            return EngineNow(engine, None, str(problem))
