"""NOT TO BE COMMITTED: stands in until analysis.quantities and views.curves.figure are there."""

from dataclasses import dataclass
import numpy as np
from specprof.analysis.opened import Arrays
from specprof.views.curves.plot import draw_curves


@dataclass(frozen=True)
class Quantity:
    key: str
    name: str
    unit: str
    why: str = ""

    def unavailable(self, run):
        return self.why or (
            "A published figure gives speedups only."
            if run.published and self.key not in ("speedup", "overhead")
            else ""
        )

    def values(self, run, acceptance):
        if self.key == "speedup":
            return run.speedup(acceptance)
        if self.key == "overhead":
            return run.ratio()
        a = run.latency_ms()
        if self.key == "latency":
            return a
        t = 1000 * acceptance.expected_tokens(run.candidates) * np.array(run.batch_sizes)[:, None, None]
        return Arrays(t / a.median, t / a.high, t / a.low)


QUANTITIES = {
    q[0]: Quantity(*q)
    for q in (
        ("speedup", "Speedup", "×"),
        ("overhead", "Overhead", "×"),
        ("latency", "Latency", "ms"),
        ("tokens", "Tokens/s", ""),
        ("bandwidth", "Bandwidth", "", "Not known here: stub"),
    )
}


def figure_of(run, quantity, acceptance, batch_size, provisional=()):
    return (run, acceptance, batch_size)


def draw_figure(f, width, height, palette, glyphs, seq_lens=(), letters=None, overlay=()):
    return draw_curves(f[0].curves(f[1]), f[2], width, height, palette, glyphs, seq_lens)
