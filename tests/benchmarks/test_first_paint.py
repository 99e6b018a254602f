"""How long after the command its first words stand on the screen: median of five, at most a second."""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

import pytest
from on_pty.terminal import Terminal

TURNS = 5


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Llama 7B"),
        (("run", "--device", "cpu"), "Findings"),
        (("replay", "llama-7b-cpu-bs1"), "Findings"),
    ],
    ids=["plan", "run", "replay"],
)
def test_the_first_paint_takes_at_most_a_second(arguments: tuple[str, ...], words: str, tmp_path: Path):
    took = []
    for _ in range(TURNS):
        began = time.monotonic()
        env = {f"XDG_{kind}_HOME": str(tmp_path) for kind in ("DATA", "STATE", "CONFIG", "CACHE")}
        with Terminal([sys.executable, "-m", "specprof", *arguments], env=env) as terminal:
            terminal.wait_for(words)
            took.append(time.monotonic() - began)
    print(f"\nspecprof {' '.join(arguments)}: first paint {statistics.median(took):.2f} s, "
          f"median of {TURNS}, {min(took):.2f} to {max(took):.2f} s")  # fmt: skip
    assert statistics.median(took) <= 1.0
