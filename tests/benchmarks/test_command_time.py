"""How long a command over a saved run of 56 cells takes, to its last byte: median of seven, at most 0.6 s."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest
from analysis.synthetic import plan_of, record_of

from specprof.plan.defaults import PUBLISHED_CANDIDATES, PUBLISHED_SEQ_LENS
from specprof.run.journal import document_text

TURNS = 7
LIMIT_S = 0.6


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The published grid with 40 samples a cell, twice."""
    folder = tmp_path_factory.mktemp("runs")
    plan = plan_of(batch_sizes=(4,), seq_lens=PUBLISHED_SEQ_LENS, candidates=PUBLISHED_CANDIDATES)
    paths = []
    for seed in (1, 2):
        record = record_of(
            plan, lambda c: 10 + c.candidates / 16 + c.seq_len / 2000, noise=0.01, rounds=40, seed=seed
        )
        paths.append(folder / f"{seed}.json")
        paths[-1].write_text(document_text(record))
    return paths


@pytest.mark.parametrize(
    "command",
    [
        ("show", 1),
        ("schedule", 1),
        ("recommend", 1, "--engine", "vllm"),
        ("recommend", 1, "--all"),
        ("tree", 1),
        ("compare", 2),
    ],
    ids=lambda command: " ".join(map(str, command)),
)
def test_a_command_ends_within_its_time(command, runs: list[Path]):
    name, files, *options = command
    words = [sys.executable, "-m", "specprof", name, *map(str, runs[:files]), *options]
    took = []
    for _ in range(TURNS):
        began = time.monotonic()
        subprocess.run(words, check=True, capture_output=True)
        took.append(time.monotonic() - began)
    shown = f"{min(took):.2f} to {max(took):.2f} s"
    print(
        f"\nspecprof {name} {' '.join(options)}: {statistics.median(took):.2f} s, median of {TURNS}, {shown}"
    )
    assert statistics.median(took) <= LIMIT_S
