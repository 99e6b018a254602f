"""Opens spoilt files, one after the other, as the command does that a user gives.

    python tests/faults/fuzz_worker.py FILES DESK SEED FIRST COUNT

FILES holds folders of whole files: `runs`, `acceptance`, `themes`. Number N of a seed is always the same
spoilt file, so that FIRST = N and COUNT = 1 tries that one again. All go through this one process, whose most
memory is watched. What is wrong is a line of JSON in DESK/found and the file beside it; what became of how
many is in DESK/counts at the end.
"""

from __future__ import annotations

import collections
import faulthandler
import json
import os
import random
import re
import resource
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from in_process import command
from mutations import Spoiler

from specprof.analysis.opened import load
from specprof.errors import SpecprofError
from specprof.run.record import RunRecord

MOST_BYTES = 200_000_000
MOST_CPU_S = 20.0
"""A plan of 10,000 cells is drawn in 5 s, on a quiet machine."""
HANGS_S = 120.0
BY_COMMAND_EVERY = 12
"""All are loaded and computed with; of those that can be, and of those refused, one in so many goes through a
command: what it draws takes ten times as long."""
COMMANDS = (
    ("show", "{}"),
    ("show", "{}", "--json"),
    ("show", "{}"),
    ("schedule", "{}"),
    ("show", "{}", "--ascii"),
    ("compare", "{}", "{}"),
    ("show", "{}"),
    ("export", "{}", "--to", "html", "--output", "-"),
    ("show", "{}"),
    ("recommend", "{}", "--all"),
    ("show", "{}"),
    ("tree", "{}"),
    ("show", "{}"),
    ("export", "{}", "--to", "csv", "--output", "-"),
    ("schedule", "{}", "--json"),
    ("compare", "{}", "{}", "--json", "--force"),
)
_PLACES = (
    rf"({'|'.join(RunRecord.model_fields)})\b[^ ]*: ",  # a path in the document
    r"line \d+: ",  # of a journal
    r"batch \d+, seq_len \d+",
    r"not JSON: .* line \d+, column \d+$",
    r"nested deeper than \d+ levels at character \d+",
    r"\d+ lists and objects are more than a run holds",
    r"the key '",
    r".*: (the key is given twice|an integer of \d+ digits|\S+ is not a( finite)? number)$",
)
_WHOLES = (  # no run file at all, or none of this version, which is said before anything in it is looked at
    r"not a specprof run file",
    r"not UTF-8 at byte \d+",
    r"binary or UTF-16",
    r"begins with a byte order mark",
    r"the file is empty",
    r"a journal cut off before",
    r"written by ",
)
_TOLD = re.compile("|".join((*_PLACES, *_WHOLES)))
_SHOWN = 2


