"""An hour of the app in a terminal: replay, results, runs, themes, sizes, and round again.

SPECPROF_LONG_S is how long, in seconds; an hour without it. A minute shows that the tour works, and little
of memory: an interpreter that has just begun still grows.
"""

from __future__ import annotations

import os
import statistics
import sys
from pathlib import Path

import pytest
from tour import RESULTS, THEMES, ForgetfulTerminal, Tour
from usage import Usage, mib_an_hour, quarter

from specprof.places import samples_folder

LONG_S = float(os.environ.get("SPECPROF_LONG_S", "3600"))
SAMPLE = "llama-7b-cpu-bs1"
COPIES = 3
"""Saved runs in the results folder."""

KINDS = ("handles", "threads", "children")
MOST_GROWTH = 1.05
"""From the second quarter's median to the last one's: in an hour three of these would be a leak."""

MOST_SLOWER = 2.0
"""The last quarter's median answer over the second's: others use this machine too."""


def saved_runs(home: Path) -> None:
    folder = home / "data" / "specprof" / "runs"
    folder.mkdir(parents=True)
    for number in range(1, COPIES + 1):
        (folder / f"copy-{number}.json").write_bytes((samples_folder() / f"{SAMPLE}.json").read_bytes())


@pytest.mark.timeout(LONG_S + 600)
def test_an_hour_of_the_app_leaves_memory_and_handles_flat(tmp_path: Path):
    saved_runs(tmp_path)
    kinds = ("DATA", "STATE", "CACHE", "CONFIG")
    env = {f"XDG_{kind}_HOME": str(tmp_path / kind.lower()) for kind in kinds}
    command = [sys.executable, "-m", "specprof", "replay", SAMPLE]
    print()
    with ForgetfulTerminal(command, columns=120, rows=40, env=env, cwd=tmp_path) as terminal:
        terminal.wait_for("Findings")
        usage = Usage(terminal.pid, every_s=min(10.0, LONG_S / 60))
        tour = Tour(terminal, usage.look)
        tour.key("enter", RESULTS)
        while usage.t_s < LONG_S:
            tour.once()
        terminal.press("q")
        assert terminal.wait_exit() == 0
        terminal.assert_restored()

    readings = usage.readings
    second, last = quarter(readings, 2), quarter(readings, 4)
    before, after = (statistics.median(one.rss_mib for one in some) for some in (second, last))
    took = [
        [answer.took_s for answer in tour.answers if low < answer.t_s / usage.t_s <= low + 0.25]
        for low in (0.25, 0.75)
    ]
    slower = statistics.median(took[1]) / statistics.median(took[0])
    worst = max(tour.answers, key=lambda answer: answer.took_s)
    print(
        f"{usage.t_s:.0f} s, {tour.rounds} rounds, {len(tour.answers)} keys waited for, "
        f"{len(readings)} readings, themes {', '.join(sorted(tour.theme_names))}\n"
        f"memory: first {readings[0].rss_mib:.1f}, second quarter {before:.1f}, last quarter {after:.1f} MiB "
        f"({after / before:.3f} of the second), slope of the last three quarters "
        f"{mib_an_hour(readings[len(readings) // 4 :]):+.2f} MiB an hour"
    )
    for kind in KINDS:
        least = [min(getattr(one, kind) for one in some) for some in (second, last)]
        most = max(getattr(one, kind) for one in readings)
        print(f"{kind}: least {least[0]} in the second quarter, {least[1]} in the last; most {most}")
    print(
        f"answers: median {1e3 * statistics.median(took[0]):.0f} ms in the second quarter, "
        f"{1e3 * statistics.median(took[1]):.0f} ms in the last; worst {1e3 * worst.took_s:.0f} ms for "
        f"{worst.key} after {worst.t_s:.0f} s",
        flush=True,
    )
    assert len(tour.theme_names) == THEMES
    assert after <= MOST_GROWTH * before
    # a file that is being read opens one more for a moment; one that is never closed raises the least, too
    for kind in KINDS:
        assert min(getattr(r, kind) for r in last) <= min(getattr(r, kind) for r in second), kind
    assert slower <= MOST_SLOWER
