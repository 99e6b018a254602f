"""How long a measuring child may say nothing, by what it has said: a child that hangs is silent."""

from __future__ import annotations

from specprof.run import events as ev

START_TIMEOUT_S = 300.0
BUILD_TIMEOUT_S = 1800.0
ROW_TIMEOUT_S = 600.0
"""For what comes before the first sample: nobody knows yet how long a step takes here."""
SAMPLE_TIMEOUT_S = 120.0
EXIT_TIMEOUT_S = 10.0


class Patience:
    """Follows what one child says; `silence_s` is how long the next word may take."""

    def __init__(self, sample_timeout_s: float = SAMPLE_TIMEOUT_S) -> None:
        self.silence_s = START_TIMEOUT_S
        self.ended = False
        """Whether the child has said that it is at its end, well or not."""
        self._sample_timeout_s = sample_timeout_s
        self._longest_s = 0.0

    def follow(self, event: ev.EventModel, elapsed_s: float) -> None:
        """Takes one event without a fault, so many seconds after the run began."""
        if self.ended:
            return
        match event:
            case ev.EnvironmentRead():
                self.silence_s = BUILD_TIMEOUT_S
            case ev.ModelBuilt():
                self.silence_s = ROW_TIMEOUT_S
            case ev.WarmedUp():
                self._learn(max(event.discarded_ms, default=0.0), elapsed_s)
                self.silence_s = max(self.silence_s, self._for_a_sample())
            case ev.SampleTaken() | ev.DraftSampleTaken():
                self._learn(event.measured_ms, elapsed_s)
                self.silence_s = self._for_a_sample()
            case ev.BlockDecoded():
                self._learn(event.block.total_ms, elapsed_s)
                self.silence_s = self._for_a_sample()
            case ev.Continued():
                self.silence_s = self._for_a_sample()
            case ev.RunEnded() | ev.Cancelled() | ev.Fatal():
                self.ended = True
                self.silence_s = EXIT_TIMEOUT_S
            case _:
                pass

    def _learn(self, took_ms: float, elapsed_s: float) -> None:
        # no step can have taken longer than the run
        self._longest_s = max(self._longest_s, min(took_ms / 1e3, elapsed_s))

    def _for_a_sample(self) -> float:
        """The next step may be the largest K after the smallest: the slowest one so far counts."""
        return max(self._sample_timeout_s, 10 * self._longest_s)
