"""Thousands of spoilt files: each is shown, or refused in one line that says where it is wrong.

`pytest tests/faults/test_fuzz.py --mutations 1000000` tries more of them.
"""

from __future__ import annotations

import collections
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from .corpus import run_files, write_files
from .mutations import Spoiler

WORKER = Path(__file__).resolve().parent / "fuzz_worker.py"
SEED = "1"
CHUNK = 5000
MOST_SAID = 5


@dataclass
class Fuzzing:
    """Workers over the spoilt files of one seed, each over no more than CHUNK of them."""

    files: Path
    folder: Path
    counts: collections.Counter[str] = field(default_factory=collections.Counter)
    faults: list[str] = field(default_factory=list)
    peak_bytes: int = 0

    def run(self, count: int) -> None:
        chunks = [(first, min(CHUNK, count - first)) for first in range(0, count, CHUNK)]
        with ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
            for desk, code in pool.map(lambda chunk: self._worker(*chunk), chunks):
                self._take(desk, code)

    def _worker(self, first: int, count: int) -> tuple[Path, int]:
        desk = self.folder / f"desk-{first}"
        desk.mkdir()
        words = [sys.executable, str(WORKER), self.files, desk, SEED, first, count]
        with (desk / "log").open("wb") as log:
            done = subprocess.run(list(map(str, words)), stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        return desk, done.returncode

    def _take(self, desk: Path, code: int) -> None:
        """What a worker found, and how it ended where that was not well."""
        found = desk / "found"
        self.faults += found.read_text().splitlines() if found.exists() else []
        if code:
            at, log = (desk / "at").read_text(), (desk / "log").read_text()[-3000:]
            self.faults.append(f"ended with {code} at {at}, whose file lies in {desk}: {log}")
            return
        counts = json.loads((desk / "counts").read_text())
        self.peak_bytes = max(self.peak_bytes, counts.pop("peak_bytes"))
        self.counts.update(counts)


@pytest.mark.timeout(0)  # as long as it takes: a worker ends itself where a single file does
def test_rows_36_37_40_41_42_46_a_spoilt_file_is_shown_or_refused_with_the_place(
    tmp_path: Path, request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
):
    count = int(request.config.getoption("--mutations", default=10_000))
    fuzzing = Fuzzing(write_files(tmp_path / "files"), tmp_path)
    fuzzing.run(count)
    faults, counts = fuzzing.faults, fuzzing.counts
    assert not faults, f"seed {SEED}, {len(faults)} of {count}:\n" + "\n".join(faults[:MOST_SAID])
    tried = counts["runs"] + counts["acceptance"] + counts["themes"]
    assert tried == count
    # neither all refused nor all loaded: then the fuzzer would look at one half of the loader only
    assert 0.2 < counts["loaded"] / counts["runs"] < 0.8
    record_property(
        "fuzzer",
        f"{tried:,} spoilt files (seed {SEED}): {counts['loaded']:,} runs loaded, "
        f"{counts['loaded with a warning']:,} of them with a warning, {counts['refused']:,} refused with 4, "
        f"{counts['acceptance']:,} files of acceptance, {counts['themes']:,} themes; "
        f"no other exception, none hung; most memory {fuzzing.peak_bytes / 1e6:.0f} MB",
    )


def test_a_seed_gives_one_spoilt_file_again():
    files = run_files()
    first, second = (
        [spoiler.spoilt(random.Random(f"{SEED}/{number}")) for number in range(20)]
        for spoiler in (Spoiler(files), Spoiler(files))
    )
    assert first == second
    assert sum(data != files[name] for name, data in first) > 15