class Worker:
    def __init__(self, files: Path, desk: Path) -> None:
        self.spoilers = {
            kind: Spoiler({path.name: path.read_bytes() for path in (files / kind).iterdir()})
            for kind in ("runs", "acceptance", "themes")
        }
        self.desk = desk
        self.counts: collections.Counter[str] = collections.Counter()
        self.themes = desk / "config" / "specprof" / "themes"
        self.themes.mkdir(parents=True)
        os.environ["XDG_CONFIG_HOME"] = str(desk / "config")
        self.number = 0

    def try_one(self, seed: str, number: int) -> None:
        """Makes the spoilt file, opens it, and notes what is wrong with what happened."""
        self.number = number
        source = random.Random(f"{seed}/{number}")
        kind = source.choices(("runs", "acceptance", "themes"), (96, 3, 1))[0]
        name, data = self.spoilers[kind].spoilt(source)
        folder = self.themes if kind == "themes" else self.desk
        path = folder / name
        path.write_bytes(data)
        (self.desk / "at").write_text(f"{number} {name}")
        faulthandler.dump_traceback_later(HANGS_S, exit=True)
        began = time.process_time()
        try:
            fault = getattr(self, f"_open_{kind}")(path, data)
        except Exception:
            fault = "an exception: " + traceback.format_exc()
        took = time.process_time() - began
        faulthandler.cancel_dump_traceback_later()
        if fault is None and took > MOST_CPU_S:
            fault = f"took {took:.1f} s"
        if fault is None and peak_bytes() > MOST_BYTES:
            fault = f"took {peak_bytes() >> 20} MiB"
        self.counts[kind] += 1
        if fault is not None:
            self._note(seed, name, data, fault)
        path.unlink()

    def _note(self, seed: str, name: str, data: bytes, fault: str) -> None:
        self.counts["wrong"] += 1
        kept = self.desk / f"{seed}-{self.number}-{name}"
        kept.write_bytes(data)
        with (self.desk / "found").open("a") as file:
            file.write(json.dumps({"number": self.number, "file": str(kept), "fault": fault}) + "\n")

    def _open_runs(self, path: Path, data: bytes) -> str | None:
        try:
            run = load(path)
            run.findings()
        except SpecprofError as problem:
            self.counts["refused"] += 1
            if problem.exit_code != 4:
                return f"refused with {problem.exit_code}: {problem}"
            if self.counts["refused"] % BY_COMMAND_EVERY:
                return unplaced(path, f"specprof: {problem}\n")
            code, out, said = command("show", str(path))
            return (
                f"show ended with {code}" if code != 4 else unplaced(path, said) or refusal_fault(out, said)
            )
        self.counts["loaded"] += 1
        self.counts["loaded with a warning"] += bool(run.warnings)
        turn, rest = divmod(self.counts["loaded"], BY_COMMAND_EVERY)
        return None if rest else self._shown(path, COMMANDS[turn % len(COMMANDS)])

    def _shown(self, path: Path, words: Sequence[str]) -> str | None:
        """Other commands than show may find nothing in it that they could say: 2."""
        code, out, said = command(*(word.format(path) for word in words))
        self.counts["by a command"] += 1
        if code not in (0, 0 if words[0] == "show" else 2):
            return f"{' '.join(words)} ended with {code}: {said}"
        return refusal_fault(out, said) if code else shown_fault(out, said)

    def _open_acceptance(self, path: Path, data: bytes) -> str | None:
        code, out, said = command("acceptance", str(path))
        self.counts[f"acceptance {code}"] += 1
        if code not in (0, 2, 4):
            return f"acceptance ended with {code}: {said}"
        return refusal_fault(out, said) if code else shown_fault(out, said)

    def _open_themes(self, path: Path, data: bytes) -> str | None:
        code, out, said = command("themes")
        self.counts["themes shown" if not said else "themes complained"] += 1
        return f"themes ended with {code}: {said}" if code else shown_fault(out, said)


def refusal_fault(out: str, said: str) -> str | None:
    """What is wrong with a refusal: it is one printable line on stderr, and nothing on stdout."""
    if out:
        return f"refused, and yet wrote {out[:200]!r}"
    if not (said.startswith("specprof: ") and said.endswith("\n") and said[:-1].isprintable()):
        return f"not one printable line: {said!r}"
    return None


def shown_fault(out: str, said: str) -> str | None:
    """What is wrong with what a terminal gets: printable lines, and no word of a crash."""
    # tables for programs are divided by tabs, and no text of a file keeps one
    bad = [line for line in (out + said).split("\n") if not line.replace("\t", "").isprintable()]
    if bad:
        return f"not printable: {bad[:_SHOWN]!a}"
    if not out.strip() and not said:
        return "nothing was said"
    return None


def unplaced(path: Path, said: str) -> str | None:
    """Whether a refusal does not tell where in the file the fault is."""
    rest = said.removeprefix(f"specprof: {path}: ").strip()
    return None if _TOLD.match(rest) else f"no place in the document: {rest}"


def peak_bytes() -> int:
    # not ru_maxrss, which begins with what the parent had at the fork
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024  # type: ignore[index]


def run(files: Path, desk: Path, seed: str, first: int, count: int) -> None:
    # what asks for more than there is shall fail here and not take the machine with it
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    worker = Worker(files, desk)
    for number in range(first, first + count):
        worker.try_one(seed, number)
    counts = {**worker.counts, "peak_bytes": peak_bytes()}
    (desk / "counts").write_text(json.dumps(counts))


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
