"""A measuring child without torch: it says what a real one says and misbehaves where it is told to.

    python fake_child.py FOLDER --events FD --job FD --wishes FD

FOLDER/deeds.json is a list of `[start, moment, deed]`: at the given start of the child (from 0), when the
moment comes, the deed is done. Moments: `start`, `environment`, `trying MODE`, `built`, `preparing K`,
`warming K`, `warming K again` (after a round), `warmed`, `sample N` (before the N-th sample of this process),
`round N` (after the N-th round), `row` (after one), `paused`, `end`.
FOLDER/log gets a line for every start and every signal; FOLDER/job.N is the job of start N.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROUNDS = 4
CPU = {"kind": "cpu", "name": "Made-up CPU", "cores": 2, "threads": 2}


class Child:
    def __init__(self, folder: Path, events: int, job: dict, wishes: int) -> None:
        self.folder = folder
        self.events = events
        self.wishes = wishes
        self.pause_wanted = False
        os.set_blocking(wishes, False)
        self.job = job
        self.plan = job["plan"]
        self.start = sum(line.startswith("start") for line in self.logged())
        self.log(f"start {os.getpid()}")
        (folder / f"job.{self.start}").write_text(json.dumps(job))
        told = json.loads((folder / "deeds.json").read_text())
        self.deeds = {moment: deed for start, moment, deed in told if start == self.start}
        self.device = json.loads((folder / "device.json").read_text())
        self.asked_to_stop = False
        self.samples = self.rounds = 0
        self.ended = {tuple(cell) for cell in job["ended"]}
        signal.signal(signal.SIGINT, self.on_sigint)

    def logged(self) -> list[str]:
        path = self.folder / "log"
        return path.read_text().splitlines() if path.exists() else []

    def log(self, line: str) -> None:
        with open(self.folder / "log", "a") as file:
            file.write(line + "\n")

    def on_sigint(self, *_: object) -> None:
        self.log("SIGINT")
        self.asked_to_stop = True

    def write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self.events, data) :]

    def say(self, event: str, **fields: object) -> None:
        t_s = max(0.0, time.monotonic() - self.job["origin_s"])
        self.write(json.dumps({"event": event, "t_s": t_s, **fields}).encode() + b"\n")

    def moment(self, name: str) -> None:
        deed = self.deeds.get(name)
        if deed is None:
            return
        self.log(f"{deed!r} at {name}" if not deed.isprintable() else f"{deed} at {name}")
        match deed.split():
            case ["kill"]:
                os.kill(os.getpid(), signal.SIGKILL)
            case ["kill", "after", *words]:
                self.write(" ".join(words).encode() + b"\n")
                os.kill(os.getpid(), signal.SIGKILL)
            case ["exit", code]:
                print("ValueError: the last word", flush=True)
                sys.exit(int(code))
            case ["die", "saying", *words]:
                print(" ".join(words), flush=True)
                sys.exit(9)
            case ["sleep", seconds]:
                time.sleep(float(seconds))
            case ["hang"]:
                self.linger()
            case ["wait"]:
                self.linger(lambda: self.asked_to_stop)
            case ["pause"]:
                self.linger((self.folder / "go on").exists)
            case ["deaf", *names]:
                for number in names:
                    signal.signal(signal.Signals[number], lambda n, _: self.log(f"ignored {n}"))
                self.log("hears nothing")
                self.linger()
            case ["garbage"]:
                self.write(b'hello\n\n{}\n[1]\nnull\n\xff\xfe\x00\n{"event":"sample","measured_ms":NaN}\n')
            case ["long"]:
                self.write(b"x" * 2_000_000 + b"\n")
            case ["torn"]:
                self.write(b'{"event":"sample","t_s":1.0,"batch')
                sys.exit(0)
            case ["fatal"]:
                self.say("fatal", exit_code=3, what="no memory", remedy="buy some")
                sys.exit(3)
            case ["trail"]:
                self.say("notice", level="info", text="said after the end")
            case ["mute"]:
                os.close(self.events)
                self.linger()
            case ["say", *words]:
                self.write(" ".join(words).encode() + b"\n")
            case ["flood", count]:
                self.flood(int(count))
            case _:
                raise ValueError(deed)

    def flood(self, count: int) -> None:
        """As many samples of the first cell as fast as they go, of a round that no other sample has."""
        place = {"batch_size": 1, "seq_len": self.plan["seq_lens"][0], "candidates": 1}
        line = {"event": "sample", "t_s": 1.0, **place, "round": 9999, "measured_ms": 10.0}
        lines = (json.dumps(line).encode() + b"\n") * 1000
        for thousand in range(count // 1000):
            self.write(lines)
            self.log(f"wrote {1000 * (thousand + 1)}")

    def rest(self) -> bool:
        """Pauses as long as it is wished, between two rounds. Whether it did."""
        self.hear()
        if not self.pause_wanted:
            return False
        self.say("paused")
        self.moment("paused")
        self.linger(lambda: self.hear() or self.asked_to_stop or not self.pause_wanted)
        if self.asked_to_stop:
            self.say("cancelled", reason="interrupted")
            sys.exit(0)
        self.say("continued")
        return True

    def hear(self) -> None:
        try:
            wishes = os.read(self.wishes, 100)
        except BlockingIOError:
            return
        if not wishes:
            sys.exit(1)
        self.log(f"wishes {wishes.decode()}")
        self.pause_wanted = wishes.endswith(b"p")

    def linger(self, until: Callable[[], bool] = lambda: False) -> None:
        """Does nothing until something is so, or for ever; not longer than its parent lives."""
        parent = os.getppid()
        while os.getppid() == parent and not until():
            time.sleep(0.01)
        if os.getppid() != parent:
            sys.exit(1)

    def run(self) -> None:
        self.moment("start")
        names = ("host", "os", "python", "torch", "transformers")
        self.say("environment", environment={**dict.fromkeys(names, "made-up"), "device": self.device})
        self.moment("environment")
        for mode in ("compile", "eager"):
            if mode not in self.job["without_modes"]:
                self.say("mode_tried", execution=mode)
                self.moment(f"trying {mode}")
        self.say("model_built", build_s=0.5, weight_bytes=1000, execution="eager")
        self.moment("built")
        for batch_size in self.plan["batch_sizes"]:
            for seq_len in self.plan["seq_lens"]:
                self.row(batch_size, seq_len)
        self.say("run_ended", cells_finished=len(self.ended))
        self.moment("end")

    def row(self, batch_size: int, seq_len: int) -> None:
        place = {"batch_size": batch_size, "seq_len": seq_len}
        wanted = [k for k in self.plan["candidates"] if (batch_size, seq_len, k) not in self.ended]
        if not wanted:
            return
        self.say("row_started", **place)
        active = sorted({1, *wanted})
        for k in active:
            self.moment(f"preparing {k}")
            self.say("cell_prepared", **place, candidates=k)
        self.warm_up(place, active)
        self.moment("warmed")
        first = self.job["next_round"].get(f"{batch_size}x{seq_len}", 0)
        for number in range(first, first + ROUNDS):
            if self.rest():
                self.warm_up(place, active)
            order = active[number % len(active) :] + active[: number % len(active)]
            self.say("round_started", **place, round=number, order=order)
            for k in order:
                self.sample(place, number, k)
            self.rounds += 1
            self.moment(f"round {self.rounds}")
        for k in active:
            self.ended.add((batch_size, seq_len, k))
            self.say("cell_finished", **place, candidates=k, stop_reason="target")
        self.moment("row")

    def warm_up(self, place: dict, active: list[int]) -> None:
        for k in (1, active[-1]):
            self.moment(f"warming {k}{' again' if self.rounds else ''}")
            self.say("warmed_up", **place, candidates=k, discarded_ms=[1.5], settled=True)

    def sample(self, place: dict, number: int, candidates: int) -> None:
        if self.asked_to_stop:
            self.say("cancelled", reason="interrupted")
            sys.exit(0)
        self.samples += 1
        self.moment(f"sample {self.samples}")
        measured_ms = 10 + candidates / 10 + number / 100
        self.say("sample", **place, candidates=candidates, round=number, measured_ms=measured_ms)
        time.sleep(0.001)


if __name__ == "__main__":
    folder, _, events, _, job, _, wishes = sys.argv[1:]
    with os.fdopen(int(job), encoding="utf-8") as file:
        document = json.load(file)
    Child(Path(folder), int(events), document, int(wishes)).run()
